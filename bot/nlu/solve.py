"""Solving `(K + ridge) W = Y` for a positive kernel K [n, n] and targets Y [n, k]: directly, or where n is large by
conjugate gradients on a K kept in two bytes for each pair of texts, each pair once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, lapack, solve_triangular

Array = npt.NDArray[np.float32]
BLOCK = 250
ONE = 65_535


def leave_one_out(kernel: Array, ridge: float, targets: Array) -> tuple[Array, Array, Array]:
    """W, for each text its scores by a W learned without it (Rasmussen and Williams 2006, eq. 5.12), and the inverse.

    `kernel` is overwritten.
    """
    kernel[np.diag_indices(len(kernel))] += np.float32(ridge)
    factor, failed = lapack.spotrf(kernel, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the kernel is not positive")
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = inverse @ targets
    return weights, targets - weights / np.diag(inverse)[:, None], inverse


def leave_groups_out(inverse: Array, weights: Array, targets: Array, groups: npt.NDArray[np.int64]) -> Array:
    """For each text its scores by a W learned without any of its group; `groups` are their numbers, one a text."""
    scores = np.empty_like(targets)
    for number in np.unique(groups):
        group = np.flatnonzero(groups == number)
        scores[group] = targets[group] - np.linalg.solve(inverse[np.ix_(group, group)], weights[group])
    return scores


class Packed:
    """A symmetric matrix of numbers 0 to 1 as lower blocks of sixteen-bit fractions, which become float32 again twenty
    times as fast as float16 does. `rows(start, stop)` gives float32 [stop - start, stop]: the part of those rows up to
    the diagonal block's end."""

    def __init__(self, size: int, rows: Callable[[int, int], Array]) -> None:
        self.size = size
        # One piece of memory for all: pieces of growing size would leave gaps as large as themselves.
        memory = np.empty(sum((stop - start) * stop for start, stop in steps(size)), np.uint16)
        self._blocks: list[tuple[int, int, npt.NDArray[np.uint16]]] = []
        at = 0
        for start, stop in steps(size):
            block = memory[at : at + (stop - start) * stop].reshape(stop - start, stop)
            fractions = rows(start, stop)
            fractions *= np.float32(ONE)
            block[:] = np.clip(np.rint(fractions, out=fractions), 0, ONE, out=fractions)
            self._blocks.append((start, stop, block))
            at += block.size

    def dot(self, other: Array) -> Array:
        result = np.zeros_like(other)
        wide = np.empty((BLOCK, self.size), np.float32)
        for start, stop, block in self._blocks:
            rows = wide[: stop - start, :stop]
            rows[:] = block
            result[start:stop] += rows @ other[:stop]
            result[:start] += rows[:, :start].T @ other[start:stop]
        result *= np.float32(1 / ONE)
        return result


def steps(size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, size, BLOCK):
        yield start, min(start + BLOCK, size)


class Preconditioner:
    """An inverse of `some @ some_inverse @ some.T` (the Nyström approximation by a few texts) plus what it misses on
    the diagonal plus `ridge`. `some` is K's columns [n, m] of these texts, `inner` their own K [m, m]."""

    def __init__(self, some: Array, inner: Array, ridge: float) -> None:
        inner = inner + np.float32(1e-3) * np.eye(len(inner), dtype=np.float32)
        low = np.linalg.cholesky(inner)
        self._low = solve_triangular(low, some.T, lower=True, check_finite=False).T
        self._diagonal = np.maximum(1 - np.square(self._low).sum(axis=1), 0) + np.float32(ridge)

    def over(self, kept: Array) -> Callable[[Array], Array]:
        """The inverse on the texts where `kept` [n, 1] is 1, as a function."""
        scaled = self._low * (kept / self._diagonal[:, None])
        core = np.eye(self._low.shape[1], dtype=np.float32) + self._low.T @ scaled
        factor = cho_factor(core, lower=True, check_finite=False)

        def apply(residual: Array) -> Array:
            own = residual / self._diagonal[:, None]
            return own - scaled @ cho_solve(factor, self._low.T @ own, check_finite=False)

        return apply


def conjugate(
    kernel: Packed,
    ridge: float,
    targets: Array,
    near: Preconditioner,
    *,
    exact: float,
    without: npt.NDArray[np.int64] | None = None,
    turns: int = 40,
) -> Array:
    """W of all texts, or of all but those at the places `without`, which it is zero at.

    Preconditioned conjugate gradients, each column by itself, until residuals are `exact` times the targets.
    """
    mask = np.ones((kernel.size, 1), np.float32)
    if without is not None:
        mask[without] = 0
    inverse = near.over(mask)
    residual = targets * mask
    enough = exact * np.linalg.norm(residual)
    solution = np.zeros_like(residual)
    direction = towards = inverse(residual)
    product = (residual * towards).sum(axis=0)
    for _ in range(turns):
        changed = kernel.dot(direction)
        changed *= mask
        changed += np.float32(ridge) * direction
        step = product / np.maximum((direction * changed).sum(axis=0), 1e-20)
        solution += step * direction
        residual -= step * changed
        if np.linalg.norm(residual) <= enough:
            break
        towards = inverse(residual)
        following = (residual * towards).sum(axis=0)
        direction = towards + (following / np.maximum(product, 1e-20)) * direction
        product = following
    return solution
