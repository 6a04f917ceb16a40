"""Reads `flows:` from YAML files. What is wrong is told with file and line, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from bot.dialogue.conditions import Condition
from bot.dialogue.flows import (
    CONFIRM,
    CONFIRMED,
    EFFECTS,
    END,
    Branch,
    Collect,
    Flow,
    Flows,
    Go,
    Noop,
    Rejection,
    Run,
    SetSlots,
    Step,
)  # fmt: skip
from bot.errors import ConfigError
from bot.types import Level

FOLDER = "flows"
_LEVELS = {"none": Level.NONE, "signed_in": Level.SIGNED_IN}
_TEXTS = ("signed_out", "opens_with", "undo", "status", "takes", "article", "area")
_FLOW_KEYS = {
    *("name", "description", "if", "nlu_trigger", "steps", "acts", "level", "effect", *_TEXTS),
    *("implies", "person", "protects", "leaves", "follow_ups", "next_chips"),
    *("always_include_in_prompt", "persisted_slots", "file_path", "run_pattern_completed"),
}
_STEP_KEYS = {
    "collect": {
        *("collect", "id", "next", "utter", "description", "ask_before_filling", "reset_after_flow_ends", "rejections"),
        *("kind", "options", "lists", "none", "optional", "at_once_from", "all_button", "force_slot_filling"),
    },
    "action": {"action", "id", "next"},
    "call": {"call", "id", "next"},
    "link": {"link", "id", "next"},
    "set_slots": {"set_slots", "id", "next"},
    "noop": {"noop", "id", "next"},
}


def flow_files(roots: Iterable[Path]) -> list[Path]:
    """The files below the folders that hold flows: those in a folder `flows`."""
    found = {path for root in roots for path in (root.rglob(f"{FOLDER}/*.y*ml") if root.is_dir() else [root])}
    return sorted(path for path in found if path.parent.name == FOLDER)


def read(files: Iterable[Path], *, known: Mapping[str, Flow] | None = None) -> Flows:
    """The flows of these files, which may go to `known` ones. Raises ConfigError with one line for each thing that is
    wrong."""
    flows: dict[str, Flow] = {}
    problems: list[str] = []
    for path in files:
        for flow in _File(path, problems).flows():
            if flow.id in flows:
                problems.append(f"{flow.place}: flow {flow.id} stands in {flows[flow.id].place} too: keep one")
            flows[flow.id] = flow
    problems += [problem for flow in flows.values() for problem in _unsound(flow, {**(known or {}), **flows})]
    if problems:
        raise ConfigError(*problems)
    return Flows(flows)


def _unsound(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[str]:
    """What is wrong between flows, or between a flow's parts."""
    ids = {each.id for each in flow.steps} | {END}
    for step in flow.steps:
        place = f"{flow.place.rpartition(':')[0]}:{step.line}"
        if isinstance(step, Go) and step.flow not in flows:
            yield f"{place}: flow {flow.id}: there is no flow {step.flow}"
        for branch in step.next:
            if branch.to not in ids:
                yield f"{place}: flow {flow.id}: next: there is no step {branch.to}"
    for key, named in (("undo", flow.undo), ("status", flow.status)):
        if named and named not in flows:
            yield f"{flow.place}: flow {flow.id}: {key}: there is no flow {named}"
    if flow.effect in CONFIRMED and CONFIRM not in flow.slots:
        yield f"{flow.place}: flow {flow.id}: effect {flow.effect} needs a yes: add a step `collect: {CONFIRM}`"
    if flow.changes and flow.level == Level.NONE:
        yield f"{flow.place}: flow {flow.id}: effect {flow.effect} needs a level: say `level: signed_in`"
    for each in (*flow.implies, *flow.next_chips):
        if each not in flows:
            yield f"{flow.place}: flow {flow.id}: there is no flow {each}"


