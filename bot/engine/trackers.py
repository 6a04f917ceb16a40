"""Rasa's tracker, made for long conversations: what policies need of the past is kept up, not replayed.

Stock Rasa replays the whole conversation for `applied_events`, for a copy, and for the states that every policy asks
for at every prediction. Here each is kept up as events arrive. The results are the same:
`tests/engine/test_trackers.py` holds them against Rasa's on random conversations.
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections import deque
from collections.abc import Iterable
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    DefinePrevUserUtteredFeaturization,
    Event,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker, is_prev_action_listen_in_state

_CHECKPOINTS = 4
"""How many turns back a rewind costs nothing; one from further back replays the conversation once."""


class HotTracker(DialogueStateTracker):
    """A tracker that answers questions about its past from what it has kept.

    `window` is how many of the newest states policies look at; None keeps all of them.
    """

    def __init__(self, sender_id: str, slots: Iterable[Slot], *, domain: Domain, window: int | None) -> None:
        self._applied: list[Event] = []
        self._loops: set[str] = set()
        self._domain = domain
        self._window = window
        self._past: _Past | None = None
        self._restarted_at = 0
        super().__init__(sender_id, slots)

    def update(self, event: Event, domain: Domain | None = None) -> None:
        self.events.append(event)
        if isinstance(event, Restarted):
            self._restarted_at = len(self.events)
        self._apply(event)
        event.apply_to(self)

    def applied_events(self) -> list[Event]:
        return list(self._applied)

    def idx_after_latest_restart(self) -> int:
        return self._restarted_at

    def copy(self) -> HotTracker:
        """The same state and events; what happens to the copy does not happen to this one."""
        twin = object.__new__(HotTracker)
        twin.__dict__.update(self.__dict__)
        twin.events = self.events.copy()
        twin.slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        twin.active_loop = dataclasses.replace(self.active_loop) if self.active_loop else None
        twin._applied = list(self._applied)
        twin._loops = set(self._loops)
        twin._past = None
        return twin

    def init_copy(self) -> DialogueStateTracker:
        return DialogueStateTracker(self.sender_id, self.slots.values())

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """The states before each action and the current one, oldest first; at most `window` of the newest."""
        if omit_unset_slots or domain is not self._domain:
            return super().past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        if self._past is None:
            self._past = _Past(self.init_copy(), domain, self._window)
        return self._past.states(self._applied, ignore_rule_only_turns, rule_only_data)

    def _apply(self, event: Event) -> None:
        """Keep `_applied` what Rasa's `applied_events` would compute from all events."""
        if isinstance(event, ActiveLoop) and event.name and event.name not in self._loops:
            self._loops.add(event.name)
            self._reapply(event)
            return
        self._rewound_to(self._fold(event))

    def _reapply(self, newest: Event) -> None:
        """A loop's name became known: earlier runs of an action of that name may have been its runs."""
        before, self._applied = self._applied, []
        for event in self.events:
            self._fold(event)
        same = next((i for i, (a, b) in enumerate(zip(before, self._applied, strict=False)) if a is not b), None)
        self._rewound_to(min(len(before), len(self._applied)) if same is None else same)

    def _fold(self, event: Event) -> int:
        """Apply one event to `_applied`; returns how many of its first events are what they were."""
        applied = self._applied
        if isinstance(event, (Restarted, SessionStarted)):
            applied.clear()
        elif isinstance(event, ActionReverted):
            self._undo_till_previous(ActionExecuted, applied)
        elif isinstance(event, UserUtteranceReverted):
            self._undo_till_previous(UserUttered, applied)
            self._undo_till_previous(ActionExecuted, applied)
        elif (
            isinstance(event, ActionExecuted)
            and event.action_name in self._loops
            and not self._first_loop_execution_or_unhappy_path(event.action_name, applied)
        ):
            return self._undo_loop(event.action_name)
        else:
            applied.append(event)
            last = len(applied) - 1
            return self._last_heard(last) if isinstance(event, DefinePrevUserUtteredFeaturization) else last
        return len(applied)

    def _last_heard(self, place: int) -> int:
        """The place of what the customer said last, where the bot has acted on it since: how it is seen changes for all
        that came after. Else `place`."""
        for at in range(place - 1, -1, -1):
            if isinstance(self._applied[at], UserUttered):
                acted = any(isinstance(event, ActionExecuted) for event in self._applied[at:place])
                return at if acted else place
        return place

    def _undo_loop(self, loop: str) -> int:
        """A loop that goes on leaves no trace of its turns: its previous run stands for this one too."""
        applied = self._applied
        start = len(applied)
        while start and not (isinstance(applied[start - 1], ActionExecuted) and applied[start - 1].action_name == loop):
            start -= 1
        turn = (ActionExecuted, UserUttered, DefinePrevUserUtteredFeaturization)
        applied[start:] = [event for event in applied[start:] if not isinstance(event, turn)]
        return start

    def _rewound_to(self, unchanged: int) -> None:
        if self._past is not None:
            self._past.forget_after(unchanged)


@dataclasses.dataclass
class _Step:
    """What policies see at one action. `ml` is the state without rule-only turns, None for a turn that is hidden."""

    state: State
    ml: State | None


