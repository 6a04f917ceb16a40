"""Short messages by their own words: about what was just answered, about signing in, languages, sending money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME

from bot.languages import language_asked_for

DATED = frozenset(
    [
        "refund_status",
        "refund_not_arrived",
        "transfer_status",
        "transfer_failed",
        "payment_pending",
        "payment_failed",
        "card_delivery",
        "verify_identity",
    ]
)
"""Topics whose answer says when."""
UNDONE_BY = {"transfer_status": "cancel_transfer", "refund_status": "cancel_refund"}
SURE = 0.85
"""From here on an intent is what it seems, whatever was spoken of before."""
MISREAD = frozenset({"transfer_arrival_time", "request_refund", "payment_pending", "goodbye", "stop", "inform_date"})
"""What a bare "when?" looks like."""
NOT_ABOUT_IT = frozenset({"request_human", "affirm", "deny", "greet", "thank", "goodbye"})
ABOUT_TRANSFERS = frozenset({"transfer_status", "transfer_failed", "transfer_arrival_time"})
RECENT_S = 600
_LONGEST = 48
_WHEN = re.compile(
    r"\bwhen\b|\bhow (much )?long(er)?\b|\bso long\b|\bwhat day\b"
    r"|\bwhat (happens )?(now|next)\b|接下来|下一步|什么时候|啥时候|多久|几天|几号|何时|还要等|这么慢|这么久",
    re.IGNORECASE,
)
_UNDO = re.compile(
    r"\b(cancel|stop|undo|revoke) (it|that|this)\b|\btake (it|that) back\b|撤|取消(它|这|那|吧|掉)", re.I
)
_ABOUT = re.compile(r"^\W*(and\b|what about\b|how about\b|那)|呢\W*$", re.IGNORECASE)
_NAMES_IT = re.compile(
    r"\b(transfers?|refund\w*|cards?|payments?|accounts?|limits?|fees?|bills?|balance|password|order)\b"
    r"|转账|汇款|退款|卡|付款|支付|交易|账户|限额|手续费|账单|余额|密码|订单|认证",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SIGN_IN = re.compile(r"\b(sign|log)(ed|ged)?[- ]?(in|on)\b|\blogin\b|登[录陆]|登(好|上|不)", re.IGNORECASE)
_SIGNED_IN = re.compile(
    r"\b(signed|logged) ?in\b|登[录陆](了|好|成功|完|过)|已经?登[录陆]|登好了?|登上了", re.IGNORECASE
)
_NOT_SO = re.compile(
    r"n't\b|\bnot\b|\bcan ?not\b|\bwhy\b|\bhow\b|\bfail|\bunable\b|\?|someone|somebody|hack"
    r"|不|没|无法|怎么|为什么|为啥|干嘛|吗|？|失败|别人|有人|被",
    re.IGNORECASE,
)
_SEND = re.compile(
    r"^\W*((hi|hello|please|can|could|you|i|want|need|would|like|i'd|to|help|me)\W+)*(send|transfer|wire|pay)\b.*\bto\b"
    r"|^\W*(请|你好|麻烦|帮我|帮忙|我要|我想|想|给我)*(转|汇|打)(账|款|钱)?\s*[\d一二两三四五六七八九十百千万]+\S*?给"
    r"|^\W*(请|你好|麻烦|帮我|帮忙|我要|我想|想)*给.{1,12}(转|汇|打)(账|款|钱)?\s*[\d一二两三四五六七八九十百千万]",
    re.IGNORECASE,
)
_WHY = re.compile(r"\bwhy\b|为什么|为啥|干嘛", re.IGNORECASE)
_SOMEBODY_ELSE = re.compile(r"some(one|body)|hack|别人|有人|被|盗", re.IGNORECASE)

Wish = dict[str, Any]
"""`intent`, `text` (empty: as if a button had been pressed), `entities`; for one of several also `confidence`, that of
the whole message: a part alone seems surer than it is, and what is not sure is asked before it is done."""


def follow_up(parsed: Mapping[str, Any], topic: Mapping[str, Any] | None, *, now: float) -> Wish | None:
    """What a short message asks about the topic: the same once more, of something else, or when."""
    text = str(parsed.get("text") or "").strip()
    intent = parsed.get("intent") or {}
    if not topic or now - topic["at"] > RECENT_S or len(text) > _LONGEST:
        return None
    same = {"intent": topic["intent"], "text": "", "entities": topic["entities"]}
    if language_asked_for(text):
        written_in = "zh" if _HAN.search(text) else "en"
        return same if language_asked_for(text) == written_in else None
    name = intent.get("name")
    clear = intent.get("confidence", 0.0) >= SURE and name not in (*MISREAD, DEFAULT_NLU_FALLBACK_INTENT_NAME)
    if clear or _NAMES_IT.search(text):
        return None
    if _WHEN.search(text) and topic["intent"] in DATED:
        return same
    return _about_it(text, topic, parsed)


def _about_it(text: str, topic: Mapping[str, Any], parsed: Mapping[str, Any]) -> Wish | None:
    intent = topic["intent"]
    if intent in UNDONE_BY and _UNDO.search(text):
        return {"intent": UNDONE_BY[intent], "text": "", "entities": topic["entities"]}
    if _ABOUT.search(text) and parsed["intent"]["name"] not in NOT_ABOUT_IT:
        return {"intent": intent, "text": text, "entities": list(parsed.get("entities") or [])}
    return None


def about_sign_in(text: str) -> str | None:
    """`done`, `asks`, or None: an answer to the request to sign in, in the customer's own words."""
    if len(text) > _LONGEST or not _SIGN_IN.search(text) or _SOMEBODY_ELSE.search(text):
        return None
    return "done" if _SIGNED_IN.search(text) and not _NOT_SO.search(text) else "asks"


def asks_why(text: str) -> bool:
    return _WHY.search(text) is not None


def asks_to_send(parsed: Mapping[str, Any]) -> bool:
    """ "Send $50 to my mom": something that is not done here, and looks like a question about a transfer."""
    text, intent = str(parsed.get("text") or ""), parsed.get("intent") or {}
    clear = intent.get("confidence", 0.0) >= SURE and intent.get("name") not in ABOUT_TRANSFERS
    has_amount = any(each.get("entity") == "amount" for each in parsed.get("entities") or [])
    return has_amount and not clear and len(text) <= _LONGEST and _SEND.search(text) is not None
