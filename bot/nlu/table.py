"""The features of texts, as the classifier takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

OFTEN = 0.1
COMPONENTS = 192
"""To so many directions the dense features of one encoder are turned; fewer did not change what was understood, and
cost less."""
MORE_COMPONENTS = 256
"""The same of two encoders or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`sparse` [n, s] and `dense` [n, d] features of n texts, float32. Either may have no columns. `dense` is the
    vectors of several encoders side by side, `widths` columns each; without `widths`, of one."""

    sparse: csr_matrix
    dense: Array
    widths: tuple[int, ...] = ()

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def rows(self, which: Any) -> Table:
        return Table(sparse=self.sparse[which], dense=self.dense[which], widths=self.widths)

    def beside(self, dense: Array) -> Table:
        """With the vectors of one more encoder."""
        widths = (*(self.widths or (self.dense.shape[1],)), dense.shape[1])
        return Table(sparse=self.sparse, dense=np.hstack([self.dense, dense]), widths=widths)


def stacked(rows: Sequence[csr_matrix]) -> csr_matrix:
    """Rows [1, s] as one matrix [n, s], with nothing copied but their entries."""
    if len(rows) == 1:
        return rows[0]
    ends = np.cumsum([0, *(len(row.data) for row in rows)], dtype=np.int32)
    data = np.concatenate([row.data for row in rows], dtype=np.float32)
    indices = np.concatenate([row.indices for row in rows], dtype=np.int32)
    return csr_matrix((data, indices, ends), shape=(len(rows), rows[0].shape[1]), copy=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where dense features are put. Of each encoder's vector the learned texts' mean `centre` is taken away (some
    encoders' vectors all point one way), and what is left made of length 1; side by side, weighted by `shares`, they
    are made of length 1 again, so that one whose encoder knows nothing of a text leaves its say to the others; and
    turned, by `turn` [d, c], to the directions in which the learned texts reach furthest."""

    widths: tuple[int, ...]
    shares: tuple[float, ...]
    centre: Array
    turn: Array

    @classmethod
    def of(cls, table: Table, shares: Sequence[float] = ()) -> Space:
        """`shares` one an encoder; equal ones if there are none."""
        widths = table.widths or (table.dense.shape[1],)
        weights = np.asarray(shares or [1.0] * len(widths)) / (sum(shares) or len(widths))
        told = np.maximum(1, [(part != 0).any(axis=1).sum() for part in _parts(table.dense, widths)])
        centre = (table.dense.sum(axis=0) / np.repeat(told, widths)).astype(np.float32)
        whole = cls(widths=widths, shares=tuple(weights.tolist()), centre=centre, turn=np.zeros((0, 0), np.float32))
        joined = whole._joined(table.dense)
        values, vectors = np.linalg.eigh(joined.T @ joined)
        most = COMPONENTS if len(widths) == 1 else MORE_COMPONENTS
        turn = np.ascontiguousarray(vectors[:, np.argsort(-values)[:most]], dtype=np.float32)
        return cls(widths=widths, shares=whole.shares, centre=centre, turn=turn)

    def place(self, dense: Array) -> Array:
        """[n, c]; zeros stay zeros."""
        return np.asarray(self._joined(dense) @ self.turn)

    def _joined(self, dense: Array) -> Array:
        parts = []
        centres = _parts(self.centre[None], self.widths)
        for part, centre, share in zip(_parts(dense, self.widths), centres, self.shares, strict=True):
            known = (part != 0).any(axis=1, keepdims=True)
            parts.append(_unit(np.where(known, part - centre, 0)) * np.float32(np.sqrt(share)))
        return parts[0] if len(parts) == 1 else _unit(np.hstack(parts))


def _parts(dense: Array, widths: Sequence[int]) -> list[Array]:
    return np.split(dense, np.cumsum(widths)[:-1], axis=1)


def unit(table: Table, space: Space, told: npt.NDArray[np.bool_] | None = None) -> Table:
    """Each text's sparse features, of the columns `told` [s] or of all, made of length 1, and its dense ones put into
    `space`; zeros stay zeros."""
    sparse = table.sparse
    data = sparse.data if told is None else sparse.data * told[sparse.indices]
    squares = np.add.reduceat(np.append(np.square(data), 0), sparse.indptr[:-1])
    squares[np.diff(sparse.indptr) == 0] = 0
    lengths = np.sqrt(np.where(squares == 0, 1, squares))
    data = (data / np.repeat(lengths, np.diff(sparse.indptr))).astype(np.float32, copy=False)
    made = csr_matrix((data, sparse.indices, sparse.indptr), shape=sparse.shape, copy=False)
    return Table(sparse=made, dense=space.place(table.dense))


def telling(sparse: csr_matrix, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which columns say something about labels: not those that more texts have than twice those of any one label, and
    more than OFTEN of all. They are nine tenths of the work and did not change what was understood."""
    most = max(2 * np.bincount(labels).max(), OFTEN * sparse.shape[0])
    return np.asarray(np.bincount(sparse.indices, minlength=sparse.shape[1]) <= most)


def _unit(dense: Array) -> Array:
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.asarray(dense / np.where(lengths == 0, 1, lengths), np.float32)
