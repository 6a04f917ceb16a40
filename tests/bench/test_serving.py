"""The measuring harness works: a run of a few seconds over the starter bot, and what it says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from aiohttp import web

from bench.serving import generator, plot, report
from bench.serving.client import Client

ROOT = Path(__file__).resolve().parents[2]
ROW = {
    "customers": 8,
    "rate": 100.0,
    **{"p50_ms": 1.0, "p90_ms": 2.0, "p99_ms": 3.0, "max_ms": 4.0},
    "statuses": {"200": 9, "503": 2},
    "cpu_ms": {"worker": 1.0},
    "cpu_share": {"generator": 0.1, "worker": 0.5, "others": 0.0},
}


@pytest.mark.slow
async def test_a_small_run_measures_the_starter_bot_from_start_to_report(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "bench.serving", "--small", "--only", "ours,rest,long")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**os.environ, "BENCH_VAR": str(tmp_path)}, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 240)
    finally:
        if process.returncode is None:
            process.terminate()
    said = output.decode()
    assert process.returncode == 0, said
    assert re.search(r"\| 4 +\| ours \| +[1-9][0-9.]+ ", said), said
    assert "not measured" not in said


async def test_the_generator_counts_every_answer_and_times_it() -> None:
    heard: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        heard.append(body["sender"])
        return web.json_response([{"text": body["message"].upper()}], status=503 if len(heard) == 3 else 200)

    async with _serve(answer) as port:
        plan = generator.Plan(port, 2, [["a", "b"]], conversations=2, turns=3, seconds=60, each_turn=True)
        seen = await generator.run(plan)
    assert seen["sent"] == len(heard) == 2 * 2 * 3
    assert seen["answered"] == 11 and seen["statuses"] == {"200": 11, "503": 1}
    assert set(heard) == {"c-0-0", "c-0-1", "c-1-0", "c-1-1"}
    assert {tuple(texts) for _, _, texts in seen["turns"]} == {("A",), ("B",)}
    assert 0 < seen["p50_ms"] <= seen["p99_ms"] <= seen["max_ms"]


async def test_the_client_opens_a_new_connection_when_the_server_has_closed_the_old_one() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response([], headers={"Connection": "close"} if request.query else {})

    async with _serve(answer) as port:
        client = Client("127.0.0.1", port, "/webhooks/rest/webhook?close")
        assert [await client.post({}) for _ in range(3)] == [(200, [])] * 3


def test_a_report_says_what_was_not_answered_and_draws_what_was_measured() -> None:
    bots = {"ours": {"short": [ROW]}, "stock": {"short": [{**ROW, "rate": 5.0, "p99_ms": 60.0}]}}
    about = {**report.about(), "seconds": 1.0, "load_before": 4.0}
    text = report.markdown({"about": about, "bots": bots, "problems": ["stock: no Python 3.10"]})
    assert re.search(r"starter bot, messages/s against stock +\| 20\.0 x +\| 8\.0 x +\| 15\.0 x +\| stretch met", text)
    assert re.search(r"\| 8 +\| ours +\| 100\.0 .*\| 2 +\|", text)
    assert "too low" in text and "stock: no Python 3.10" in text
    drawing = ElementTree.fromstring(plot.bars(bots, report.NAMES))  # noqa: S314
    assert json.dumps("stock") in json.dumps([each.text for each in drawing.iter()])


class _serve:
    """A server of one handler on a free port."""

    def __init__(self, handler: object) -> None:
        app = web.Application()
        app.router.add_post("/webhooks/rest/webhook", handler)  # type: ignore[arg-type]
        self._runner = web.AppRunner(app)

    async def __aenter__(self) -> int:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
