"""Nouns as the bytes Redis keeps, and back. Fields at their defaults are left out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from bot.store.nouns import Changes, Conversation
from bot.types import Button, Entry, Guess, Handoff, Holder, Identity, Level, Reply, Tried, Turn, to_wire

Raw = bytes | str

META = (
    *("channel", "holder", "identity", "language", "handoff", "agent", "seq", "done", "version", "metadata"),
    *("private", "reminders", "damaged", "failed"),
)
"""The meta fields a Conversation is read from, in this order."""


_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8; half a surrogate pair becomes `?`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def text(value: Raw | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def loads(value: Raw) -> Any:
    return json.loads(value)


def known(noun: type[Any], wire: Mapping[str, Any]) -> dict[str, Any]:
    """Without the fields that a newer process has and this one does not."""
    names = {each.name for each in fields(noun)}
    return {name: value for name, value in wire.items() if name in names}


def identity_from(wire: Mapping[str, Any]) -> Identity:
    return Identity(**{**known(Identity, wire), "level": Level(wire["level"])})


def language_from(raw: Raw | None) -> str:
    """Raises ValueError for what can be no language."""
    language = text(raw)
    if language and not _LANGUAGE.fullmatch(language):
        raise ValueError("not a language")
    return language


def conversation_from(conversation_id: str, values: Sequence[Any]) -> Conversation:
    """`values` in the order of META, as Redis or a script's JSON gives them."""
    channel, holder, identity, language, handoff, agent, seq, done, version, metadata, *more = values
    private, reminders, damaged, failed = more
    return Conversation(
        id=conversation_id,
        channel=text(channel),
        holder=Holder(text(holder)) if holder else Holder.BOT,
        identity=identity_from(loads(identity)) if identity else None,
        language=language_from(language),
        handoff_id=text(handoff) or None,
        agent_name=text(agent),
        seq=int(seq or 0),
        done=int(done or 0),
        version=int(version or 0),
        metadata=loads(metadata) if metadata else {},
        private=int(private or 0),
        reminders=tuple(loads(reminders)) if reminders else (),
        damaged=text(damaged),
        failed=int(failed or 0),
    )


def changes_to(changes: Changes) -> list[bytes]:
    """As meta fields and values, flat."""
    flat: list[bytes] = []
    if changes.holder is not None:
        flat += b"holder", changes.holder.value.encode()
    if changes.identity is not None:
        flat += b"identity", dumps(to_wire(changes.identity)), b"customer", raw(changes.identity.customer_id)
    if changes.language is not None:
        flat += b"language", raw(changes.language)
    if changes.handoff_id is not None:
        flat += b"handoff", raw(changes.handoff_id)
    if changes.agent_name is not None:
        flat += b"agent", raw(changes.agent_name)
    if changes.damaged is not None:
        flat += b"damaged", raw(changes.damaged)
    if changes.failed is not None:
        flat += b"failed", str(changes.failed).encode()
    if changes.private:
        flat += b"private", b"1"
    if changes.reminders is not None:
        flat += b"reminders", dumps(list(changes.reminders)) if changes.reminders else b""
        flat += b"remind", repr(min(each["at"] for each in changes.reminders)).encode() if changes.reminders else b""
    return flat


def handoff_from(wire: Mapping[str, Any]) -> Handoff:
    """Back from `to_wire(handoff)`."""
    return Handoff(
        **{
            **known(Handoff, wire),
            "skills": tuple(wire.get("skills", ())),
            "intents": tuple(Guess(**each) for each in wire.get("intents", ())),
            "tried": tuple(Tried(**each) for each in wire.get("tried", ())),
            "identity": identity_from(wire["identity"]) if wire.get("identity") else None,
            "transcript": tuple(_entry(each) for each in wire.get("transcript", ())),
        }
    )


def _entry(wire: Mapping[str, Any]) -> Entry:
    return Entry(**{**wire, "buttons": tuple(Button(**each) for each in wire.get("buttons", ()))})


def turn_to(turn: Turn) -> bytes:
    """All but the conversation's id, the payload (kept apart: it may be dropped) and the seq (not known yet)."""
    wire: dict[str, Any] = {"message_id": turn.message_id, "channel": turn.channel, "text": turn.text, "at": turn.at}
    if turn.kind != "message":
        wire["kind"] = turn.kind
    if turn.metadata:
        wire["metadata"] = turn.metadata
    return dumps(wire)


def reply_to(reply: Reply) -> bytes:
    """All but seq and moment: the store gives them."""
    wire = {
        each.name: getattr(reply, each.name)
        for each in fields(reply)
        if each.name not in ("seq", "at", "buttons") and getattr(reply, each.name)
    }
    if reply.buttons:
        wire["buttons"] = [
            [each.title, each.payload, each.url] if each.url else [each.title, each.payload] for each in reply.buttons
        ]
    return dumps(wire)


Line = Mapping[str, Any]
"""A line of the log as the scripts write it: `{seq, turn, payload?}` or `{seq, at, reply}`."""


def turn_from(conversation_id: str, line: Line) -> Turn:
    return Turn(conversation_id=conversation_id, payload=line.get("payload"), seq=line["seq"], **line["turn"])


def entry_from(line: Line) -> Entry | None:
    """None for a turn that is nobody's words (`resume`)."""
    if "turn" not in line:
        return reply_entry(line["seq"], line["at"], line["reply"])
    wire = line["turn"]
    if wire.get("kind", "message") != "message":
        return None
    return Entry(seq=line["seq"], at=wire["at"], author="customer", text=wire["text"], message_id=wire["message_id"])


def reply_entry(seq: int, at: float, wire: Mapping[str, Any]) -> Entry:
    buttons = tuple(
        Button(title=title, payload=payload, url=url[0] if url else None)
        for title, payload, *url in wire.get("buttons", ())
    )
    return Entry(seq=seq, at=at, **{"author": "bot", **wire, "buttons": buttons})
