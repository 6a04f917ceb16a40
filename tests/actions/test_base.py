"""The framework that all actions stand on refuses what would be unsafe, when it is imported."""

from __future__ import annotations

import pytest

from actions.base import Action
from actions.call import Call
from bot.types import Deed, Level


def test_an_action_that_does_not_say_what_proof_it_needs_is_refused() -> None:
    with pytest.raises(TypeError, match="Careless does not declare requires"):

        class Careless(Action):
            called = "action_careless"

            async def perform(self, call: Call) -> None: ...


def test_the_proof_is_not_inherited() -> None:
    class Careful(Action):
        called = "action_careful"
        requires = Level.STEPPED_UP

        async def deed(self, call: Call) -> Deed:
            return Deed(action="careful")

        async def perform(self, call: Call) -> None: ...

    with pytest.raises(TypeError, match="does not declare called and requires"):

        class Heir(Careful):
            pass


def test_an_action_that_takes_a_code_says_for_what() -> None:
    with pytest.raises(TypeError, match="Vague does not declare deed"):

        class Vague(Action):
            called = "action_vague"
            requires = Level.STEPPED_UP

            async def perform(self, call: Call) -> None: ...


def test_run_is_not_to_be_written_anew() -> None:
    with pytest.raises(TypeError, match="run is final"):

        class Sly(Action):
            called = "action_sly"
            requires = Level.STEPPED_UP

            async def run(self, *_: object) -> list[object]:  # type: ignore[misc]
                return []

            async def perform(self, call: Call) -> None: ...
