"""A customer who talks with the real engine and bank: says things, presses buttons, reads codes off the phone."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.dialogue import project
from bot.dialogue.call import Call
from bot.dialogue.state import SLOT, State
from bot.engine.engine import Engine, TurnResult
from bot.store.nouns import Conversation
from bot.types import Button, Holder, Identity, Level, Reply, Turn
from tests.bank import PROJECT, RunningBank

DIALOGUE = project.load(PROJECT)
WORDS = DIALOGUE.words


def heard(parsed: dict[str, Any], state: State | None = None) -> Call:
    """What an action is handed that hears this message, where the conversation stands so."""
    project.enter(DIALOGUE)
    slots = {SLOT: (state or State()).to_wire(), "language": "en"}
    tracker = Tracker("test", slots, parsed, [], False, None, {}, "action_listen")
    return Call.of("action_run_flow", CollectingDispatcher(), tracker, {})


@dataclass
class Customer:
    """One conversation. `say` and `press` return all the bot's texts of that turn, joined."""

    engine: Engine
    bank: RunningBank
    conversation: Conversation
    customer_id: str = ""
    said: int = 0
    result: TurnResult | None = None
    misheard: dict[str, Any] | None = None
    later_s: float = 0.0
    """So long after now they say it."""
    history: list[str] = field(default_factory=list)
    waits: dict[str, Any] | None = None
    """Their place in line, as the worker would ask for it."""

    async def say(self, text: str, *, payload: str | None = None) -> str:
        self.said += 1
        turn = Turn(
            conversation_id=self.conversation.id,
            message_id=f"m{self.said}",
            channel="web",
            text=text,
            payload=payload,
            at=time.time() + self.later_s,
            seq=self.said,
        )
        after = self.engine.known(self.conversation.id)
        with self._mishearing():
            self.result = await self.engine.run(turn, self.conversation, [], after=after, waits=self.waits)
        self.engine.keep(self.result)
        handed_over = self.result.handover_reason is not None
        self.change(
            version=self.result.version,
            identity=self.result.identity,
            language=self.result.language,
            holder=Holder.QUEUE if handed_over else self.conversation.holder,
        )
        self.history.append(f"> {text or payload}\n{self.heard}")
        return self.heard

    def mishear(self, intent: dict[str, Any], ranking: Sequence[tuple[str, float]] = ()) -> None:
        """The next text is understood so, whatever it says: what a classifier may always do."""
        behind = [{"name": name, "confidence": confidence} for name, confidence in ranking]
        self.misheard = {"intent": intent, "intent_ranking": [intent, *behind]}

    @contextmanager
    def _mishearing(self) -> Iterator[None]:
        misheard, self.misheard = self.misheard, None
        if misheard is None:
            yield
            return
        model = self.engine.model
        understand = model.understand
        model.understand = lambda *args, **options: understand(*args, **options) | misheard  # type: ignore[method-assign]
        try:
            yield
        finally:
            del model.understand

    async def send(self, payload: str) -> str:
        """A trusted command, whether or not it was offered."""
        return await self.say("", payload=payload)

    async def press(self, title: str) -> str:
        """Press the button whose title begins so."""
        found = [button for button in self.buttons if button.title.startswith(title)]
        assert found, f"no button {title!r} among {[button.title for button in self.buttons]}\n{self.heard}"
        return await self.say(found[0].title, payload=found[0].payload)

    async def code(self) -> str:
        """The code that was last sent to the customer's phone."""
        sent = await self.bank.client.outbox(self.customer_id)
        codes = [message.code for message in sent if message.code]
        assert codes, f"no code was sent to {self.customer_id}\n" + "\n".join(self.history)
        return codes[0]

    async def enter_code(self) -> str:
        return await self.say(await self.code())

    def sign_in(self, customer_id: str, name: str = "") -> None:
        now = time.time()
        identity = Identity(
            customer_id=customer_id,
            level=Level.SIGNED_IN,
            method="jwt",
            proven_at=now,
            expires_at=now + 3600,
            name=name,
        )
        self.customer_id = customer_id
        self.change(identity=identity)

    def change(self, **changes: Any) -> None:
        self.conversation = dataclasses.replace(self.conversation, **changes)

    @property
    def replies(self) -> list[Reply]:
        assert self.result is not None
        return self.result.replies

    @property
    def heard(self) -> str:
        return "\n".join(reply.text for reply in self.replies)

    @property
    def buttons(self) -> list[Button]:
        return [button for reply in self.replies for button in reply.buttons]

    @property
    def handed_over(self) -> str | None:
        assert self.result is not None
        return self.result.handover_reason

    @property
    def state(self) -> State:
        return State.from_wire(self.slot(SLOT))

    def slot(self, name: str) -> Any:
        assert self.result is not None and self.result.tracker is not None
        return self.result.tracker.get_slot(name)


Talk = Callable[..., Customer]