class _Past:
    """States before each applied action, kept up by one tracker that follows the applied events."""

    def __init__(self, tracker: DialogueStateTracker, domain: Domain, window: int | None) -> None:
        self._domain = domain
        self._tracker = tracker
        self._position = 0
        self._steps: deque[State] = deque(maxlen=window)
        self._ml_steps: deque[State] = deque(maxlen=window)
        self._hidden = False
        self._ml_action: dict[str, str] | None = None
        self._current: _Step | None = None
        """The state that the next action is chosen in."""
        self._checkpoints: deque[_Checkpoint] = deque(maxlen=_CHECKPOINTS)
        self._start = self._checkpoint()

    def forget_after(self, unchanged: int) -> None:
        """The applied events from index `unchanged` on are no longer what they were."""
        if unchanged >= self._position:
            return
        while self._checkpoints and self._checkpoints[-1].position > unchanged:
            self._checkpoints.pop()
        self._restore(self._checkpoints[-1] if self._checkpoints else self._start)

    def states(
        self, applied: list[Event], ignore_rule_only_turns: bool, rule_only_data: dict[str, Any] | None
    ) -> list[State]:
        self._follow(applied)
        if self._current is None:
            self._current = self._step(hide=False)[0]
        last = self._current
        if not ignore_rule_only_turns:
            return [_copy(state) for state in (*self._steps, last.state)]
        states = [_copy(state) for state in (*self._ml_steps, *([last.ml] if last.ml is not None else ()))]
        for state in states:
            self._domain._remove_rule_only_features(state, rule_only_data)
        return [self._domain._clean_state(state) for state in states]

    def _follow(self, applied: list[Event]) -> None:
        seen_from = self._seen_from(applied)
        self._follow_from(applied, seen_from)
        if seen_from and len(self._ml_steps) < (self._ml_steps.maxlen or 0):
            # More turns than it seemed belong to rules alone.
            self._restore(self._start)
            self._follow_from(applied, 0)

    def _follow_from(self, applied: list[Event], seen_from: int) -> None:
        """Up to `seen_from` without the states, which nobody will see."""
        for event in itertools.islice(applied, self._position, None):
            is_action, is_seen = isinstance(event, ActionExecuted), self._position >= seen_from
            if is_action and is_seen:
                step, self._hidden, self._ml_action = self._step(hide=event.hide_rule_turn)
                self._steps.append(step.state)
                if step.ml is not None:
                    self._ml_steps.append(step.ml)
            elif is_action:
                self._hidden, self._ml_action = self._carried(hide=event.hide_rule_turn)
            event.apply_to(self._tracker)
            self._current = None
            self._position += 1
            if is_action and is_seen and event.action_name == ACTION_LISTEN_NAME:
                self._checkpoints.append(self._checkpoint())

    def _seen_from(self, applied: list[Event]) -> int:
        """Where a conversation that is read all at once starts to matter: after a wait for the customer, with more
        actions behind it than are kept. 0: everywhere."""
        if self._position or self._steps.maxlen is None:
            return 0
        left = self._steps.maxlen
        for place in range(len(applied) - 1, -1, -1):
            event = applied[place]
            if isinstance(event, ActionExecuted):
                if left <= 0 and event.action_name == ACTION_LISTEN_NAME:
                    return place + 1
                left -= not event.hide_rule_turn
        return 0

    def _step(self, *, hide: bool) -> tuple[_Step, bool, dict[str, str] | None]:
        """The state now, and what `Domain.states_for_tracker_history` carries from one turn to the next."""
        tracker = self._tracker
        hidden, ml_action = self._carried(hide=hide)
        state = self._domain.get_active_state(tracker)
        if hidden:
            return _Step(state, None), hidden, ml_action
        ml = dict(state)
        if self._ml_steps:
            _keep_user_input(ml, self._ml_steps[-1])
        if ml_action:
            ml[PREVIOUS_ACTION] = ml_action
        return _Step(state, self._domain._clean_state(ml)), hidden, ml_action

    def _carried(self, *, hide: bool) -> tuple[bool, dict[str, str] | None]:
        """Whether this turn is a rule's alone, and the action that those who do not see such turns saw last."""
        tracker, hidden = self._tracker, self._hidden
        ml_action = self._ml_action if hidden else tracker.latest_action
        if not tracker.followup_action and tracker.latest_action_name != tracker.active_loop_name:
            hidden = hide
        return hidden, ml_action

    def _checkpoint(self) -> _Checkpoint:
        tracker = self._tracker
        return _Checkpoint(
            position=self._position,
            slots={name: (slot.value, slot.has_been_set) for name, slot in tracker.slots.items()},
            tracker={name: copy.copy(getattr(tracker, name)) for name in _TRACKER_STATE},
            past=(self._steps.copy(), self._ml_steps.copy(), self._hidden, self._ml_action),
        )

    def _restore(self, checkpoint: _Checkpoint) -> None:
        tracker = self._tracker
        for name, (value, has_been_set) in checkpoint.slots.items():
            slot = tracker.slots[name]
            slot._value, slot._has_been_set = value, has_been_set
        for name, value in checkpoint.tracker.items():
            setattr(tracker, name, copy.copy(value))
        self._position, self._current = checkpoint.position, None
        steps, ml_steps, self._hidden, self._ml_action = checkpoint.past
        self._steps, self._ml_steps = steps.copy(), ml_steps.copy()


_TRACKER_STATE = (
    "_paused",
    "followup_action",
    "latest_action",
    "latest_message",
    "latest_bot_utterance",
    "active_loop",
)


@dataclasses.dataclass(frozen=True)
class _Checkpoint:
    position: int
    slots: dict[str, tuple[Any, bool]]
    tracker: dict[str, Any]
    past: tuple[deque[State], deque[State], bool, dict[str, str] | None]


def _copy(state: State) -> State:
    return {part: dict(values) for part, values in state.items()}


def _keep_user_input(state: State, previous: State) -> None:
    """As Rasa does it: turns of the bot alone see the user input that the turn before them saw."""
    if is_prev_action_listen_in_state(state):
        return
    if not previous.get(USER) and state.get(USER):
        del state[USER]
    elif previous.get(USER):
        state[USER] = previous[USER]
