"""One way of writing Chinese: traditional characters and Taiwan's words become the mainland's, Cantonese becomes
written Chinese, so that a word learned in one of them is known in all.

The first is OpenCC's dictionary (tw2sp); the second a short table of the words that carry a Cantonese sentence. It is
for features only: lengths change, so that spans do not survive it.
"""

from __future__ import annotations

import functools
import re
from typing import Any

CANTONESE = {
    "点解": "为什么",
    "点样": "怎么样",
    "点算": "怎么办",
    "而家": "现在",
    "家下": "现在",
    "几多": "多少",
    "几时": "什么时候",
    "边度": "哪里",
    "边个": "谁",
    "边笔": "哪笔",
    "过数": "转账",
    "户口": "账户",
    "银码": "金额",
    "搞掂": "办好",
    "搞定": "办好",
    "唔该": "谢谢",
    "多谢晒": "谢谢",
    "冇": "没有",
    "咗": "了",
    "嘅": "的",
    "唔": "不",
    "係": "是",
    "畀": "给",
    "俾": "给",
    "攞": "拿",
    "睇": "看",
    "嗰": "那",
    "呢个": "这个",
    "呢笔": "这笔",
    "啲": "些",
    "佢": "他",
    "哋": "们",
    "乜嘢": "什么",
    "乜": "什么",
    "嘢": "东西",
    "嬲": "生气",
    "碌卡": "刷卡",
    "碌": "刷",
    "寻日": "昨天",
    "听日": "明天",
    "琴日": "昨天",
    "今日": "今天",
    "帐": "账",
}
_CANTONESE = re.compile("|".join(sorted(CANTONESE, key=len, reverse=True)))


def plain(text: str) -> str:
    """`text` as a writer of the mainland would have it."""
    # 係 is Cantonese for 是; OpenCC would make it 系, a department.
    simplified = _opencc().convert(text.replace("係", "是"))
    return _CANTONESE.sub(lambda found: CANTONESE[found[0]], simplified)


@functools.cache
def _opencc() -> Any:
    import opencc

    return opencc.OpenCC("tw2sp")