class _File:
    def __init__(self, path: Path, problems: list[str]) -> None:
        self._path = path
        self._name = "/".join(path.parts[-3:])
        self._problems = problems

    def flows(self) -> list[Flow]:
        try:
            raw = YAML(typ="rt").load(self._path.read_text(encoding="utf-8"))
        except (YAMLError, OSError, UnicodeDecodeError) as error:
            self._problems.append(f"{self._name}: not YAML: {' '.join(str(error).split())}")
            return []
        found = raw.get("flows") if isinstance(raw, Mapping) else None
        if not isinstance(found, Mapping):
            self._problems.append(f"{self._name}: expected `flows:` with a flow for each id")
            return []
        made = [self._flow(str(flow_id), each, _line(found, flow_id)) for flow_id, each in found.items()]
        return [each for each in made if each is not None]

    def _wrong(self, line: int, what: str) -> None:
        self._problems.append(f"{self._name}:{line}: {what}")

    def _flow(self, flow_id: str, raw: Any, line: int) -> Flow | None:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("steps"), list) or not raw["steps"]:
            self._wrong(line, f"flow {flow_id}: expected `steps:` with a list of steps")
            return None
        for key in set(raw) - _FLOW_KEYS:
            self._wrong(_line(raw, key), f"flow {flow_id}: unknown key {key}: one of {', '.join(sorted(_FLOW_KEYS))}")
        effect = raw.get("effect", "none")
        if effect not in EFFECTS:
            self._wrong(_line(raw, "effect"), f"flow {flow_id}: effect {effect!r}: one of {', '.join(EFFECTS)}")
            effect = "none"
        level = str(raw.get("level", "none"))
        if level not in _LEVELS:
            self._wrong(_line(raw, "level"), f"flow {flow_id}: level {level!r}: one of {', '.join(_LEVELS)}")
        for each in set(raw.get("follow_ups") or ()) - {"when"}:
            self._wrong(_line(raw, "follow_ups"), f"flow {flow_id}: follow_ups {each!r}: only `when` is known")
        steps: list[Step] = []
        self._steps(flow_id, raw["steps"], steps)
        texts: dict[str, Any] = {key: str(raw.get(key, "")) for key in _TEXTS}
        return Flow(
            id=flow_id,
            place=f"{self._name}:{line}",
            description=str(raw.get("description", "")),
            steps=tuple(steps),
            triggers=self._triggers(raw),
            guard=self._condition(raw.get("if"), _line(raw, "if")),
            level=_LEVELS.get(level, Level.NONE),
            effect=effect,
            implies=frozenset(raw.get("implies") or ()),
            follow_ups=frozenset(raw.get("follow_ups") or ()),
            next_chips=tuple(raw.get("next_chips") or ()),
            person=bool(raw.get("person", False)),
            protects=bool(raw.get("protects", False)),
            leaves=bool(raw.get("leaves", False)),
            **texts,
        )

    def _triggers(self, raw: Mapping[str, Any]) -> dict[str, float]:
        found: dict[str, float] = {}
        for each in raw.get("nlu_trigger") or ():
            intent = each.get("intent") if isinstance(each, Mapping) else None
            if isinstance(intent, str):
                found[intent] = 0.0
            elif isinstance(intent, Mapping) and "name" in intent:
                found[str(intent["name"])] = float(intent.get("confidence_threshold", 0.0))
            else:
                self._wrong(_line(raw, "nlu_trigger"), "nlu_trigger: expected `- intent: <name>`")
        return found

    def _steps(self, flow_id: str, raw: Any, steps: list[Step]) -> str:
        """Adds the steps, those of `then:` and `else:` too; returns the first one's id."""
        first = END
        for place, each in enumerate(raw):
            line = _line(raw, place)
            step = self._step(flow_id, each, line, len(steps))
            if step is None:
                continue
            steps.append(step)
            at = len(steps) - 1
            first = step.id if first == END else first
            branches = self._branches(flow_id, each.get("next"), line, steps)
            if branches is not None:
                steps[at] = _with_next(step, branches)
        return first

    def _branches(self, flow_id: str, raw: Any, line: int, steps: list[Step]) -> tuple[Branch, ...] | None:
        if raw is None:
            return None
        if isinstance(raw, str):
            return (Branch(to=raw),)
        found = []
        for each in raw if isinstance(raw, list) else ():
            if not isinstance(each, Mapping) or not ({"if", "then"} <= set(each) or "else" in each):
                self._wrong(line, f"flow {flow_id}: next: expected `- if: ... then: ...` or `- else: ...`")
                continue
            to = each.get("then", each.get("else"))
            if isinstance(to, list):
                begins = len(steps)
                to = self._steps(flow_id, to, steps)
                last = steps[-1]
                if len(steps) > begins and not last.next:
                    steps[-1] = _with_next(last, (Branch(to=END),))
            found.append(Branch(condition=self._condition(each.get("if"), line), to=str(to)))
        return tuple(found)

    def _condition(self, raw: Any, line: int) -> Condition | None:
        if raw is None:
            return None
        try:
            return Condition(str(raw))
        except ValueError as error:
            self._wrong(line, str(error))
            return None

    def _step(self, flow_id: str, raw: Any, line: int, place: int) -> Step | None:
        kinds = [kind for kind in _STEP_KEYS if isinstance(raw, Mapping) and kind in raw]
        if not kinds and isinstance(raw, Mapping) and "next" in raw:
            kinds, raw = ["noop"], {**raw, "noop": True}
        if len(kinds) != 1:
            self._wrong(line, f"flow {flow_id}: a step is one of {', '.join(_STEP_KEYS)}")
            return None
        (kind,) = kinds
        for key in set(raw) - _STEP_KEYS[kind]:
            self._wrong(line, f"flow {flow_id}: step {kind}: unknown key {key}")
        value = raw[kind]
        common: dict[str, Any] = {
            "id": str(raw.get("id") or f"{place}_{kind}_{value if kind != 'set_slots' else ''}"),
            "line": line,
        }
        match kind:
            case "collect":
                return self._collect(str(value), raw, common, line)
            case "action":
                return Run(action=str(value), **common)
            case "set_slots":
                pairs = [each.items() for each in value] if isinstance(value, list) else [value.items()]
                return SetSlots(slots={name: to for each in pairs for name, to in each}, **common)
            case "noop":
                return Noop(**common)
        return Go(flow=str(value), back=kind == "call", **common)

    def _collect(self, slot: str, raw: Mapping[str, Any], common: dict[str, Any], line: int) -> Collect:
        rejections = [
            Rejection(condition=condition, utter=str(each.get("utter") or f"utter_invalid_{slot}"))
            for each in raw.get("rejections") or ()
            for condition in [self._condition(each.get("if"), line)]
            if condition is not None
        ]
        texts: dict[str, Any] = {
            key: str(raw.get(key, "")) for key in ("kind", "options", "lists", "none", "all_button")
        }
        return Collect(
            slot=slot,
            utter=str(raw.get("utter") or f"utter_ask_{slot}"),
            rejections=tuple(rejections),
            at_once_from=int(raw.get("at_once_from", 0)),
            ask_before_filling=bool(raw.get("ask_before_filling", False)),
            optional=bool(raw.get("optional", False)),
            **texts,
            **common,
        )


def _with_next(step: Step, branches: tuple[Branch, ...]) -> Step:
    from dataclasses import replace

    return replace(step, next=branches)


def _line(raw: Any, key: Any) -> int:
    """Counted from 1; 0 where the file did not say."""
    try:
        return int(raw.lc.data[key][0]) + 1
    except (AttributeError, KeyError, TypeError, IndexError):
        return 0
