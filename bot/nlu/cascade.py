"""Two encoders where one is not enough: what the first is sure of stays, and only of the others the second is asked.

The first classifier learns from texts that the first encoder can read and is asked about such texts only (a Chinese
text has no vector by an English encoder); the second learns from all texts and both encoders. Each is calibrated on
texts that it did not learn from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu import calibration, model
from bot.nlu.calibration import log_softmax
from bot.nlu.model import Judged, Understanding
from bot.nlu.table import Array, Table

Matrix = npt.NDArray[np.float64]

SURE = 0.97
WITHIN = 0.25
"""Of `outside`, below which a text is surely no stranger."""
ENOUGH = 100
"""Texts that neither classifier has learned from, from which on it is known what each one's word is worth."""
Later = Callable[[Sequence[int]], Array]
"""The second encoder's vectors [some, size] of the texts at these places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """`full` has every intent in `intents`, `first` those of the texts that it has learned from. Where the first is in
    doubt, the logarithms of both's probabilities count, each multiplied with its power in `powers`."""

    first: Understanding | None
    full: Understanding
    powers: tuple[float, ...]

    @property
    def intents(self) -> tuple[str, ...]:
        return self.full.intents

    def judge(self, table: Table, later: Later | None = None) -> Judged:
        """`table` has the first encoder's vectors; `later` gives the second's, where there is one."""
        if self.first is None or later is None:
            return self.full.judge(table if later is None else table.beside(later(range(len(table)))))
        probabilities, outside = np.zeros((len(table), len(self.intents))), np.zeros(len(table))
        doubtful = np.ones(len(table), bool)
        read = np.flatnonzero(table.dense.any(axis=1))
        if len(read):
            judged = self.first.judge(table.rows(read))
            probabilities[read], outside[read] = _spread(judged, self.first, self.full), judged.outside
            doubtful[read] = (judged.probabilities.max(axis=1) < SURE) | (judged.outside >= WITHIN)
        places = np.flatnonzero(doubtful)
        if len(places):
            judged = self.full.judge(table.rows(places).beside(later(places.tolist())))
            both = [_logs(probabilities[places]), _logs(judged.probabilities)]
            total = np.sum([logs * power for logs, power in zip(both, self.powers, strict=True)], axis=0)
            together = np.exp(log_softmax(total))
            known = np.isin(places, read)[:, None]
            probabilities[places], outside[places] = np.where(known, together, judged.probabilities), judged.outside
        return Judged(probabilities=probabilities, outside=outside)


def _spread(judged: Judged, first: Understanding, full: Understanding) -> Matrix:
    """Of `first`'s intents among `full`'s."""
    spread = np.zeros((len(judged.outside), len(full.intents)))
    spread[:, np.searchsorted(full.intents, first.intents)] = judged.probabilities
    return spread


def _logs(probabilities: Matrix) -> Matrix:
    return np.asarray(np.log(np.maximum(probabilities, 1e-6)))


def learn(
    table: Table, names: Sequence[str], *, late: Array | None = None, outside: str, false_alarms: float
) -> Cascade:
    """`late` [texts, size] are the second encoder's vectors, if there is one. See bot.nlu.model.learn."""
    options: dict[str, Any] = {"outside": outside, "false_alarms": false_alarms}
    if late is None:
        return Cascade(first=None, full=model.learn(table, names, **options)[0], powers=(0.0, 1.0))
    read = np.flatnonzero(table.dense.any(axis=1))
    some = [names[place] for place in read]
    first = model.learn(table.rows(read), some, **options) if len(set(some)) > 1 else None
    full = model.learn(table.beside(late), names, **options)
    if first is None:
        return Cascade(first=None, full=full[0], powers=(0.0, 1.0))
    seen, ours, theirs = np.intersect1d(read[first[1]], full[1], return_indices=True)
    powers: tuple[float, ...] = (0.0, 1.0)
    if len(seen) >= ENOUGH:
        labels = np.searchsorted(full[0].intents, [names[place] for place in seen])
        both = [_spread(first[2], first[0], full[0])[ours], full[2].probabilities[theirs]]
        powers = calibration.powers([_logs(each) for each in both], labels)
    return Cascade(first=first[0], full=full[0], powers=powers)


def save(cascade: Cascade, folder: Path) -> None:
    model.save(cascade.full, folder)
    (folder / "cascade.json").write_text(json.dumps(cascade.powers), encoding="utf-8")
    if cascade.first is not None:
        model.save(cascade.first, folder, name="first")


def load(folder: Path) -> Cascade | None:
    """None if nothing was learned."""
    full = model.load(folder)
    if full is None:
        return None
    powers = tuple(json.loads((folder / "cascade.json").read_text(encoding="utf-8")))
    return Cascade(first=model.load(folder, name="first"), full=full, powers=powers)
