"""The wishes of one message: several in turn, or what its other clauses want beside what they deny."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue.call import Call
from bot.dialogue.flows import Flow
from bot.dialogue.state import Said

LIKELY = 5
"""A part's intent has to be among so many likeliest of the whole message: parts alone say less than they seem to."""


def besides(call: Call) -> list[Said]:
    """What is wanted in the other clauses of a message that says what is not."""
    parts = [each for each in call.message.get("intents") or [] if call.flows.started_by(str(each["name"])) is not None]
    wanted = [each for each in parts if not (call.words.says("denies", str(each["text"])) and _does(call, each))]
    return [wish_of(each, call) for each in wanted] if len(wanted) < len(parts) else []


def _does(call: Call, part: Mapping[str, Any]) -> bool:
    flow = call.flows.started_by(str(part["name"]))
    return flow is not None and (flow.changes or flow.person)


def wishes_in(call: Call) -> list[Said]:
    """The wishes of a message in order, if they are not just what its intent says; else none."""
    parsed, flows = call.message, call.flows
    whole = flows.started_by(call.intent)
    ranking = (parsed.get("intent_ranking") or [])[:LIKELY]
    likely = [each["name"] for each in ranking]
    parts = [
        each
        for each in parsed.get("intents") or []
        if each["name"] in likely and (found := flows.started_by(each["name"])) is not None and _iswish_of(found)
    ]
    of = {each["name"]: flow for each in parts if (flow := flows.started_by(each["name"])) is not None}
    protecting = any(flow.protects and not flow.person for flow in of.values())
    alone = [each for each in parts if of[each["name"]].person]
    if alone and protecting:  # What protects is done before a person comes, who then sees the rest.
        alone = [each for each in alone if of[each["name"]].protects]
    if alone or (whole is not None and whole.person and whole.protects):
        return [wish_of(alone[0], call)] if alone and alone[0]["name"] != call.intent else []
    parts = _with_the_whole(call.intent, whole, parts, of)
    by_likelihood = sorted(parts, key=lambda each: likely.index(each["name"]))
    kept: list[Mapping[str, Any]] = []
    for part in by_likelihood:
        flow = flows.started_by(part["name"])
        if flow is not None and not any(_one_story(flows.started_by(each["name"]), flow) for each in kept):
            kept.append(part)
    if len(kept) > 1 or (kept and (whole is None or not _iswish_of(whole))):
        return [wish_of(each, call) for each in parts if each in kept]
    return []


def _iswish_of(flow: Flow) -> bool:
    """Something to be done or told; courtesies and repairs are not."""
    return bool(flow.area) or flow.person


def _with_the_whole(intent: str, whole: Flow | None, parts: list[Any], of: Mapping[str, Flow]) -> list[Any]:
    """What the whole message says, no part may say: then it stands for the part that tells a bit of the same story. If
    there is none, the parts are not to be trusted."""
    if whole is None or not _iswish_of(whole) or any(each["name"] == intent for each in parts):
        return parts
    same = next((each for each in parts if _one_story(of[each["name"]], whole)), None)
    return [{**each, "name": intent} if each is same else each for each in parts] if same else []


def _one_story(first: Flow | None, second: Flow | None) -> bool:
    if first is None or second is None or first is second:
        return True
    return (first.area == second.area != "") or second.id in first.implies or first.id in second.implies


def wish_of(part: Mapping[str, Any], call: Call) -> Said:
    """A part, with the details that were said in it. It is as sure as the whole message."""
    text, whole = str(part["text"]), call.text
    said_in_it = tuple(
        each
        for each in call.said.entities
        if each.get("start") is None or whole[each["start"] : each.get("end")] in text
    )
    ranking = call.message.get("intent_ranking") or []
    confidence = next((each["confidence"] for each in ranking if each["name"] == part["name"]), 0.0)
    return Said(text=text, intent=part["name"], entities=said_in_it, confidence=confidence, act=call.act)
