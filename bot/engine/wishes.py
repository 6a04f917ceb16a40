"""What a message asks beyond its intent: several wishes at once, and a question about what was just answered.

`config.yml` names it before RulePolicy:

    policies:
    - name: bot.engine.wishes.WishesPolicy
      priority: 9

Where a message outside any form is more than its intent says, it predicts `action_take_up`, with what is asked, in
order, in slot `wishes`; while slot `wanted` waits for a sign-in, what is said about signing in goes by its words, to
`action_take_up` or `action_about_sign_in`. Otherwise it predicts nothing. What it decides by is in `wishes_in`,
`follow_up` and `about_sign_in`, which are pure. Slot `topic` is what was answered last: `{"intent", "entities", "at"}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.escalation import NOT_QUESTIONS

TAKE_UP = "action_take_up"
ABOUT_SIGN_IN = "action_about_sign_in"
ABOUT_LANGUAGE = "action_about_language"
WISHES_SLOT = "wishes"
TOPIC_SLOT = "topic"

LIKELY = 5
"""A part's intent has to be among so many likeliest of the whole message: parts alone say less than they seem to."""
NOT_WISHES = NOT_QUESTIONS - {"request_human"}
SECURITY = frozenset({"account_taken_over", "report_scam"})
BRINGS_A_PERSON = SECURITY | {"request_human"}
"""Alone: the person who comes sees the rest."""
PROTECTING = frozenset({"freeze_card", "card_lost"})
"""Done before a person comes."""
AREAS = (
    frozenset({"request_refund", "refund_status", "refund_not_arrived"}),
    frozenset({"payment_failed", "charged_twice", "payment_not_recognised", "payment_pending", "card_declined"}),
    frozenset({"transfer_status", "transfer_failed", "transfer_arrival_time"}),
    frozenset({"transfer_wrong_recipient", "cancel_transfer"}),
    frozenset({"freeze_card", "unfreeze_card"}),
)
"""Parts that speak of one of these tell one story, not two wishes."""
IMPLIED = {
    "charged_twice": {"request_refund", "refund_status", "refund_not_arrived"},
    "payment_failed": {"request_refund", "refund_status", "refund_not_arrived"},
    "payment_not_recognised": {"request_refund", "charged_twice"},
    "transfer_failed": {"request_refund", "refund_status", "refund_not_arrived"},
    "transfer_wrong_recipient": {"request_refund", "transfer_status"},
    "cancel_transfer": {"request_refund", "cancel_refund", "transfer_status"},
    "card_lost": {"freeze_card", "replace_card"},
    "card_declined": {"payment_failed"},
    "request_refund": {"transfer_arrival_time", "complaint", "payment_not_recognised", "cancel_refund"},
    "refund_status": {"transfer_arrival_time", "complaint"},
    "refund_not_arrived": {"transfer_arrival_time", "complaint"},
}
"""What the first of two brings with it."""

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
_LANGUAGE = re.compile(
    r"\b(in|speak|to|use|using) (?P<en>english)\b|\b(in|speak|to|use|using) (chinese|mandarin)\b"
    r"|(说|讲|用|换|切换)(成|到)?((?P<zh_en>英文|英语)|中文|汉语|普通话)",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SIGN_IN = re.compile(r"\b(sign|log)(ed|ged)?[- ]?(in|on)\b|\blogin\b|登[录陆]|登(好|上|不)", re.IGNORECASE)
_SIGNED_IN = re.compile(
    r"\b(signed|logged|sign|log) ?in\b|登[录陆](了|好|成功|完|过)|已经?登[录陆]|登好了?|登上了", re.IGNORECASE
)
_NOT_SO = re.compile(
    r"n't\b|\bnot\b|\bcan ?not\b|\bwhy\b|\bhow\b|\bfail|\bunable\b|\?|someone|somebody|hack"
    r"|不|没|无法|怎么|为什么|为啥|干嘛|吗|？|失败|别人|有人|被",
    re.IGNORECASE,
)
_WHY = re.compile(r"\bwhy\b|为什么|为啥|干嘛", re.IGNORECASE)
_SOMEBODY_ELSE = re.compile(r"some(one|body)|hack|别人|有人|被|盗", re.IGNORECASE)

Wish = dict[str, Any]
"""`intent`, `text` (empty: as if a button had been pressed), `entities`; for one of several also `confidence`, that of
the whole message: a part alone seems surer than it is, and what is not sure is asked before it is done."""


def wishes_in(parsed: Mapping[str, Any]) -> list[Wish]:
    """The wishes of a message in order, if they are not just what its intent says; else none."""
    intent = str((parsed.get("intent") or {}).get("name") or "")
    ranking = (parsed.get("intent_ranking") or [])[:LIKELY]
    likely = [each["name"] for each in ranking]
    parts = [each for each in parsed.get("intents") or [] if each["name"] not in NOT_WISHES and each["name"] in likely]
    alone = SECURITY if any(each["name"] in PROTECTING for each in parts) else BRINGS_A_PERSON
    urgent = next((each for each in parts if each["name"] in alone), None)
    if urgent or intent in SECURITY:
        return [_wish(urgent, parsed)] if urgent and urgent["name"] != intent else []
    by_likelihood = sorted(parts, key=lambda each: likely.index(each["name"]))
    kept: list[Mapping[str, Any]] = []
    for part in by_likelihood:
        if not any(_one_story(each["name"], part["name"]) for each in kept):
            kept.append(part)
    if len(kept) > 1 or (kept and intent in NOT_WISHES):
        return [_wish(each, parsed) for each in parts if each in kept]
    return []


def follow_up(parsed: Mapping[str, Any], topic: Mapping[str, Any] | None, *, now: float) -> Wish | None:
    """What a short message asks about the topic: the same once more, of something else, or when."""
    text = str(parsed.get("text") or "").strip()
    intent = parsed.get("intent") or {}
    if not topic or now - topic["at"] > RECENT_S or len(text) > _LONGEST:
        return None
    same = {"intent": topic["intent"], "text": "", "entities": topic["entities"]}
    if asks_for_language(text):
        written_in = "zh" if _HAN.search(text) else "en"
        return same if asks_for_language(text) == written_in else None
    name = intent.get("name")
    clear = intent.get("confidence", 0.0) >= SURE and name not in MISREAD
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


def asks_for_language(text: str) -> str:
    """`en` for "can you say that in English?" or "请说英文", `zh` for "说中文", else empty."""
    found = _LANGUAGE.search(text) if len(text) <= _LONGEST else None
    return "" if found is None else "en" if found["en"] or found["zh_en"] else "zh"


def _one_story(first: str, second: str) -> bool:
    together = {first, second}
    return (
        any(together <= area for area in AREAS) or second in IMPLIED.get(first, ()) or first in IMPLIED.get(second, ())
    )


def _wish(part: Mapping[str, Any], parsed: Mapping[str, Any]) -> Wish:
    """A part, with the details that were said in it."""
    text, whole = str(part["text"]), str(parsed.get("text") or "")
    said_in_it = [
        each
        for each in parsed.get("entities") or []
        if each.get("start") is None or whole[each["start"] : each.get("end")] in text
    ]
    confidence = next(each["confidence"] for each in parsed["intent_ranking"] if each["name"] == part["name"])
    return {"intent": part["name"], "text": text, "entities": said_in_it, "confidence": confidence}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class WishesPolicy(Policy):
    """Predicts `action_take_up` where `wishes_in` or `follow_up` finds something; learns nothing."""

    looks_back = 0
    """States (see `bot.engine.model`): it reads the latest message."""

    @staticmethod
    def supported_data() -> SupportedData:
        return SupportedData.ML_AND_RULE_DATA

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 9}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WishesPolicy:
        return cls(config, model_storage, resource, execution_context)

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Any = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        action, wishes = _look(tracker) if TAKE_UP in domain.action_names_or_texts else ("", ())
        if not action:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, optional_events=[SlotSet(WISHES_SLOT, list(wishes))] if wishes else None)


