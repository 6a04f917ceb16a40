"""People needed: measured patience, the steady line, and the command."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from bot.brain.staffing.erlang import steady
from bot.brain.staffing.patience import Patience
from bot.brain.staffing.people import Target, needed
from bot.cli import main
from bot.errors import ConfigError

FOUR_MINUTES = Patience.exponential(240)


def birth_and_death(per_s: float, handle_s: float, servers: int, patience_s: float) -> tuple[float, float]:
    """Abandoned and mean wait of Erlang A by its states, written apart from the product's integral."""
    state = [1.0]
    for k in range(1, servers + 3000):
        out = min(k, servers) / handle_s + max(k - servers, 0) / patience_s
        state.append(state[-1] * per_s / out)
    total = math.fsum(state)
    waiting = math.fsum(max(k - servers, 0) * share for k, share in enumerate(state)) / total
    return waiting / patience_s / per_s, waiting / per_s


@pytest.mark.parametrize(("servers", "per_hour"), [(1, 15), (8, 150), (8, 240), (40, 780), (120, 2600)])
def test_the_steady_line_is_erlang_a(servers: int, per_hour: int) -> None:
    line = steady(per_s=per_hour / 3600, handle_s=180, servers=servers, patience=FOUR_MINUTES, target_s=20)
    abandoned, wait_s = birth_and_death(per_hour / 3600, 180, servers, 240)
    assert line.abandoned == pytest.approx(abandoned, rel=0.005, abs=1e-6)
    assert line.wait_s == pytest.approx(wait_s, rel=0.005, abs=1e-4)
    assert line.offered <= line.answered


def test_patience_counts_who_was_answered_as_willing_to_wait_longer() -> None:
    random = np.random.default_rng(4)
    patience, offered = random.exponential(240, 40_000), random.exponential(60, 40_000)
    waits, left = np.minimum(patience, offered), patience < offered
    curve = Patience.measured(waits, left)
    for wait_s in (20, 60, 120, 180):
        assert float(curve.stay(wait_s)) == pytest.approx(math.exp(-wait_s / 240), abs=0.02)
    assert curve.mean_s() == pytest.approx(240, rel=0.15)
    assert waits[left].mean() < 60  # What the mean of those who left would have said.


def test_where_nobody_left_patience_is_long_and_no_error() -> None:
    assert float(Patience.measured([3.0, 9.0], [False, False]).stay(60)) > 0.95


def test_the_fewest_people_are_found_and_one_fewer_would_not_do() -> None:
    target = Target(share=0.8, within_s=20)
    need = needed(contacts=100, interval_s=900, handle_s=180, patience=FOUR_MINUTES, target=target)
    fewer = steady(per_s=100 / 900, handle_s=180, servers=need.present - 1, patience=FOUR_MINUTES, target_s=20)
    assert need.line.offered >= 0.8
    assert need.line.occupancy <= 0.88
    assert fewer.offered < 0.8 or fewer.occupancy > 0.88


def test_shrinkage_plans_more_and_several_chats_need_fewer() -> None:
    usual = needed(
        contacts=100, interval_s=900, handle_s=180, patience=FOUR_MINUTES, target=Target(share=0.8, within_s=20)
    )
    away = Target(share=0.8, within_s=20, shrinkage=0.3)
    chats = Target(share=0.8, within_s=20, chats=3, slowdown=0.2)
    shrunk = needed(contacts=100, interval_s=900, handle_s=180, patience=FOUR_MINUTES, target=away)
    both = needed(contacts=100, interval_s=900, handle_s=180, patience=FOUR_MINUTES, target=chats)
    assert shrunk.planned == math.ceil(usual.present / 0.7)
    assert both.present < usual.present


@pytest.mark.parametrize("wrong", ["", "0.8", "80/20", "0.8/0", "0.8/x", "nan/20"])
def test_a_target_that_is_none_is_refused_with_what_is_expected(wrong: str) -> None:
    with pytest.raises(ConfigError, match="expected SHARE/SECONDS"):
        Target.parse(wrong)


def test_the_command_says_people_for_each_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forecast = tmp_path / "F.csv"
    forecast.write_text("start,mean\n2026-11-02T09:00,30\n2026-11-02T09:15,100\n2026-11-02T09:30,0\n", "utf-8")
    asked = ["brain", "staff", "--forecast", str(forecast), "--target", "0.8/20", "--patience-s", "240"]
    assert main([*asked, "--handle-s", "180", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["start"] for row in rows] == ["2026-11-02T09:00:00", "2026-11-02T09:15:00", "2026-11-02T09:30:00"]
    assert rows[1]["agents"] > rows[0]["agents"] > rows[2]["agents"] == 0
    assert all(row["service_level_offered"] >= 0.8 for row in rows)
