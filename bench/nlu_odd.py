"""Input that nobody should send: how long the shipped bot takes for each kind, one message at a time, on one thread."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

ODD = {
    "emoji only": "\U0001f600\U0001f389\U0001f4a5\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "10,000 emoji": "\U0001f600" * 10_000,
    "10,000 characters of English": "where is my refund please and thanks " * 270,
    "10,000 characters of Chinese": "我的退款到哪里了请帮我查一下" * 714,
    "10,000 letters, one word": "a" * 10_000,
    "10,000 digits": "1234567890" * 1_000,
    "amounts, one after the other": "￥199.9 " * 1_400,
    "dates, one after the other": "last friday 11月3号 " * 550,
    "Chinese numerals without end": "一百二十块" * 2_000,
    "right to left": "אני רוצה החזר כספי " * 500,
    "all scripts at once": "".join(map(chr, random.Random(1).choices(range(1, 0x3000), k=10_000))),
    "NULs": "where\0is\0my\0refund" * 500,
    "zero-width characters": "re\u200bfund\u200c " * 1_000,
    "combining marks": "e" + "\u0301" * 9_999,
    "full-width digits": "退款１９９．９０元，订单号２０２６１１０３００１" * 400,
    "marks only": "?!.,;:(" * 1_400,
    "nothing but white space": " \n\t" * 3_000,
}
TIMES = 5


def measure(project: Path) -> dict[str, dict[str, float]]:
    """Milliseconds by kind; each time the text is a little another, so that nothing is remembered."""
    from bot.engine import quiet, signing, training

    quiet.hush()
    from threadpoolctl import threadpool_limits

    from bot.engine.model import Model
    from bot.settings import Settings

    settings = Settings.load(project, {})
    model = Model.load(training.train(settings), key=signing.verify_key(settings))
    tracker = model.new_tracker("odd")
    found = {}
    with threadpool_limits(1):
        for text in ("hello, 20 dollars on Monday", "你好，上周一转的100元"):
            model.understand(text, tracker, metadata={})
        for name, text in ODD.items():
            took = []
            for turn in range(TIMES):
                start = time.perf_counter()
                model.understand(text + "\u200b" * turn, tracker, metadata={})
                took.append((time.perf_counter() - start) * 1000)
            found[name] = {"median": round(statistics.median(took), 2), "longest": round(max(took), 2)}
    return found
