"""Which passwords may be set at the desk, where they are set: by `python -m bot.desk.accounts`.

Any sign may stand in one, and none must. What is asked for is length, and that it cannot be guessed: `zxcvbn` (Wheeler,
USENIX Security 2016) counts how many tries somebody would need who knows the 30,000 passwords that leaked most often,
names, English words, keyboards, dates and the usual replacements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.desk.accounts import MAX_PASSWORD_CHARS

MIN_CHARS = 12
MIN_SCORE = 3
"""Of 0 to 4: above 10^8 guesses."""
OUR_WORDS = ("xiaoer", "小二", "desk", "agent", "supervisor", "customer service", "客服")
"""What anybody would try here. In a password they count for nothing, and neither does the account's own id."""
_READ_CHARS = 72
"""zxcvbn's work grows with the square of the length, and nobody guesses what comes after these."""


def problems(password: str, *, account_id: str = "") -> list[str]:
    """Why it is refused; empty if it may be set."""
    from zxcvbn import zxcvbn  # 0.1 s and 20 MB, and only whoever sets a password needs them

    if len(password) > MAX_PASSWORD_CHARS:
        return [f"it is longer than {MAX_PASSWORD_CHARS} characters"]
    rest = without_our_words(password, (*OUR_WORDS, account_id))
    if len(rest) < MIN_CHARS:
        spared = "" if rest == password else f", not counting {', '.join(OUR_WORDS)} and the account's id"
        return [f"it is shorter than {MIN_CHARS} characters{spared}"]
    found = zxcvbn(rest[:_READ_CHARS])
    if found["score"] < MIN_SCORE:
        advice = found["feedback"]["warning"] or "it can be guessed; three or four words that have no connection cannot"
        return [advice.rstrip(".")]
    return []


def without_our_words(password: str, words: Iterable[str]) -> str:
    longest_first = sorted((word for word in words if len(word) > 1), key=len, reverse=True)
    return re.sub("|".join(re.escape(word) for word in longest_first), "", password, flags=re.IGNORECASE)
