"""The forecast knows the days before, and nothing of the day itself."""

from pathlib import Path

import numpy as np
import pytest

from bot.brain.forecast.backtest import backtest
from bot.brain.forecast.counts import read_counts
from bot.brain.forecast.ladder import rungs
from bot.errors import ConfigError


def _weeks() -> np.ndarray:
    chance = np.random.default_rng(1)
    level = chance.gamma(100, 0.01, (84, 1))
    return chance.poisson(level * np.tile(np.linspace(40, 90, 7)[:, None], (12, 1)) * np.ones(24)).astype(float)


def test_what_happens_on_a_day_changes_no_forecast_of_it() -> None:
    table = _weeks()
    other = table.copy()
    other[60:] *= 3
    for name, said in rungs(table).items():
        assert np.array_equal(said[60], rungs(other)[name][60], equal_nan=True)


def test_bands_cover_and_the_morning_tells_of_the_afternoon() -> None:
    found = backtest(_weeks(), last=28, noon=12)
    assert 0.7 < found["coverage80"] < 0.9
    assert found["wape"]["chosen"] < found["wape"]["week_ago"]
    assert found["intraday"]["wape"] < found["intraday"]["wape_before"]


@pytest.mark.parametrize("line", ["26/11/2026 09:00,4", "2026-11-26T09:00,-4", "2026-11-26T09:00,nan"])
def test_a_bad_row_is_refused_with_its_line_and_what_is_expected(tmp_path: Path, line: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"start,count\n2026-11-25T09:00,3\n{line}\n")
    with pytest.raises(ConfigError, match=r"c\.csv:3: .*expected"):
        read_counts(path, interval_min=30)
