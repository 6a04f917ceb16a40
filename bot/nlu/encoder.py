"""Sentences as vectors: an ONNX graph run by onnxruntime, one thread by default."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.nlu import hanzi, vector_cache
from bot.nlu.encoder_build import default_cache, ensure
from bot.nlu.encoder_input import reader
from bot.nlu.scripts import has_han
from bot.nlu.text import normalise
from bot.nlu.weights import KNOWN, find

Vectors = npt.NDArray[np.float32]
CHUNK = 64


class SentenceEncoder:
    """`encode(texts)` gives float32 [texts, size]; a text of which the model knows no piece (emoji, say) is all zeros,
    and so is one with Chinese in it if the model reads none: such a model knows single characters and no sentence.

    `layers` are concatenated behind the model's own vector, each made of length 1. Texts are normalised (bot.nlu.text),
    Chinese is written in simplified characters, and what is behind `max_tokens` word pieces is left out. The last
    `remember` single texts are kept with their vectors.
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
        reads_han: bool | None = None,
    ) -> None:
        self._precision, self._layers, self._max_tokens = precision, tuple(layers), max_tokens
        self._model, self._threads, self._remember = model, threads, remember
        self._cache, self._expected = cache or default_cache(), sha256
        self._reads_han = model not in KNOWN or KNOWN[model].reads_han if reads_han is None else reads_han
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

        weights = self.verify()._weights
        built = ensure(
            weights, cache=self._cache, precision=self._precision, layers=self._layers, max_tokens=self._max_tokens
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        kept = built.graph.stem.replace("encoder", "vectors") + ("" if self._reads_han else "-no-han")
        self._kept = built.graph.with_name(f"{kept}.npz")
        self._session = onnxruntime.InferenceSession(str(built.graph), options, providers=["CPUExecutionProvider"])
        self._reader = reader(weights, built, max_tokens=self._max_tokens)
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

        One text at a call, as in serving: activations are quantized over a whole call, so texts encoded together would
        change each other's vectors, and it would not be faster.
        """
        vectors = np.zeros((len(texts), self.size), np.float32)

        def run(start: int) -> None:
            for place in range(start, min(start + CHUNK, len(texts))):
                vectors[place] = self._one(texts[place])

        starts = range(0, len(texts), CHUNK)
        if workers == 1 or len(starts) == 1:
            for start in starts:
                run(start)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(run, starts))
        return vectors

    def encode_examples(self, texts: Sequence[str], *, workers: int) -> Vectors:
        """As `encode`, rounded to half precision, from the cache folder where a training has left them there."""
        return vector_cache.encoded(texts, self._kept, lambda new: self.encode(new, workers=workers))

    def _one(self, text: str) -> Vectors | float:
        text = normalise(text).text.strip()
        if has_han(text):
            if not self._reads_han:
                return 0.0
            text = hanzi.plain(text)
        feed = self._reader.read(text)
        if feed is None:
            return 0.0
        parts = self._session.run(self._outputs, feed)
        return np.concatenate([parts[0][0], *(part[0] / np.linalg.norm(part[0]) for part in parts[1:])])
