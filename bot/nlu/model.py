"""What the classifier has learned: which intent a text has, how likely, and whether it has one at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.nlu import kernel, out_of_scope
from bot.nlu.calibration import log_softmax, sharpness
from bot.nlu.kernel import Kernel, Texts
from bot.nlu.out_of_scope import Gate
from bot.nlu.table import Array, Labels, Table, directions, telling, unit

FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`probabilities` [n, intents]; `outside` [n], from 0.5 on the text belongs to no intent."""

    probabilities: npt.NDArray[np.float64]
    outside: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    intents: tuple[str, ...]
    kernel: Kernel
    turn: Array
    learned: Texts
    weights: Array
    sharpness: float
    gate: Gate

    def judge(self, table: Table) -> Judged:
        near = self.learned.resemblance(self.kernel, unit(table, self.turn, self.learned.telling))
        scores = kernel.times(near, self.weights)
        probabilities = np.exp(log_softmax(scores * self.sharpness))
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
    turn = directions(table)
    table = unit(table, turn, telling(table.sparse, labels))
    table.sparse.eliminate_zeros()
    learned = kernel.learn(table, labels, intents=len(intents))
    seen = labels[learned.left_out]
    texts = Texts.of(table)
    near = _nearest_others(learned.kernel, texts, table, learned.left_out)
    place = order.get(outside, -1)
    gate = out_of_scope.fit(learned.unseen, near, seen, outside=place, false_alarms=false_alarms)
    sharp = sharpness(learned.unseen, seen)
    judged = Judged(
        probabilities=np.exp(log_softmax(learned.unseen * sharp)), outside=gate.degree(learned.unseen, near)
    )
    model = Understanding(
        intents=intents,
        kernel=learned.kernel,
        turn=turn,
        learned=texts,
        weights=learned.weights,
        sharpness=sharp,
        gate=gate,
    )
    return model, chosen[learned.left_out], judged


def _nearest_others(by: Kernel, texts: Texts, table: Table, places: Labels) -> Array:
    parts = []
    for start in range(0, len(places), 500):
        some = places[start : start + 500]
        near = texts.resemblance(by, table.rows(some))
        near[np.arange(len(some)), some] = 0
        parts.append(out_of_scope.nearest(near))
    return np.concatenate(parts)


def save(model: Understanding, folder: Path) -> None:
    """Two files without code: `model.json` and `model.npz`."""
    told = {
        "format": FORMAT,
        "intents": model.intents,
        "kernel": asdict(model.kernel),
        "sharpness": model.sharpness,
        "gate": out_of_scope.to_numbers(model.gate),
    }
    (folder / "model.json").write_text(json.dumps(told), encoding="utf-8")
    by_term = model.learned.by_term
    np.savez(
        folder / "model.npz",
        turn=model.turn,
        dense=model.learned.dense,
        data=by_term.data,
        indices=by_term.indices,
        indptr=by_term.indptr,
        weights=model.weights,
    )


def load(folder: Path) -> Understanding:
    told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    with np.load(folder / "model.npz", allow_pickle=False) as arrays:
        data, indices, starts = arrays["data"], arrays["indices"], arrays["indptr"]
        dense, turn, weights = arrays["dense"], arrays["turn"], arrays["weights"]
    return Understanding(
        intents=tuple(told["intents"]),
        kernel=Kernel(**told["kernel"]),
        turn=turn,
        learned=Texts(
            dense=dense, by_term=csr_matrix((data, indices, starts), shape=(len(starts) - 1, len(dense)), copy=False)
        ),
        weights=weights,
        sharpness=told["sharpness"],
        gate=out_of_scope.from_numbers(told["gate"]),
    )
