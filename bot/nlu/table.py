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
"""To so many directions dense features are turned; fewer did not change what was understood, and cost less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`sparse` [n, s] and `dense` [n, d] features of n texts, float32. Either may have no columns."""

    sparse: csr_matrix
    dense: Array

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def rows(self, which: Any) -> Table:
        return Table(sparse=self.sparse[which], dense=self.dense[which])


def stacked(rows: Sequence[csr_matrix]) -> csr_matrix:
    """Rows [1, s] as one matrix [n, s], with nothing copied but their entries."""
    if len(rows) == 1:
        return rows[0]
    ends = np.cumsum([0, *(len(row.data) for row in rows)], dtype=np.int32)
    data = np.concatenate([row.data for row in rows], dtype=np.float32)
    indices = np.concatenate([row.indices for row in rows], dtype=np.int32)
    return csr_matrix((data, indices, ends), shape=(len(rows), rows[0].shape[1]), copy=False)


def directions(table: Table) -> Array:
    """[d, at most COMPONENTS]: where the texts' dense features, made of length 1, reach furthest, most first."""
    dense = _unit(table.dense)
    values, vectors = np.linalg.eigh(dense.T @ dense)
    return np.ascontiguousarray(vectors[:, np.argsort(-values)[:COMPONENTS]], dtype=np.float32)


def unit(table: Table, turn: Array, told: npt.NDArray[np.bool_] | None = None) -> Table:
    """Each text's sparse features, of the columns `told` [s] or of all, and its dense ones before they are turned, made
    of length 1; zeros stay zeros."""
    sparse = table.sparse
    data = sparse.data if told is None else sparse.data * told[sparse.indices]
    squares = np.add.reduceat(np.append(np.square(data), 0), sparse.indptr[:-1])
    squares[np.diff(sparse.indptr) == 0] = 0
    lengths = np.sqrt(np.where(squares == 0, 1, squares))
    data = (data / np.repeat(lengths, np.diff(sparse.indptr))).astype(np.float32, copy=False)
    made = csr_matrix((data, sparse.indices, sparse.indptr), shape=sparse.shape, copy=False)
    return Table(sparse=made, dense=_unit(table.dense) @ turn)


def telling(sparse: csr_matrix, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which columns say something about labels: not those that more texts have than twice those of any one label, and
    more than OFTEN of all. They are nine tenths of the work and did not change what was understood."""
    most = max(2 * np.bincount(labels).max(), OFTEN * sparse.shape[0])
    return np.asarray(np.bincount(sparse.indices, minlength=sparse.shape[1]) <= most)


def _unit(dense: Array) -> Array:
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.asarray(dense / np.where(lengths == 0, 1, lengths), np.float32)
