"""`xiaoer desk`: who is signed in, and ending it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from bot.store.connect import connect
from bot.store.sessions import Sessions


async def sign_in(url: str, *agents: str) -> None:
    client = connect(url)
    for each in agents:
        await Sessions(client).open(each, address="192.0.2.7")
    await client.aclose()


def test_sessions_are_listed_and_ended(redis_url: str, tmp_path: Path) -> None:
    asyncio.run(sign_in(redis_url, "lin", "sam", "lin"))

    def xiaoer(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", "--project", str(tmp_path), *arguments]
        env = {**os.environ, "REDIS_URL": redis_url}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    shown = xiaoer("desk", "sessions").stdout.splitlines()
    assert sorted(line.split()[1] for line in shown) == ["lin", "lin", "sam"]
    assert all(line.endswith("192.0.2.7") for line in shown)
    done = xiaoer("desk", "end", "lin")
    assert done.stdout == "2 ended\n"
    logged = [json.loads(line) for line in done.stderr.splitlines()]
    lines = [json.loads(line) for line in xiaoer("audit", "--json").stdout.splitlines()]
    assert [(each["event"], each["seq"], each["hash"]) for each in logged] == [
        ("audit.recorded", line["seq"], line["hash"]) for line in lines
    ], "every line's hash is in the log, too"
    (left,) = xiaoer("desk", "sessions").stdout.splitlines()
    assert xiaoer("desk", "end", left.split()[0]).stdout == "1 ended\n"
    again = xiaoer("desk", "end", "lin")
    assert again.returncode == 1
    assert "nobody is signed in as 'lin'" in again.stderr
    ended = xiaoer("audit", "--event", "desk.session_ended").stdout.splitlines()
    assert ["operator  account:lin" in line for line in ended] == [True, True, False]
