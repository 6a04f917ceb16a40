"""The language that a customer asks to be answered in, by the words for it."""

from __future__ import annotations

import re

SHORT = 48
"""Characters; in a longer text a language is only spoken of."""
_LANGUAGE = re.compile(
    r"\b(in|speak|to|use|using) (?P<en>english)\b|\b(?P<en_please>english),? (please|pls)\b"
    r"|\b(in|speak|to|use|using) (chinese|mandarin)\b|\bchinese,? (please|pls)\b"
    r"|(说|讲|用|换|切换)(成|到)?((?P<zh_en>英文|英语)|中文|汉语|普通话)",
    re.IGNORECASE,
)


def language_asked_for(text: str) -> str:
    """`en` for "can you say that in English?" or "请说英文", `zh` for "说中文", else empty."""
    found = _LANGUAGE.search(text) if len(text) <= SHORT else None
    return "" if found is None else "en" if found["en"] or found["en_please"] or found["zh_en"] else "zh"
