"""Sentences as vectors: an ONNX graph run by onnxruntime, one thread by default."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.nlu import hanzi
from bot.nlu.encoder_build import default_cache, ensure
from bot.nlu.gloss import Gloss
from bot.nlu.scripts import has_han
from bot.nlu.text import normalise
from bot.nlu.weights import find

Vectors = npt.NDArray[np.float32]
CHUNK = 64
OWN_SHARE = 0.5
"""Of a Chinese text's own vector beside its gloss's: an English encoder still tells some characters apart."""


class SentenceEncoder:
    """`encode(texts)` gives float32 [texts, size]; a text of which the model knows no piece (emoji, say) is all zeros.

    `layers` are concatenated behind the model's own vector, each made of length 1. Texts are normalised
    (bot.nlu.text) and cut after `max_tokens` word pieces. The last `remember` single texts are kept with their vectors.
    """

    def __init__(
        self,
        model: str = "all-MiniLM-L6-v2",
        *,
        precision: str = "int8",
        layers: Sequence[int] = (),
        max_tokens: int = 64,
        threads: int = 1,
        remember: int = 1024,
        cache: Path | None = None,
        sha256: str | None = None,
        gloss: Gloss | None = None,
    ) -> None:
        self._precision, self._layers, self._max_tokens = precision, tuple(layers), max_tokens
        self._model, self._threads, self._remember = model, threads, remember
        self._cache, self._expected, self._gloss = cache or default_cache(), sha256, gloss
        self._outputs = ["vector", *(f"mean_{layer}" for layer in layers)]
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self.sha256 = ""

    def verify(self) -> SentenceEncoder:
        """Finds the weights and what they hash to, without opening them. Raises ModelError."""
        self._weights = find(self._model, sha256=self._expected)
        self.sha256 = self._weights.sha256
        return self

    def load(self) -> SentenceEncoder:
        """Verifies the weights, builds the graph if there is none, and opens it. Raises ModelError."""
        import onnxruntime
        from tokenizers import Tokenizer

        weights = self.verify()._weights
        path = ensure(
            weights, cache=self._cache, precision=self._precision, layers=self._layers, max_tokens=self._max_tokens
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(weights.folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self._max_tokens)
        self._silent = {self._tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]", "[UNK]")}
        self.size = sum(output.shape[1] for output in self._session.get_outputs())
        return self

    def encode_one(self, text: str) -> Vectors:
        """The vector of one text, [size], remembered."""
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self.encode([text])[0]
            if self._remember < len(self._known):
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(text)
        return found

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> Vectors:
        """The vectors of many texts, [texts, size]; `workers` texts at a time.

        With a `gloss`, a text with Chinese in it is first written in simplified characters and put into English word by
        word; its vector is the gloss's and half its own.
        """
        cleaned = [normalise(text).text.strip() for text in texts]
        if self._gloss is None:
            return self._encode(cleaned, workers)
        chinese = [place for place, text in enumerate(cleaned) if has_han(text)]
        if not chinese:
            return self._encode(cleaned, workers)
        for place in chinese:
            cleaned[place] = hanzi.plain(cleaned[place])
        every = self._encode([*cleaned, *(self._gloss(cleaned[place]) for place in chinese)], workers)
        vectors, glosses = every[: len(cleaned)], every[len(cleaned) :]
        mixed = glosses + np.float32(OWN_SHARE) * vectors[chinese]
        vectors[chinese] = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9)
        return vectors

    def _encode(self, cleaned: list[str], workers: int) -> Vectors:
        """One text at a time, as in serving: activations are quantized over a whole call, so texts encoded together
        would change each other's vectors, and it would not be faster."""
        vectors = np.zeros((len(cleaned), self.size), np.float32)

        def run(start: int) -> None:
            for place in range(start, min(start + CHUNK, len(cleaned))):
                ids = self._tokenizer.encode(cleaned[place]).ids if cleaned[place] else []
                if any(each not in self._silent for each in ids):
                    vectors[place] = self._run(ids)

        starts = range(0, len(cleaned), CHUNK)
        if workers == 1 or len(starts) == 1:
            for start in starts:
                run(start)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(run, starts))
        return vectors

    def _run(self, ids: list[int]) -> Vectors:
        parts = self._session.run(self._outputs, {"input_ids": np.array([ids], np.int64)})
        return np.concatenate([parts[0][0], *(part[0] / np.linalg.norm(part[0]) for part in parts[1:])])
