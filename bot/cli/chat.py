"""`xiaoer chat`: talk to the bot in this terminal, without a server. `/quit` ends it; a number presses a button."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bot.cli.loading import add_model_option, load_engine
from bot.types import Button, Holder, Identity, Level, Reply, Turn

if TYPE_CHECKING:
    from bot.engine import Engine


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("chat", help="talk to the bot in this terminal")
    parser.add_argument("--customer", help="be signed in as this customer")
    parser.add_argument("--language", default="", choices=("", "en", "zh"))
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    return asyncio.run(_chat(args))


async def _chat(args: argparse.Namespace) -> int:
    engine = await load_engine(args)
    talk = Talk(engine, identity=_identity(args.customer), language=args.language)
    if sys.stdin.isatty():
        print("Talk to the bot; /quit ends.")
    while True:
        reading = asyncio.ensure_future(asyncio.to_thread(input, "> " if sys.stdin.isatty() else ""))
        while not (await asyncio.wait({reading}, timeout=talk.due_in_s(time.time())))[0]:
            _show(await talk.remind(time.time()))
        try:
            text = await reading
        except EOFError:
            return 0
        if text.strip() == "/quit":
            return 0
        _show(await talk.say(text))


class Talk:
    """A conversation that lives in this process only."""

    def __init__(self, engine: Engine, *, identity: Identity | None = None, language: str = "") -> None:
        from bot.store.nouns import Conversation

        self._engine = engine
        self._conversation = Conversation(
            id=f"terminal-{uuid.uuid4().hex[:8]}", channel="terminal", identity=identity, language=language
        )
        self._buttons: Sequence[Button] = ()

    async def say(self, text: str) -> list[Reply]:
        """The bot's replies to a text; the number of a button that was just offered presses it."""
        number = int(text) - 1 if text.isdecimal() else -1
        pressed = self._buttons[number] if 0 <= number < len(self._buttons) else None
        payload = pressed.payload if pressed else None
        return await self._run(self._turn(pressed.title if pressed else text, payload=payload, at=time.time()))

    def due_in_s(self, now: float) -> float | None:
        """Until the next reminder; None where none is set."""
        reminders = self._conversation.reminders
        return max(0.0, min(each["at"] for each in reminders) - now) if reminders else None

    async def remind(self, now: float) -> list[Reply]:
        """What the bot says at the moment of a reminder."""
        return await self._run(self._turn("", kind="reminder", at=now))

    def _turn(self, text: str, **options: Any) -> Turn:
        message_id = uuid.uuid4().hex
        return Turn(
            conversation_id=self._conversation.id, message_id=message_id, channel="terminal", text=text, **options
        )

    async def _run(self, turn: Turn) -> list[Reply]:
        after = self._engine.known(self._conversation.id)
        result = await self._engine.run(turn, self._conversation, [], after=after)
        self._engine.keep(result)
        self._conversation = dataclasses.replace(
            self._conversation,
            version=result.version,
            identity=result.identity,
            language=result.language,
            reminders=tuple(result.reminders),
            holder=Holder.QUEUE if result.handover_reason else self._conversation.holder,
        )
        self._buttons = [button for reply in result.replies for button in reply.buttons]
        if result.handover_reason:
            return [*result.replies, Reply(text=f"(handed over: {result.handover_reason})", author="system")]
        return result.replies


def _identity(customer_id: str | None) -> Identity | None:
    if not customer_id:
        return None
    now = time.time()
    return Identity(
        customer_id=customer_id, level=Level.SIGNED_IN, method="terminal", proven_at=now, expires_at=now + 3600
    )


def _show(replies: Sequence[Reply]) -> None:
    for reply in replies:
        print(_shown(reply), flush=True)


def _shown(reply: Reply) -> str:
    lines = [reply.text] if reply.text else []
    lines += [f"[picture] {reply.attachment}"] if reply.attachment else []
    lines += [json.dumps(reply.custom, ensure_ascii=False)] if reply.custom else []
    lines += [f"  {number}: {button.title}" for number, button in enumerate(reply.buttons, start=1)]
    return "\n".join(lines)
