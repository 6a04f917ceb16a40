"""Word lists are written as lines of words."""

from __future__ import annotations


def forms(line: str) -> list[str]:
    return line.split()
