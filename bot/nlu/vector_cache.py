"""Vectors of training's texts, kept from one training to the next: most examples of a retrained bot are the same.

They lie beside the encoder's graph, as half-precision numbers under hashes of the texts; what is read back is what was
given when they were made. Another graph is another file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.nlu.encoder_build import put, sound

Vectors = npt.NDArray[np.float32]
MOST = 60_000
"""Vectors kept in a file, the newest; one of 384 numbers takes 800 bytes."""


def encoded(texts: Sequence[str], path: Path, encode: Callable[[list[str]], Vectors]) -> Vectors:
    """The vectors [texts, size] that `encode` gives, from the file at `path` where it has them."""
    hashes, kept = _read(path)
    places = {key: place for place, key in enumerate(hashes)}
    keys = [hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest() for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in places}
    if new or not len(kept):
        made = encode(list(new.values())).astype(np.float16)
        kept = np.vstack([kept, made]) if len(kept) else made
        hashes = [*hashes, *new]
        places = {key: place for place, key in enumerate(hashes)}
        _write(path, hashes[-MOST:], kept[-MOST:])
    return np.asarray(kept[[places[key] for key in keys]], np.float32)


def _read(path: Path) -> tuple[list[bytes], npt.NDArray[np.float16]]:
    if not sound(path):
        return [], np.zeros((0, 0), np.float16)
    with np.load(path, allow_pickle=False) as arrays:
        return [bytes(row) for row in arrays["hashes"]], arrays["vectors"]


def _write(path: Path, hashes: Sequence[bytes], vectors: npt.NDArray[np.float16]) -> None:
    file = io.BytesIO()
    np.savez(file, hashes=np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 16), vectors=vectors)
    put(path, file.getvalue())
