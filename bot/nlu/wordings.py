"""Which texts say a thing in one way.

Examples are written by few and messages by many: what is judged by examples of its own wording is judged too easily.
What few texts teach is therefore calibrated on texts whose whole wording was left out.
"""

from __future__ import annotations

import numpy as np

from bot.nlu.table import Array, Labels

ALIKE = 0.6
"""Cosine of two texts of one wording."""


def of(dense: Array, labels: Labels) -> Labels:
    """Of each text the number of its wording. `dense` [n, d] has rows of length 1. A wording has texts of one label,
    and at most half of those."""
    found = np.zeros(len(labels), np.int64)
    count = 0
    for label in np.unique(labels):
        left = np.flatnonzero(labels == label)
        most = max(1, len(left) // 2)
        while len(left):
            near = dense[left] @ dense[left[0]] if dense.shape[1] else np.zeros(len(left), np.float32)
            near[0] = 2  # itself
            order = np.argsort(-near, kind="stable")[:most]
            own = left[order[near[order] > ALIKE]]
            found[own] = count
            count += 1
            left = np.setdiff1d(left, own)
    return found
