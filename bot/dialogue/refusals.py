"""No, in all its ways, while a flow asks: not this one, not known, none of them, not after all."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import frames, repairs
from bot.dialogue.call import Call
from bot.dialogue.clauses import verbs
from bot.dialogue.collects import CLEAR
from bot.dialogue.confirming import SURELY
from bot.dialogue.flows import CONFIRM, Collect, Flow


class Refusals:
    """Listeners for what is asked now."""

    def __init__(self, call: Call) -> None:
        self.call = call
        flow, top = call.flow, call.top
        step = flow.at(top.at) if flow is not None and top is not None else None
        self.asked = step if isinstance(step, Collect) else None

    async def denies(self) -> bool:
        """A no to a question that is not answered by yes or no is a no to the whole."""
        if not self._deny():
            return False
        repairs.cancel_flow(self.call)
        return True

    async def takes_back(self) -> bool:
        """Not this after all, whatever was asked: "no, leave it", "算了不办了"."""
        call = self.call
        below = next((each for each in reversed(call.state.stack) if not each.flow.startswith(frames.PATTERN)), None)
        flow = call.flows.get(below.flow) if below is not None else None
        wanted = call.flows.started_by(call.intent)
        plainly = call.words.says("takes_back", call.text)
        if flow is None or not call.free_text or (repairs.asks(call) and not plainly):
            return False
        if call.flow is flow and self._instead(flow):
            return True
        if not flow.changes and wanted is not None and wanted.id == flow.undo and call.confidence >= CLEAR:
            return False  # What it tells of is to be taken back.
        undoes = wanted is not None and wanted.id == flow.undo and wanted is not flow
        other = wanted is not None and wanted is not flow and bool(wanted.area) and call.confidence >= CLEAR
        if not ((undoes and call.confidence >= CLEAR) or (repairs.takes_back(call, flow) and not other)):
            return False
        repairs.cancel_flow(call)
        return True

    def _instead(self, flow: Flow) -> bool:
        """ "Just freeze it, don't report it lost": the one is dropped, the other begun with what is known."""
        call, (wanted, unwanted) = self.call, verbs(self.call)
        other = call.flows.get(next(iter(wanted), ""))
        if len(wanted) != 1 or other is None or other is flow or flow.id not in unwanted:
            return False
        known = tuple({"entity": each, "value": call.slot(each)} for each in flow.slots if each in other.slots)
        known = tuple(each for each in known if each["value"] is not None and each["entity"] != CONFIRM)
        frames.drop(call)
        said = replace(
            call.said, intent=call.intent_of(other.id), entities=(*known, *call.said.entities), act="request"
        )
        frames.push(call, other, said=said)
        return True

    async def none_of_them(self) -> bool:
        """ "No" to a list: it may be another one, or nothing at all."""
        call = self.call
        if self.asked is None or not self.asked.lists:
            return False
        none = call.free_text and call.words.just("none_of_these", call.text)
        top = call.top
        if not (none or self._deny()) or top is None:
            return False
        if top.misses:
            repairs.cancel_flow(call)
            return True
        call.note(misses=1)
        call.say(
            "utter_none_of_them", buttons=[call.button("more", "inform_order", choice="more"), call.stop, call.person]
        )
        call.memo["asked"] = True
        return True

    def _deny(self) -> bool:
        call = self.call
        plainly = call.free_text and call.words.just("no", call.text)
        return plainly or (call.intent == "deny" and call.confidence >= SURELY)

    async def does_not_know(self) -> bool:
        """What is not known cannot be asked for again the same way."""
        call, asked = self.call, self.asked
        if asked is None or not call.free_text or not call.words.just("dont_know", call.text):
            return False
        response = f"utter_unknown_{asked.slot}"
        call.say(response if call.has_response(response) else "utter_dont_know", buttons=(call.stop, call.person))
        call.memo["asked"] = not asked.lists
        return True
