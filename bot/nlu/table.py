"""The features of texts, as the classifier takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

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


def directions(table: Table) -> Array:
    """[d, at most COMPONENTS]: where the texts' dense features, made of length 1, reach furthest, most first."""
    dense = _unit(table.dense)
    values, vectors = np.linalg.eigh(dense.T @ dense)
    return np.ascontiguousarray(vectors[:, np.argsort(-values)[:COMPONENTS]], dtype=np.float32)


def unit(table: Table, turn: Array) -> Table:
    """Each text's sparse features, and its dense ones before they are turned, made of length 1; zeros stay zeros."""
    sparse = table.sparse
    squares = np.add.reduceat(np.append(np.square(sparse.data), 0), sparse.indptr[:-1])
    squares[np.diff(sparse.indptr) == 0] = 0
    lengths = np.sqrt(np.where(squares == 0, 1, squares))
    data = (sparse.data / np.repeat(lengths, np.diff(sparse.indptr))).astype(np.float32)
    made = csr_matrix((data, sparse.indices, sparse.indptr), shape=sparse.shape, copy=False)
    return Table(sparse=made, dense=_unit(table.dense) @ turn)


def _unit(dense: Array) -> Array:
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.asarray(dense / np.where(lengths == 0, 1, lengths), np.float32)