def _look(tracker: DialogueStateTracker) -> tuple[str, Sequence[Wish]]:
    """The action that the latest message needs before the rules see it, and the wishes to take up; or nothing."""
    if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.active_loop_name or not tracker.latest_message:
        return "", ()
    parsed = tracker.latest_message.parse_data
    ranking = parsed.get("intent_ranking") or []
    pressed = len(ranking) == 1 and ranking[0].get("confidence") == 1.0
    if pressed or (parsed.get("metadata") or {}).get("accepted_offer"):
        return "", ()
    text = str(parsed.get("text") or "").strip()
    about = about_sign_in(text)
    awaited = tracker.get_slot("wanted") and not tracker.get_slot("otp")
    if about == "done" and awaited:
        return TAKE_UP, [_SIGNED_IN_NOW, *(tracker.get_slot(WISHES_SLOT) or [])]
    if about == "asks" and (awaited or _WHY.search(text)):
        return ABOUT_SIGN_IN, ()
    wishes = wishes_in(parsed)
    asked = follow_up(parsed, tracker.get_slot(TOPIC_SLOT), now=tracker.latest_message.timestamp or 0.0)
    if asked and not wishes:
        wishes = [asked]
    if wishes:
        return TAKE_UP, wishes
    return (ABOUT_LANGUAGE if asks_for_language(text) else ""), ()


_SIGNED_IN_NOW = {"intent": "affirm", "text": "", "entities": []}
