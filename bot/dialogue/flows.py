"""What the bot can do, as a project declares it in `data/flows/*.yml`: nouns only, `flow_files` reads them.

The syntax is that of Rasa's flows (`flows:` with `name`, `description`, `if`, `nlu_trigger` and `steps` of `collect`,
`action`, `call`, `link`, `set_slots`, `noop`, each with `id` and `next`), with keys of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.dialogue.conditions import Condition
from bot.types import Level

Effect = Literal["none", "reversible", "disruptive", "irreversible"]
EFFECTS: tuple[Effect, ...] = ("none", "reversible", "disruptive", "irreversible")
CONFIRMED: tuple[Effect, ...] = ("disruptive", "irreversible")
"""Effects that are never done without a yes."""
END = "END"
CONFIRM = "confirm"
"""The slot whose collect step is the yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One line of `next:`. Without a condition it is `else` or the only way."""

    condition: Condition | None = None
    to: str = END
    """The id of a step, or END."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    id: str
    line: int = 0
    next: tuple[Branch, ...] = ()
    """Empty: the step that stands below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    condition: Condition
    utter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Step):
    """Asks for a slot, unless it is known."""

    slot: str
    utter: str = ""
    """The response that asks; `utter_ask_<slot>` where the flow does not say."""
    ask_before_filling: bool = False
    """What an earlier flow left there does not count."""
    rejections: tuple[Rejection, ...] = ()
    kind: str = ""
    """How an answer is recognised: a name in `bot.dialogue.collects.KINDS`."""
    options: str = ""
    """For kind `option`: the table of the catalogue that has them."""
    lists: str = ""
    """For kind `one_of`: what the candidates are, as the client's card calls them."""
    none: str = ""
    """The response where there is nothing to choose from."""
    optional: bool = False
    """Taken where it is said, never asked for."""
    at_once_from: int = 0
    """For kind `text`: an opening of so many characters already is the text."""
    all_button: str = ""
    """For kind `one_of`: "all of them" is an answer, and this button says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Step):
    """Runs an action, or says a response (`utter_...`)."""

    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Go(Step):
    """Begins another flow; a `call` comes back, a `link` does not."""

    flow: str
    back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSlots(Step):
    slots: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noop(Step):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One thing the bot can do. Its `title` and `name` in each language stand in the catalogue, `flows: <id>:`."""

    id: str
    place: str = ""
    """File and line."""
    description: str = ""
    steps: tuple[Step, ...] = ()
    triggers: Mapping[str, float] = field(default_factory=dict)
    """Intents that start it, each with how sure it has to be."""
    guard: Condition | None = None
    level: Level = Level.NONE
    signed_out: str = ""
    """Said to who is not signed in, before they are asked to."""
    opens_with: str = ""
    """Said once, before the first question."""
    effect: Effect = "none"
    undo: str = ""
    """The flow that takes it back."""
    takes: str = ""
    """Said to "how long does it take?"."""
    status: str = ""
    """The flow that tells how far it is."""
    article: str = ""
    """The help article that explains it."""
    area: str = ""
    """Two wishes of one area in one message are one story."""
    implies: frozenset[str] = frozenset()
    """Flows that come with it when both are named in one message."""
    person: bool = False
    """Brings a person: done alone, before and without anything else that was asked."""
    leaves: bool = False
    """Ends what is going on: a goodbye."""
    protects: bool = False
    """Must be quick: done at once, without a question that can be spared."""
    follow_ups: frozenset[str] = frozenset()
    """What may be asked about its answer: `when`."""
    next_chips: tuple[str, ...] = ()
    """Flows offered as quick replies when it is through."""

    def at(self, step_id: str) -> Step | None:
        return next((each for each in self.steps if each.id == step_id), None)

    def after(self, step: Step) -> str:
        """The step below."""
        place = self.steps.index(step)
        return self.steps[place + 1].id if place + 1 < len(self.steps) else END

    @property
    def first(self) -> str:
        return self.steps[0].id if self.steps else END

    @property
    def collects(self) -> tuple[Collect, ...]:
        return tuple(each for each in self.steps if isinstance(each, Collect))

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.slot for each in self.collects))

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(each.action for each in self.steps if isinstance(each, Run))

    @property
    def changes(self) -> bool:
        return self.effect != "none"


class Flows(Mapping[str, Flow]):
    """All flows by id, and which intent starts which."""

    def __init__(self, flows: Mapping[str, Flow] | None = None) -> None:
        self._flows = dict(flows or {})
        self._by_intent = {intent: each for each in self._flows.values() for intent in each.triggers}
        self._by_action = {action: each for each in self._flows.values() for action in each.actions}

    def __getitem__(self, flow_id: str) -> Flow:
        return self._flows[flow_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flows)

    def __len__(self) -> int:
        return len(self._flows)

    def started_by(self, intent: str) -> Flow | None:
        return self._by_intent.get(intent)

    def of_action(self, action: str) -> Flow | None:
        """The flow that has this action as a step."""
        return self._by_action.get(action)
