"""Linear views of a message: one weight for each feature and intent, learned by a margin or by likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The features of n texts: `sparse` [n, s] and `dense` [n, d]. Either may have no columns."""

    sparse: csr_matrix
    dense: Array

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def rows(self, which: Any) -> Table:
        return Table(sparse=self.sparse[which], dense=self.dense[which])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a view is learned. `margin` is a linear support vector machine with squared hinge loss, one intent against
    the rest; `likelihood` is multinomial logistic regression. `c` is the weight of errors against large weights;
    `dense` scales dense features; 0 leaves them out, as `sparse` False does with sparse ones."""

    kind: Literal["margin", "likelihood"]
    c: float
    sparse: bool
    dense: float


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A learned view: `scores(table)` is float32 [n, intents]."""

    sparse: Array
    dense: Array
    bias: Array

    def scores(self, table: Table) -> Array:
        scores = np.tile(self.bias, (len(table), 1))
        if self.dense.size:
            scores += table.dense @ self.dense
        if self.sparse.size and len(table) == 1:
            scores[0] += table.sparse.data @ self.sparse[table.sparse.indices]
        elif self.sparse.size:
            scores += table.sparse @ self.sparse
        return scores


def learn(recipe: Recipe, table: Table, labels: Labels, *, intents: int) -> View:
    """`labels` are 0 to `intents` - 1, each present, `intents` being 2 or more."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    width = table.sparse.shape[1] if recipe.sparse else 0
    dense = table.dense * np.float32(recipe.dense) if recipe.dense else table.dense[:, :0]
    features = hstack([table.sparse, csr_matrix(dense)], format="csr") if width else dense
    if recipe.kind == "margin":
        model = LinearSVC(C=recipe.c, random_state=0).fit(features, labels)
    else:
        model = LogisticRegression(C=recipe.c, max_iter=300).fit(features, labels)
    weights, bias = model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
    if intents == 2:
        weights, bias = np.hstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    of_dense = weights[width:] * np.float32(recipe.dense) if recipe.dense else np.zeros((0, intents), np.float32)
    return View(
        sparse=np.ascontiguousarray(weights[:width]),
        dense=np.ascontiguousarray(of_dense),
        bias=bias,
    )
