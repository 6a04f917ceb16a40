"""What an encoder's graph is given of a text: its word pieces, or their embeddings where those lie in a mapped file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bot.nlu.encoder_build import Built
from bot.nlu.weights import Weights

Feed = dict[str, Any]


class Reader(Protocol):
    """`read(text)` is what the graph is given; None of a text of which the model knows no piece (emoji, say)."""

    def read(self, text: str) -> Feed | None: ...


def reader(weights: Weights, built: Built, *, max_tokens: int) -> Reader:
    if built.pieces is None:
        return _WordPieces(weights.path.with_name("tokenizer.json"), max_tokens=max_tokens)
    return _MappedPieces(weights.path, built.pieces, max_tokens=max_tokens)


class _WordPieces:
    def __init__(self, path: Path, *, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._silent = {self._tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]", "[UNK]")}

    def read(self, text: str) -> Feed | None:
        ids = self._tokenizer.encode(text).ids if text else []
        return {"input_ids": np.array([ids], np.int64)} if any(each not in self._silent for each in ids) else None


class _MappedPieces:
    def __init__(self, path: Path, table: Path, *, max_tokens: int) -> None:
        from bot.nlu.packed import Packed
        from bot.nlu.pieces import Pieces

        self._packed = Packed(path)
        self._pieces = Pieces(self._packed, np.load(table, mmap_mode="r", allow_pickle=False))
        self._most = max_tokens - 2

    def read(self, text: str) -> Feed | None:
        ids = self._pieces.encode(text)[: self._most] if text else []
        if all(each in self._pieces.silent for each in ids):
            return None
        marked = np.array([self._packed.start, *ids, self._packed.end], np.int32)
        return {"rows": self._packed.rows(marked)[None]}
