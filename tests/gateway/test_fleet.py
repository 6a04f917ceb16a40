"""`xiaoer run --workers N` when workers hang or do not come up: real processes, stopped and blocked for real."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from bot.cli.heartbeat import HUNG_AFTER_S, UP_WITHIN_S, Pulse
from tests.gateway.test_run import ROOT, children, env, failure, listeners, running, say_hello, workers
from tests.redis import eventually

BLOCKS = "import signal, time\nsignal.signal(signal.SIGUSR1, lambda *_: time.sleep(600))\n"
"""What an action does that never gives the event loop back."""
ENDS_LATE = "import os, time\nif os.environ.get('XIAOER_WORKER'):\n    time.sleep(6)\n    os._exit(3)\n"


def with_code(folder: Path, code: str) -> str:
    """A PYTHONPATH on which every Python runs `code` first."""
    (folder / "sitecustomize.py").write_text(code)
    return f"{folder}{os.pathsep}{ROOT}"


def test_only_who_has_served_can_fall_silent() -> None:
    pulse = Pulse(now=0)
    assert not pulse.is_hung(now=UP_WITHIN_S), "loading takes what it takes"
    assert pulse.is_hung(now=UP_WITHIN_S + 1)
    pulse.beat(now=10)
    assert not pulse.is_hung(now=10 + HUNG_AFTER_S)
    assert pulse.is_hung(now=10.1 + HUNG_AFTER_S)
    pulse.forgive(now=15)
    assert not pulse.is_hung(now=15 + HUNG_AFTER_S)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGUSR1])
async def test_a_worker_that_hangs_is_replaced_and_customers_are_served(
    project: Path, redis_url: str, tmp_path: Path, how: signal.Signals
) -> None:
    more = {"PYTHONPATH": with_code(tmp_path, BLOCKS)}
    async with running(project, redis_url, "--workers", "2", more=more) as (process, url):
        await eventually(lambda: listeners(url, 2), "two workers that listen", within_s=60)
        first, second = await workers(process.pid, 2)
        os.kill(first, how)

        async def replaced() -> bool:
            now = set(children(process.pid))
            return first not in now and second in now and len(now) == 2

        await eventually(replaced, "a new worker, and the other still there", within_s=60)
        await eventually(lambda: listeners(url, 2), "two workers that listen", within_s=60)
        for n in range(10):
            async with aiohttp.ClientSession() as client:  # a connection of its own: any worker may get it
                assert (await say_hello(client, url, f"ann{n}")).startswith("Hello!")
        process.terminate()
        _, said = await process.communicate()
    events = [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]
    (hung,) = [event for event in events if event["event"] == "fleet.worker_hung"]
    assert hung["silent_s"] >= HUNG_AFTER_S


@pytest.mark.slow
async def test_a_fleet_that_was_stopped_as_a_whole_kills_nobody(project: Path, redis_url: str) -> None:
    """As when a machine sleeps: who heard nothing because it was not there itself blames nobody for it."""
    async with running(project, redis_url, "--workers", "2") as (process, url):
        await eventually(lambda: listeners(url, 2), "two workers that listen", within_s=60)
        both = await workers(process.pid, 2)
        for pid in (process.pid, *both):
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(HUNG_AFTER_S + 2)  # what is tested is that so much time passes
        for pid in (process.pid, *both):
            os.kill(pid, signal.SIGCONT)
        async with aiohttp.ClientSession() as client:
            assert (await say_hello(client, url, "ann")).startswith("Hello!")
        assert await workers(process.pid, 2) == both


@pytest.mark.slow
async def test_workers_that_never_come_up_end_it_with_one_clear_line(
    project: Path, redis_url: str, tmp_path: Path
) -> None:
    """However long each try takes: a slow start is no excuse, and no crime either."""
    environment = env(project, redis_url, PYTHONPATH=with_code(tmp_path, ENDS_LATE))
    said = (await failure(project, environment, "--port", "0", "--workers", "2")).splitlines()[-1]
    assert said.startswith("xiaoer run: worker ")
    assert "ended with status 3 before it could serve, 3 times in a row" in said


async def test_without_any_model_it_gives_up_and_the_reason_stands_there(
    project: Path, redis_url: str, tmp_path: Path
) -> None:
    empty = tmp_path / "project"
    empty.mkdir()
    for name in ("config.yml", "desk-accounts.yml", "verify.pem"):
        (empty / name).write_bytes((project / name).read_bytes())
        (empty / name).chmod(0o600)
    said = await failure(empty, env(empty, redis_url), "--port", "0", "--workers", "2")
    assert "no model; train one with `xiaoer train`" in said
    assert said.splitlines()[-1].endswith("no other ever served; why is said above")
