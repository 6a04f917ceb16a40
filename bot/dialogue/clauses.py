"""What a message names by its verbs, clause by clause: in those that want something, and in those that do not."""

from __future__ import annotations

import re

from bot.dialogue.call import Call

CLAUSE = re.compile(
    r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])|(?<=[吧啊呢了着好上掉])(?=先?(?:别|不要|不用|甭))"
    r"|(?:[,.](?!\d)|[;:!?，。；：！？、…\n])+|\b(?:but|and then|then)\b"
)


def names_opposite(call: Call) -> bool:
    """What is named by its verb is what takes this back, not this."""
    flow = call.flow
    opposite = {each.id for each in call.flows.values() if flow is not None and flow.id in (each.id, each.undo)}
    opposite |= {flow.undo} if flow is not None else set()
    wanted = verbs(call)[0]
    return flow is not None and flow.id not in wanted and bool(wanted & opposite)


def verbs(call: Call) -> tuple[frozenset[str], frozenset[str]]:
    """Flows that are named by their verbs (the catalogue's table `verbs`), clause by clause: in those that want
    something, and in those that do not."""
    wanted: set[str] = set()
    unwanted: set[str] = set()
    sounds = call.words.heard("verbs")
    for clause in CLAUSE.split(call.text):
        found = {flow for flow, sound in sounds.items() if sound.search(clause)}
        not_so = call.words.says("takes_back", clause) or call.words.says("unwanted", clause)
        (unwanted if not_so else wanted).update(found)
    return frozenset(wanted - unwanted), frozenset(unwanted - wanted)
