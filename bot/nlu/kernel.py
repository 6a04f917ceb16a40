"""Intents by kernel ridge regression: a text is like the texts it resembles, in words and in meaning at once.

Two texts resemble each other by `exp(dense * (d.d' - 1) + sparse * (s.s' - 1))`, with `d` and `s` their dense and
sparse features made of length 1. What is learned is one weight for each learned text and intent, the solution of
`(K + ridge) W = Y - 1/intents`, which is also the mean of a Gaussian process (Rasmussen and Williams 2006, ch. 2).

Up to EXACT texts, the equations are solved directly for several kernels, and the one is kept that would have judged
each text best had it not learned from it, which comes in closed form. Beyond, they are solved by conjugate gradients
for one kernel, and a fifth of the texts is judged by weights learned from the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from bot.nlu import wordings
from bot.nlu.calibration import log_loss, sharpness
from bot.nlu.solve import Packed, Preconditioner, conjugate, leave_groups_out, leave_one_out
from bot.nlu.table import Array, Labels, Table

EXACT = 3000
MOST = 20_000
"""Texts learned from; of more, intents keep equal shares. A kernel of as many takes 400 MB."""
HELD_BACK = 5
NEAR = 500
FEW = 8
"""Texts that are compared term by term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """How fast resemblance falls off, and how little the answers may bend to single texts."""

    dense: float
    sparse: float
    ridge: float


