"""What the classifier has learned: which intent a text has, how likely, and whether it has one at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.nlu import kernel, out_of_scope, regression
from bot.nlu.calibration import alike, log_softmax, sharpness
from bot.nlu.kernel import Kernel, Learned, Texts
from bot.nlu.out_of_scope import Gate
from bot.nlu.table import Array, Labels, Space, Table, telling, unit

FORMAT = 3
SHARES = ((1.0, 1.0), (3.0, 1.0))
"""Of two encoders, where texts are few; equal ones where they are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`probabilities` [n, intents]; `outside` [n], from 0.5 on the text belongs to no intent."""

    probabilities: npt.NDArray[np.float64]
    outside: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    intents: tuple[str, ...]
    kernel: Kernel
    space: Space
    learned: Texts
    weights: Array
    regression: Array | None
    """Of few texts: beside the kernel (bot.nlu.regression)."""
    powers: tuple[float, ...]
    """What the scores of the kernel, and of the regression, are multiplied with to be logarithms of probabilities."""
    gate: Gate

    def judge(self, table: Table) -> Judged:
        placed = unit(table, self.space, self.learned.telling)
        near = self.learned.resemblance(self.kernel, placed)
        scores = kernel.times(near, self.weights)
        total = scores.astype(np.float64) * self.powers[0]
        if self.regression is not None:
            total += regression.scores(self.regression, placed.dense) * self.powers[1]
        probabilities = np.exp(log_softmax(total))
        outside = self.gate.degree(scores, out_of_scope.nearest(near))
        outside[near.max(axis=1) >= out_of_scope.SAME] = 0.0
        return Judged(probabilities=probabilities, outside=outside)


def learn(
    table: Table, names: Sequence[str], *, outside: str, false_alarms: float, most: int = kernel.MOST
) -> tuple[Understanding, Labels, Judged]:
    """Learns at least two intents from `names`, one a text. `outside` names the one whose examples belong nowhere.

    Also gives the places of texts that were judged as if they had not been learned from, and how they were judged.
    """
    intents = tuple(sorted(set(names)))
    order = {name: place for place, name in enumerate(intents)}
    labels = np.array([order[name] for name in names], np.int64)
    chosen = kernel.shares(labels, most)
    if len(chosen) < len(table):
        table, labels = table.rows(chosen), labels[chosen]
    told = telling(table.sparse, labels)
    space, table, learned = _best_space(table, told, labels, intents=len(intents))
    seen = labels[learned.left_out]
    texts = Texts.of(table)
    near = _nearest_others(learned.kernel, texts, table, learned.left_out)
    place = order.get(outside, -1)
    gate = out_of_scope.fit(learned.unseen, near, seen, outside=place, false_alarms=false_alarms)
    linear, scored = _beside(table, labels, learned, intents=len(intents))
    apart = learned.unseen if learned.apart is None else learned.apart
    powers = _powers(learned.unseen, apart, scored, seen)
    total = sum(part * power for part, power in zip((apart, *scored), powers, strict=True))
    judged = Judged(probabilities=np.exp(log_softmax(np.asarray(total))), outside=gate.degree(learned.unseen, near))
    model = Understanding(
        intents=intents,
        kernel=learned.kernel,
        space=space,
        learned=texts,
        weights=learned.weights,
        regression=linear,
        powers=powers,
        gate=gate,
    )
    return model, chosen[learned.left_out], judged


def _best_space(
    table: Table, told: npt.NDArray[np.bool_], labels: Labels, *, intents: int
) -> tuple[Space, Table, Learned]:
    """Of several encoders' possible shares, where texts are few, those by which each is best judged by the others."""
    tried = SHARES if len(table.widths) == 2 and len(table) <= kernel.EXACT else ((),)
    best: tuple[Space, Table, Learned] | None = None
    for shares in tried:
        space = Space.of(table, shares)
        placed = unit(table, space, told)
        sparse = placed.sparse.copy()  # its places belong to the caller
        sparse.eliminate_zeros()
        placed = Table(sparse=sparse, dense=placed.dense)
        learned = kernel.learn(placed, labels, intents=intents, encoders=len(space.widths))
        if best is None or learned.loss < best[2].loss:
            best = space, placed, learned
    assert best is not None  # noqa: S101
    return best


def _beside(table: Table, labels: Labels, learned: Learned, *, intents: int) -> tuple[Array | None, list[Any]]:
    """A regression and the scores of the texts that the kernel left out, where it left out all."""
    if len(learned.left_out) < len(table) or not table.dense.shape[1]:
        return None, []
    weights, unseen = regression.learn(table.dense, labels, intents=intents)
    return weights, [unseen]


def _powers(unseen: Array, apart: Array, scored: list[Any], labels: Labels) -> tuple[float, ...]:
    """The kernel counts as it is most likely right, a regression as it is, and both together no more than they are
    worth where whole wordings were left out and each intent counts the same, since messages come in other shares than
    examples. How they share is not fitted: few texts cannot tell."""
    power = sharpness(unseen, labels)
    if not scored:
        return (power,)
    caution = sharpness(apart * power + scored[0], labels, alike(labels))
    return power * caution, caution


def _nearest_others(by: Kernel, texts: Texts, table: Table, places: Labels) -> Array:
    parts = []
    for start in range(0, len(places), 500):
        some = places[start : start + 500]
        near = texts.resemblance(by, table.rows(some))
        near[np.arange(len(some)), some] = 0
        parts.append(out_of_scope.nearest(near))
    return np.concatenate(parts)


def save(model: Understanding, folder: Path, *, name: str = "model") -> None:
    """Two files without code: `<name>.json` and `<name>.npz`."""
    told = {
        "format": FORMAT,
        "intents": model.intents,
        "kernel": asdict(model.kernel),
        "widths": model.space.widths,
        "shares": model.space.shares,
        "powers": model.powers,
        "gate": out_of_scope.to_numbers(model.gate),
    }
    (folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")
    by_term = model.learned.by_term
    arrays = {
        "centre": model.space.centre,
        "turn": model.space.turn,
        "dense": model.learned.dense,
        "data": by_term.data,
        "indices": by_term.indices,
        "indptr": by_term.indptr,
        "weights": model.weights,
    }
    if model.regression is not None:
        arrays["regression"] = model.regression
    np.savez(folder / f"{name}.npz", **arrays)


def load(folder: Path, *, name: str = "model") -> Understanding | None:
    """None if there is none of that name."""
    path = folder / f"{name}.json"
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
        found = dict(arrays)
    dense, starts = found["dense"], found["indptr"]
    terms = csr_matrix((found["data"], found["indices"], starts), shape=(len(starts) - 1, len(dense)), copy=False)
    return Understanding(
        intents=tuple(told["intents"]),
        kernel=Kernel(**told["kernel"]),
        space=Space(
            widths=tuple(told["widths"]), shares=tuple(told["shares"]), centre=found["centre"], turn=found["turn"]
        ),
        learned=Texts(dense=dense, by_term=terms),
        weights=found["weights"],
        regression=found.get("regression"),
        powers=tuple(told["powers"]),
        gate=out_of_scope.from_numbers(told["gate"]),
    )
