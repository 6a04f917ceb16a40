"""What of a conversation's keys can be read, and what has to be written so that all of it can. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.store import codec
from bot.types import Holder

KINDS = {
    "meta": "hash",
    "log": "stream",
    "pending": "list",
    "seen": "zset",
    "offered": "zset",
    "events": "list",
    "effects": "hash",
    "dropped": "list",
}
COUNTERS = ("seq", "done", "version", "changes", "told", "effect", "head", "fence", "done_fence", "private", "failed")
LARGEST = 2**50
"""Above this a script's numbers are no longer exact: no counter gets there."""
FAR_S = 3600.0
"""No lease and no hint reaches further into the future."""
FARTHEST_REMINDER_S = 10 * 366 * 86_400.0
LITTLE = ("seen", "offered", "dropped")
"""Parts without which nothing of the conversation itself is missing."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,140}")
Lines = list[tuple[int, list[bytes]]]


def _anything(wire: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class Readers:
    """What rooms above can read, asked of JSON objects: tracker events and effects."""

    event: Callable[[Mapping[str, Any]], bool] = _anything
    effect: Callable[[Mapping[str, Any]], bool] = _anything


@dataclass
class Plan:
    """What to write. Empty: everything can be read."""

    lost: list[str] = field(default_factory=list)
    """What could not be read: a part, or `part.where`."""
    wiped: list[str] = field(default_factory=list)
    """Parts that are deleted before what is kept of them is written."""
    meta: dict[str, bytes] = field(default_factory=dict)
    meta_dropped: list[str] = field(default_factory=list)
    log: Lines = field(default_factory=list)
    pending: list[int] = field(default_factory=list)
    seen_dropped: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    effects_dropped: list[bytes] = field(default_factory=list)
    dropped: list[tuple[str, bytes]] = field(default_factory=list)
    """What was there instead, for who looks into it."""

    @property
    def is_grave(self) -> bool:
        return any(each.partition(".")[0] not in LITTLE for each in self.lost)

    def lose(self, what: str, was: bytes = b"") -> None:
        self.lost.append(what)
        if was:
            self.dropped.append((what, was))


def judge(
    kinds: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    now: float,
    readers: Readers,
    drop_effects: Sequence[str] = (),
) -> Plan:
    """A conversation without `meta` has expired: there is nothing to mend."""
    if kinds["meta"] == "none":
        return Plan()
    return _Judge(kinds, values, now, readers, frozenset(drop_effects)).plan


class _Judge:
    def __init__(
        self,
        kinds: Mapping[str, str],
        values: Mapping[str, Any],
        now: float,
        readers: Readers,
        drop_effects: frozenset[str],
    ) -> None:
        self.plan = Plan()
        self._now = now
        self._readers = readers
        self._good = {part: values[part] if kinds[part] in (kind, "none") else [] for part, kind in KINDS.items()}
        self._good = {part: value or [] for part, value in self._good.items()}
        for part, kind in KINDS.items():
            if kinds[part] not in (kind, "none"):
                self.plan.wiped.append(part)
                self.plan.lose(part, repr(values[part]).encode())
        flat = self._good["meta"]
        self._meta: dict[str, bytes] = {codec.text(name): value for name, value in _pairs(flat)}
        lines = self._lines()
        self._texts(lines)
        self._counters(lines)
        pending = self._pending(lines)
        self._seen(lines)
        self._events()
        self._effects(drop_effects)
        if self.plan.is_grave:
            self._tell(lines, pending)
        self._write(lines)

    # The log and what waits in it

    def _lines(self) -> Lines:
        lines: Lines = []
        for id, fields in self._good["log"]:
            seq, _, part = codec.text(id).partition("-")
            if part == "0" and int(seq) < LARGEST and _is_line(int(seq), fields):
                lines.append((int(seq), list(fields)))
            else:
                self.plan.lose(f"log.{codec.text(id)}", b" ".join(fields))
        return lines

    def _pending(self, lines: Lines) -> list[int]:
        """What the list says, if all of it can be so; else the turns after the last one that was answered."""
        raw, last, done = self._good["pending"], self._number("seq"), self._number("done")
        listed = [int(each) for each in raw if re.fullmatch(rb"[1-9]\d{0,15}", each) and int(each) <= last]
        known = {each: fields[0] == b"turn" for each, fields in lines}
        good = [each for each in sorted(set(listed)) if known.get(each, True)]
        waiting = good
        if not good or [str(each).encode() for each in good] != list(raw):
            answered = max(done, _last_answered(lines))
            waiting = sorted({*good, *(each for each, is_turn in known.items() if is_turn and each > answered)})
        if [str(each).encode() for each in waiting] != list(raw):
            self.plan.lose("pending", b" ".join(raw))
            self._rewrite_pending(waiting)
        if waiting and done >= waiting[0]:
            self._lose_field("done", str(waiting[0] - 1).encode())
        for each in waiting:
            if each not in known:
                self.plan.lose(f"log.{each}")
                self._put(lines, each)
        return waiting

    def _rewrite_pending(self, waiting: list[int]) -> None:
        if "pending" not in self.plan.wiped:
            self.plan.wiped.append("pending")
        self.plan.pending = waiting

    def _put(self, lines: Lines, seq: int) -> None:
        """A turn whose words are lost."""
        wire = {
            "message_id": f"lost/{seq}",
            "channel": codec.text(self._meta.get("channel")),
            "text": "",
            "at": self._now,
            "kind": "lost",
        }
        lines.append((seq, [b"turn", codec.dumps(wire)]))
        lines.sort()

    def _tell(self, lines: Lines, pending: list[int]) -> None:
        """A turn, so that the bot speaks; and the bot is who answers, unless a person does."""
        self._set("damaged", ",".join(self.plan.lost)[:500].encode())
        self.plan.meta_dropped += [each for each in ("lease", "until", "tried") if each in self._meta]
        handed = self._meta.get("holder") == Holder.AGENT.value.encode()
        if not pending and not handed:
            seq = self._number("seq") + 1
            self._set("seq", str(seq).encode())
            self._put(lines, seq)
            self._rewrite_pending([seq])

    def _seen(self, lines: Lines) -> None:
        known = {str(seq).encode() for seq, _ in lines}
        self.plan.seen_dropped = [member for member, score in _pairs(self._good["seen"]) if score not in known]
        if self.plan.seen_dropped:
            self.plan.lose("seen", b" ".join(self.plan.seen_dropped))

    # Who, and how far

    def _texts(self, lines: Lines) -> None:
        meta = self._meta
        self.plan.meta_dropped += [each for each in meta if each.startswith("clear:") and not self._is_clear(each)]
        for name in codec.META:
            if not _holds(lambda raw: raw.decode() is not None, meta.get(name, b"")):
                self._lose_field(name, b"0" if name in COUNTERS else b"")
        if not meta.get("channel"):
            said = (codec.loads(fields[1]) for _, fields in lines if fields[0] == b"turn")
            self._lose_field("channel", codec.raw(next((each["channel"] for each in said), "") or "unknown"))
        if meta.get("holder") and codec.text(meta["holder"]) not in {each.value for each in Holder}:
            self._lose_field("holder", Holder.BOT.value.encode())
            self._set("handoff", b"")
        if meta.get("identity") and not _reads(lambda: codec.identity_from(codec.loads(meta["identity"])).level_at(0)):
            self._lose_field("identity", b"")
        if not _reads(lambda: codec.language_from(meta.get("language"))):
            self._lose_field("language", b"")
        if meta.get("handoff") and not _ID.fullmatch(codec.text(meta["handoff"])):
            self._lose_field("handoff", b"")
            self._set("holder", Holder.BOT.value.encode())
        if meta.get("reminders") and not _reads(lambda: [float(each["at"]) for each in codec.loads(meta["reminders"])]):
            self._lose_field("reminders", b"")
        if meta.get("remind") and not _holds(self._is_some_day, meta["remind"]):
            self._lose_field("remind", b"")
        if meta.get("metadata") and not _reads(lambda: dict(codec.loads(meta["metadata"]))):
            self._lose_field("metadata", b"{}")

    def _counters(self, lines: Lines) -> None:
        for name in COUNTERS:
            if name in self._meta and not re.fullmatch(rb"0|[1-9]\d{0,15}", self._meta[name]):
                self._lose_field(name, str(int(self._now)).encode() if name == "fence" else b"0")
        last = lines[-1][0] if lines else 0
        seq = self._number("seq")
        if seq < last or (lines and seq > last and not self.plan.lost) or seq >= LARGEST:
            self._lose_field("seq", str(last).encode())
        if self._number("done") > self._number("seq") or "meta.done" in self.plan.lost:
            self._lose_field("done", str(_last_answered(lines)).encode())
        for name in ("until", "void"):
            if name in self._meta and not _holds(self._is_near, self._meta[name]):
                self._lose_field(name, b"0")
        length, head = len(self._good["events"]), self._number("head")
        if head > length:
            self._lose_field("head", b"0")
        if self._number("version") < length - self._number("head"):
            self._lose_field("version", str(length).encode())
        if self._number("told") > self._number("changes"):
            self._lose_field("told", b"0")

    def _is_near(self, moment: bytes) -> bool:
        return 0 <= float(moment) < self._now + FAR_S

    def _is_some_day(self, moment: bytes) -> bool:
        return 0 <= float(moment) < self._now + FARTHEST_REMINDER_S

    def _number(self, name: str) -> int:
        return int(self._meta.get(name) or 0)

    def _lose_field(self, name: str, instead: bytes) -> None:
        if f"meta.{name}" not in self.plan.lost:
            self.plan.lose(f"meta.{name}", self._meta.get(name, b""))
        self._set(name, instead)

    def _is_clear(self, name: str) -> bool:
        """Whether it is a turn as it was written; without it the turn is answered as the log has it."""
        seq = name.removeprefix("clear:")
        return _reads(lambda: codec.turn_from("", {"seq": int(seq), "turn": codec.loads(self._meta[name])}))

    def _set(self, name: str, value: bytes) -> None:
        self._meta[name] = value
        self.plan.meta[name] = value

    # The tracker, and what is still to be done

    def _events(self) -> None:
        found = self._good["events"]
        good = [_holds(self._is_event, raw) for raw in found]
        if all(good):
            return
        for place, raw in enumerate(found):
            if not good[place]:
                self.plan.lose(f"events.{place}", raw)
        self.plan.wiped.append("events")
        self.plan.events = [raw for raw, can in zip(found, good, strict=True) if can]
        if self._number("head"):
            self._set("head", str(sum(good[: self._number("head")])).encode())

    def _is_event(self, raw: bytes) -> bool:
        wire = codec.loads(raw)
        return isinstance(wire, dict) and self._readers.event(wire)

    def _effects(self, drop: frozenset[str]) -> None:
        for name, raw in _pairs(self._good["effects"]):
            if codec.text(name) in drop or not _holds(self._is_effect, raw):
                self.plan.effects_dropped.append(name)
                self.plan.lose(f"effects.{codec.text(name)}", raw)
        if self.plan.effects_dropped and self._meta.get("holder") == Holder.QUEUE.value.encode():
            self._set("holder", Holder.BOT.value.encode())
            self._set("handoff", b"")

    def _is_effect(self, raw: bytes) -> bool:
        number, _, wire = codec.text(raw).partition(" ")
        effect = codec.loads(wire)
        named = int(number) >= 0 and isinstance(effect["id"], str) and bool(effect["kind"])
        return named and self._readers.effect(effect)

    # Written

    def _write(self, lines: Lines) -> None:
        before = [codec.text(id) for id, _ in self._good["log"]]
        if before != [f"{seq}-0" for seq, _ in lines]:
            if "log" not in self.plan.wiped:
                self.plan.wiped.append("log")
            self.plan.log = lines
        if "meta" in self.plan.wiped:
            self.plan.meta = dict(self._meta)
        self.plan.meta_dropped = [each for each in self.plan.meta_dropped if each not in self.plan.meta]


def _last_answered(lines: Lines) -> int:
    """The last turn that something was said after."""
    turns = [seq for seq, fields in lines if fields[0] == b"turn"]
    said = [seq for seq, fields in lines if fields[0] == b"reply"]
    return max((seq for seq in turns if said and seq < said[-1]), default=0)


def _is_line(seq: int, fields: Sequence[bytes]) -> bool:
    """Whether a script writes it as a line that can be read."""
    match [bytes(each) for each in fields]:
        case [b"reply", reply, b"at", at]:
            return _reads(lambda: codec.reply_entry(seq, float(codec.loads(at)), codec.loads(reply)))
        case [b"turn", turn]:
            return _reads(lambda: _turn(seq, turn))
        case [b"turn", turn, b"payload", payload]:
            return _reads(lambda: _turn(seq, turn)) and _reads(payload.decode)
    return False


def _turn(seq: int, raw: bytes) -> None:
    wire = codec.loads(raw)
    turn = codec.turn_from("", {"seq": seq, "turn": wire})
    texts = (turn.message_id, turn.channel, turn.text, turn.kind)
    _demand(all(isinstance(each, str) for each in texts))
    _demand(isinstance(turn.at, int | float) and isinstance(turn.metadata, dict))


def _demand(holds: bool) -> None:
    if not holds:
        raise ValueError("not what it should be")


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except Exception:  # whatever reading it does, it cannot be read
        return False
    return True


def _holds(test: Callable[[bytes], bool], raw: bytes) -> bool:
    try:
        return test(raw)
    except Exception:  # whatever reading it does, it cannot be read
        return False


def _pairs(flat: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    return list(zip(flat[::2], flat[1::2], strict=True))