CHOICES = (
    Kernel(dense=1.0, sparse=0.25, ridge=0.06),
    Kernel(dense=2.0, sparse=0.4, ridge=0.1),
    Kernel(dense=2.0, sparse=0.15, ridge=0.03),
    Kernel(dense=2.0, sparse=0.0, ridge=0.03),
)
MANY = (Kernel(dense=1.0, sparse=0.25, ridge=0.06), Kernel(dense=2.0, sparse=0.25, ridge=0.06))
"""For many texts, by how many encoders they have vectors of: one, or more."""
SPARSE_ONLY = (Kernel(dense=0.0, sparse=1.0, ridge=0.1), Kernel(dense=0.0, sparse=2.0, ridge=0.1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """`weights` float32 [texts, intents]. `unseen` float32 [some, intents] are the scores of the texts at the places
    `left_out` by weights that did not learn from them; `apart` are those by weights that did not learn from
    anything of a text's wording, or None of many texts."""

    kernel: Kernel
    weights: Array
    left_out: Labels
    unseen: Array
    apart: Array | None
    loss: float
    """Negative log-likelihood of the texts left out, at its least."""


class Texts:
    """Learned texts, laid out to be compared with: `dense` float32 [texts, d] and `by_term` csr [terms, texts], from
    rows of length 1. `resemblance(kernel, some)` is float32 [some, texts]."""

    def __init__(self, *, dense: Array, by_term: csr_matrix) -> None:
        self.dense, self.by_term = dense, by_term
        self.telling = np.diff(by_term.indptr) > 0
        """bool [terms]: those that a learned text has; the others are as good as unseen."""

    @classmethod
    def of(cls, table: Table) -> Texts:
        return cls(dense=table.dense, by_term=table.sparse.T.tocsr())

    def __len__(self) -> int:
        return len(self.dense)

    def resemblance(self, kernel: Kernel, some: Table) -> Array:
        exponent = np.zeros((len(some), len(self)), np.float32)
        if kernel.dense and some.dense.shape[1]:
            exponent += np.float32(kernel.dense) * (times(some.dense, self.dense.T) - 1)
        if kernel.sparse and some.sparse.shape[1]:
            exponent += np.float32(kernel.sparse) * (self._shared(some.sparse) - 1)
        return np.asarray(np.exp(exponent, out=exponent))

    def _shared(self, sparse: csr_matrix) -> Array:
        if sparse.shape[0] > FEW:
            return np.asarray((sparse @ self.by_term).toarray(), np.float32)
        bounds, texts, values = self.by_term.indptr, self.by_term.indices, self.by_term.data
        rows = np.zeros((sparse.shape[0], len(self)), np.float32)
        for row, start, stop in zip(rows, sparse.indptr, sparse.indptr[1:], strict=False):
            # Of each term the texts that have it; scipy would take longer to pick them out than to add them up.
            terms = sparse.indices[start:stop]
            first, last = bounds[terms], bounds[terms + 1]
            spans = [slice(*span) for span in zip(first.tolist(), last.tolist(), strict=True)]
            if spans:
                weights = np.repeat(sparse.data[start:stop], last - first)
                weights *= np.concatenate([values[span] for span in spans])
                row[:] = np.bincount(np.concatenate([texts[span] for span in spans]), weights, len(self))
        return rows


def times(rows: Array, matrix: Array) -> Array:
    """`rows @ matrix`; a few rows one by one, for which BLAS needs a third of the time."""
    return rows @ matrix if len(rows) > FEW else np.stack([row @ matrix for row in rows])


class Among:
    """The resemblances of texts among themselves, in blocks of rows.

    Terms that many texts have are multiplied as a dense matrix, which is many times faster for them.
    """

    def __init__(self, kernel: Kernel, table: Table) -> None:
        counts = np.bincount(table.sparse.indices, minlength=table.sparse.shape[1])
        often = np.flatnonzero(len(table) / 12 < counts)
        seldom = np.flatnonzero((counts <= len(table) / 12) & (counts > 1))
        columns = table.sparse.tocsc() * np.float32(np.sqrt(kernel.sparse))
        self._dense = np.hstack([table.dense * np.float32(np.sqrt(kernel.dense)), columns[:, often].toarray()])
        self._sparse = columns[:, seldom].tocsr()
        self._most = (kernel.dense if table.dense.shape[1] else 0.0) + (kernel.sparse if len(counts) else 0.0)

    def rows(self, start: int, stop: int) -> Array:
        """float32 [stop - start, stop]: of these rows, what is left of and within the diagonal's block."""
        exponent = self._dense[start:stop] @ self._dense[:stop].T
        if self._sparse.shape[1]:
            exponent += (self._sparse[:stop] @ self._sparse[start:stop].T.tocsr()).toarray().T
        exponent -= np.float32(self._most)
        return np.asarray(np.exp(exponent, out=exponent))


def learn(table: Table, labels: Labels, *, intents: int, encoders: int = 1, exact: int = EXACT) -> Learned:
    """`table` has rows of length 1; `labels` are 0 to `intents` - 1, `intents` being 2 or more."""
    targets = np.full((len(table), intents), -1 / intents, np.float32)
    targets[np.arange(len(table)), labels] += 1
    choices = CHOICES if table.dense.shape[1] else SPARSE_ONLY
    if exact < len(table):
        return _learn_many(MANY[min(encoders, 2) - 1] if table.dense.shape[1] else choices[0], table, labels, targets)
    every = np.arange(len(table))
    best: Learned | None = None
    groups = wordings.of(table.dense, labels)
    for kernel in choices:
        weights, unseen, inverse = leave_one_out(Among(kernel, table).rows(0, len(table)), kernel.ridge, targets)
        loss = log_loss(unseen * sharpness(unseen, labels), labels)
        if best is None or loss < best.loss:
            apart = leave_groups_out(inverse, weights, targets, groups)
            best = Learned(kernel=kernel, weights=weights, left_out=every, unseen=unseen, apart=apart, loss=loss)
    assert best is not None  # noqa: S101
    return best


def _learn_many(kernel: Kernel, table: Table, labels: Labels, targets: Array) -> Learned:
    packed = Packed(len(table), Among(kernel, table).rows)
    few = table.rows(shares(labels, NEAR))
    some = Texts.of(few)
    near = Preconditioner(some.resemblance(kernel, table), some.resemblance(kernel, few), kernel.ridge)
    left_out = _every_fifth(labels)
    unseen = packed.dot(conjugate(packed, kernel.ridge, targets, near, exact=0.06, without=left_out))[left_out]
    weights = conjugate(packed, kernel.ridge, targets, near, exact=0.06)
    seen = labels[left_out]
    loss = log_loss(unseen * sharpness(unseen, seen), seen)
    return Learned(kernel=kernel, weights=weights, left_out=left_out, unseen=unseen, apart=None, loss=loss)


def shares(labels: Labels, most: int) -> Labels:
    """Places of at most `most` texts, in ascending order: the rarest intents whole, the others in equal shares."""
    order = np.random.default_rng(0).permutation(len(labels))
    rank = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        places = order[labels[order] == label]
        rank[places] = np.arange(len(places))
    return np.sort(np.lexsort((labels, rank))[:most])


def _every_fifth(labels: Labels) -> Labels:
    """Places of a fifth of each intent's texts; none of an intent with fewer than five."""
    order = np.random.default_rng(1).permutation(len(labels))
    chosen = [order[labels[order] == label][HELD_BACK - 1 :: HELD_BACK] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen))
