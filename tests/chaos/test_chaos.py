"""The short version of `make chaos`: the real service, killed ten times while 300 messages are sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos import plan, report
from chaos.run import Options, run
from tests.bank import PROJECT
from tests.dialogue.conftest import model, settings

__all__ = ["model", "settings"]

SEED = 4


@pytest.mark.slow
async def test_every_promise_is_kept_while_processes_are_killed(model: Path, tmp_path: Path) -> None:
    options = Options(
        root=PROJECT, seed=SEED, messages=300, kills=10, at_once=20, within_s=120, model=model, folder=tmp_path / "run"
    )
    outcome = await run(options)
    assert outcome.kept, report.show(outcome)
    assert not outcome.cut_short, report.show(outcome)
    assert sum(outcome.faults.values()) == 10
    assert {"worker.kill", "redis.kill", "bank.kill"} <= set(outcome.faults)
    assert outcome.book.counts["acknowledged"] >= 280
    assert outcome.book.counts["refunds booked"] >= 1


def test_the_same_seed_makes_the_same_plan() -> None:
    one, two, other = (plan.make(seed=seed, messages=500, kills=20, shipped=0.3) for seed in (1, 1, 2))
    assert one == two
    assert one != other
    assert len(one.faults) == 20
    assert 500 <= one.messages < 550


def test_every_kind_of_fault_script_and_way_is_in_a_full_plan() -> None:
    whole = plan.make(seed=1, messages=20_000, kills=200, shipped=0.3)
    assert {fault.kind for fault in whole.faults} == set(plan.FAULTS)
    assert {each.script for each in whole.conversations} == {"count", *plan.SCRIPTS}
    assert {each.way for each in whole.conversations} == set(plan.WAYS)
