"""What other policies would have done: the command on logs of centres that never were."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.brain.simulator.customers import Customer, curves, values
from bot.brain.simulator.floor import Run, World
from bot.brain.simulator.study import POLICIES, Options, simulate
from bot.brain.simulator.tables import read_log, read_staff
from bot.brain.staffing.erlang import steady
from bot.brain.staffing.patience import Patience
from bot.cli import main
from bot.errors import ConfigError
from tests.brain.centres import CENTRES, month, write

ALL = ("fcfs", "priority_aging", "callbacks", "brain")


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return simulate(*month(CENTRES[0]), ALL, Options(seed=1))


def test_the_simulator_agrees_with_the_steady_line() -> None:
    random = np.random.default_rng(3)
    per_s, handle_s, servers, count = 0.05, 180.0, 10, 150_000
    at = np.cumsum(random.exponential(1 / per_s, count))
    patience, handle = random.exponential(240, count), random.exponential(handle_s, count)
    customers = [
        Customer(
            at=float(a),
            queue="",
            kind="x",
            value=1,
            patience_s=float(p),
            handle_s=float(h),
            accepts=False,
            answers=(),
            known=False,
        )
        for a, p, h in zip(at, patience, handle, strict=True)
    ]
    world = World(
        customers=customers,
        staff=dict.fromkeys(range(int(at[-1] // 900) + 1), servers),
        patience={"x": Patience.exponential(240)},
        load={},
        handle_s=handle_s,
        answers=1.0,
        within_s=3600,
    )
    fates = Run(world, POLICIES["fcfs"]).play().fates
    line = steady(per_s=per_s, handle_s=handle_s, servers=servers, patience=Patience.exponential(240), target_s=20)
    assert np.mean([not fate.served for fate in fates]) == pytest.approx(line.abandoned, rel=0.02)
    assert np.mean([fate.wait_s for fate in fates]) == pytest.approx(line.wait_s, rel=0.02)
    assert np.mean([fate.served and fate.wait_s <= 20 for fate in fates]) == pytest.approx(line.offered, rel=0.02)


def test_first_come_first_served_comes_out_as_the_log_was(found: dict[str, Any]) -> None:
    calls, _ = month(CENTRES[0])
    logged = sum(not call.served for call in calls) / len(calls)
    assert found["policies"]["fcfs"]["unserved_share"] == pytest.approx(logged, rel=0.05)


@pytest.mark.parametrize("policy", ALL)
def test_every_customer_is_counted_once(found: dict[str, Any], policy: str) -> None:
    whole = found["policies"][policy]
    for row in (whole, *whole["by_class"].values()):
        assert row["offered"] == row["served"] + row["called_back"] + row["unserved"]
    for key in ("offered", "served", "abandoned", "called_back", "unserved"):
        assert whole[key] == sum(row[key] for row in whole["by_class"].values())


@pytest.mark.parametrize("error", [0.0, 0.2])
def test_the_brain_serves_more_of_every_class_sooner_even_with_forecasts_that_are_wrong(
    found: dict[str, Any], error: float
) -> None:
    calls, staff = month(CENTRES[0])
    brain = simulate(calls, staff, ["brain"], Options(seed=1, forecast_error=error))["policies"]["brain"]
    fcfs = found["policies"]["fcfs"]
    assert brain["unserved"] < 0.65 * fcfs["unserved"]
    assert brain["service_level_offered"] > fcfs["service_level_offered"]
    assert brain["occupancy_highest"] < 0.88
    assert brain["callbacks"]["kept"] >= 0.97 * brain["callbacks"]["promised"]
    for kind, row in brain["by_class"].items():
        assert row["unserved"] < fcfs["by_class"][kind]["unserved"]
        assert row["asa_s"] < fcfs["by_class"][kind]["asa_s"]


def test_differences_are_paired_and_their_interval_holds_them(found: dict[str, Any]) -> None:
    (row,) = (
        each
        for each in found["differences"]
        if (each["of"], each["against"], each["class"], each["figure"]) == ("brain", "fcfs", "all", "unserved")
    )
    assert row["low"] < row["difference"] < row["high"] < 0


def test_one_seed_is_one_answer_byte_for_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, staff = write(tmp_path, month(CENTRES[0])[0][:3000], month(CENTRES[0])[1])
    told = []
    for seed in ("5", "5", "6"):
        asked = ["brain", "simulate", "--log", str(log), "--staff", str(staff), "--policy", "fcfs", "--policy", "brain"]
        assert main([*asked, "--seed", seed, "--format", "json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert all(each.pop("seconds") >= 0 for each in answer["policies"].values())
        told.append(json.dumps(answer))
    assert told[0] == told[1] != told[2]


def test_a_month_of_31_000_calls_takes_less_than_five_seconds() -> None:
    calls, staff = month(CENTRES[0])
    began = time.thread_time()  # What others do on this machine is not the simulator's.
    simulate(calls, staff, ["brain"], Options())
    assert time.thread_time() - began < 5


def test_the_class_worth_most_is_known_by_its_name_its_number_or_as_told() -> None:
    assert values(["high", "regular"], {}) == {"high": 4.0, "regular": 1.0}
    assert values(["0", "1", "2"], {}) == {"0": 1.0, "1": 1.0, "2": 4.0}
    assert values(["x", "y"], {"y": 3.0}) == {"x": 1.0, "y": 3.0}


@pytest.mark.parametrize("words", [("1", "0"), ("True", "false"), ("yes", "no"), ("AGENT", "HANG"), ("1.0", "0.0")])
def test_served_may_be_written_in_several_ways(tmp_path: Path, words: tuple[str, str]) -> None:
    path = tmp_path / "L.csv"
    path.write_text(
        f"arrived,queue,class,served,wait_s,handle_s\n2026-11-02 09:00:01,a,x,{words[0]},3,100\n"
        f"2026-11-02T09:00:00+02:00,a,x,{words[1]},30,\n",
        "utf-8-sig",
    )
    assert [call.served for call in read_log(path)] == [False, True]
    assert float(curves(read_log(path))["x"].stay(5)) > 0


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("02/11/2026 09:00,a,x,1,3,100", "L.csv: line 3: arrived is '02/11/2026 09:00'; expected ISO 8601, year first"),
        ("2026-11-02T09:00,a,x,maybe,3,100", "L.csv: line 3: served is 'maybe'; expected 1 or 0"),
        ("2026-11-02T09:00,a,x,1,-3,100", "L.csv: line 3: wait_s is '-3'; expected a number from 0"),
        ("2026-11-02T09:00,a,x,1,3,nan", "L.csv: line 3: handle_s is 'nan'; expected a number"),
        ("2026-11-02T09:00,a,x,1,3", "L.csv: line 3: 5 cells; expected 6"),
    ],
)
def test_a_bad_row_is_refused_with_file_line_and_what_is_expected(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "L.csv"
    path.write_text(f"arrived,queue,class,served,wait_s,handle_s\n2026-11-02T08:00,a,x,1,3,9\n{row}\n", "utf-8")
    with pytest.raises(ConfigError) as refused:
        read_log(path)
    assert says in str(refused.value)


def test_other_files_are_refused_with_what_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "S.csv"
    for content, says in (
        (b"start;agents\n", "line 1: no column start, agents"),
        (b"start,agents\n", "no rows"),
        ("start,agents\n2026-11-02T09:00,五\n".encode("gb18030"), "line 2: not UTF-8"),
        (b"start,agents\n2026-11-02T09:07,5\n", "line 2: start is '2026-11-02T09:07'; expected the start of a quarter"),
        (b"start,agents\n2026-11-02T09:00,5\n2026-11-02T09:00,5\n", "line 3"),
    ):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=r"S\.csv") as refused:
            read_staff(path)
        assert says in str(refused.value)


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="'lifo' is unknown; known: fcfs, priority_aging, callbacks, brain"):
        simulate(*month(CENTRES[0]), ["lifo"], Options())
