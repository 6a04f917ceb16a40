"""`python -m tests.privacy.measure FOLDER`: how much of what a list planted is found, and how much is masked falsely.

The folder has `*.yml` lists of `{text, lang, spans: [{kind, value}]}`. Says figures only, never a text.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from bot.privacy import find


def main(folder: str) -> None:
    planted, missed = Counter[str](), Counter[str]()
    clean = false = 0
    for path in sorted(Path(folder).glob("*.yml")):
        for item in yaml.safe_load(path.read_text("utf-8")):
            spans = item.get("spans") or []
            clean += not spans
            false += not spans and bool(find(item["text"]))
            for kind, whole in _judge(item["text"], spans):
                planted[f"{item['lang']} {kind}"] += 1
                missed[f"{item['lang']} {kind}"] += not whole
    for name, count in sorted(planted.items()):
        print(f"{name:12} {count - missed[name]:4} of {count}")
    total = planted.total()
    print(f"found {total - missed.total()} of {total} ({100 * (total - missed.total()) / max(1, total):.1f} %)")
    print(f"false masks {false} of {clean} ({100 * false / max(1, clean):.1f} %)")


def _judge(text: str, spans: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    """(kind, whether every letter and digit of it is masked) of each planted span."""
    covered = {at for span in find(text) for at in range(span.start, span.end)}
    found = []
    for span in spans:
        value = str(span["value"])
        start = text.find(value)
        places = [at for at in range(start, start + len(value)) if text[at].isalnum()]
        found.append((span["kind"], start >= 0 and covered.issuperset(places)))
    return found


if __name__ == "__main__":
    main(sys.argv[1])
