"""`xiaoer run` as an operator meets it: a process of its own, told by signals."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import socketio
from aiohttp import WSMsgType

from tests.redis import eventually, free_ports
from tests.serving import SECRET

ROOT = Path(__file__).parents[2]


def env(project: Path, redis_url: str, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    secrets = {"XIAOER_IDENTITY_SECRET": SECRET, "XIAOER_VERIFY_KEY_FILE": str(project / "verify.pem")}
    return {**kept, **secrets, "REDIS_URL": redis_url, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


async def start(project: Path, environment: dict[str, str], *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "--project", str(project), "run", *options),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(
    project: Path, redis_url: str, *options: str, more: dict[str, str] | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    (port,) = free_ports(1)
    process = await start(project, env(project, redis_url, **(more or {})), "--port", str(port), *options)
    try:
        async with aiohttp.ClientSession() as client:

            async def ready() -> bool:
                assert process.returncode is None, (await process.communicate())[1].decode()
                with suppress(aiohttp.ClientError):
                    async with client.get(f"http://127.0.0.1:{port}/ready") as answer:
                        return answer.status == 200
                return False

            await eventually(ready, "ready", within_s=60)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(30):
            await process.communicate()


async def failure(project: Path, environment: dict[str, str], *options: str) -> str:
    process = await start(project, environment, *options)
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" not in said
    return said.decode().strip()


async def test_without_real_secrets_it_says_all_that_is_missing_and_does_not_start(tmp_path: Path) -> None:
    said = await failure(tmp_path, {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)})
    for missing in ("XIAOER_IDENTITY_SECRET", "XIAOER_VERIFY_KEY", "REDIS_URL", "desk-accounts.yml"):
        assert missing in said


@pytest.mark.parametrize("value", ["1", "true", "0"])
async def test_what_is_served_for_real_is_never_the_demo(project: Path, redis_url: str, value: str) -> None:
    """With it anyone could become anyone; the demo's own secrets and addresses are all that it may have."""
    said = await failure(project, env(project, redis_url, XIAOER_DEMO=value), "--port", "0")
    assert said == "xiaoer run: XIAOER_DEMO: set; nothing is a demo but `xiaoer demo` (`make run`): unset it"


async def test_no_setting_of_the_file_and_no_flag_makes_it_a_demo(
    project: Path, redis_url: str, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(project, tmp_path / "project"))
    (copy / "endpoints.yml").write_text("demo: true\n")
    assert "endpoints.yml: demo is not a setting" in await failure(copy, env(copy, redis_url), "--port", "0")
    process = await start(project, env(project, redis_url), "--demo")
    _, said = await process.communicate()
    assert process.returncode == 2 and b"unrecognized arguments: --demo" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("XIAOER_IDENTITY_SECRET", SECRET),
        ("XIAOER_BANK_KEY_FILE", "/etc/xiaoer/bank.key"),
        ("XIAOER_SIGNING_KEY", "pem"),
        ("REDIS_URL", "redis://10.0.0.5:6379/0"),
        ("XIAOER_BANK_URL", "https://accounts.internal"),
    ],
)
@pytest.mark.parametrize("option", [(), ("--serve",)])
async def test_the_demo_takes_nothing_real(
    project: Path, tmp_path: Path, name: str, value: str, option: tuple[str, ...]
) -> None:
    clean = {each: os.environ[each] for each in ("PATH", "HOME") if each in os.environ} | {"PYTHONPATH": str(ROOT)}
    command = ["-m", "bot", "--project", str(project), "demo", "--port", "0", "--var", str(tmp_path), *option]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**clean, name: value}, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith(f"xiaoer demo: {name}: ") and said.count(b"\n") == 1
    assert value not in said.decode()


async def test_a_taken_port_is_one_clear_line(project: Path, redis_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for workers in ("1", "2"):
            said = await failure(project, env(project, redis_url), "--port", port, "--workers", workers)
            assert len(said.splitlines()) == 1
            assert f"port {port}" in said


async def test_a_redis_that_is_not_there_is_one_clear_line(project: Path) -> None:
    (port,) = free_ports(1)
    said = await failure(project, env(project, f"redis://127.0.0.1:{port}/0"), "--port", "0")
    assert said.splitlines()[-1].startswith("xiaoer run: REDIS_URL: Redis does not answer")


async def say_hello(client: aiohttp.ClientSession, url: str, sender: str) -> str:
    async with client.post(f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": "hello"}) as answer:
        return str((await answer.json())[0]["text"])


async def test_sigterm_lets_turns_finish_and_tells_sockets_that_it_goes_away(project: Path, redis_url: str) -> None:
    async with running(project, redis_url) as (process, url), aiohttp.ClientSession() as client:
        async with client.ws_connect(f"{url}/ws/chat") as chat:
            await chat.send_str(json.dumps({"type": "hello", "token": None, "after": 0}))
            assert (await chat.receive_json())["type"] == "welcome"
            await chat.send_str(json.dumps({"type": "message", "id": "m1", "text": "hello"}))
            frames = [await chat.receive_json()]
            while frames[-1]["type"] != "accepted":
                frames.append(await chat.receive_json())
            process.send_signal(signal.SIGTERM)
            while (message := await chat.receive()).type is WSMsgType.TEXT:
                frames.append(json.loads(message.data))
            assert any(frame.get("text", "").startswith("Hello!") for frame in frames)
            assert chat.close_code == 1001
        async with asyncio.timeout(20):
            await process.communicate()
        assert process.returncode == 0


@pytest.mark.slow
async def test_workers_share_the_port_and_a_dead_one_is_replaced(project: Path, redis_url: str) -> None:
    async with running(project, redis_url, "--workers", "2") as (process, url):
        await eventually(lambda: listeners(url, 2), "two workers that listen", within_s=60)
        first = await workers(process.pid, 2)
        os.kill(first[0], signal.SIGKILL)

        async def replaced() -> set[int]:
            now = set(await workers(process.pid, 2))
            return now if now and first[0] not in now else set()

        await eventually(replaced, "a new worker", within_s=60)
        for n in range(20):
            async with aiohttp.ClientSession() as client:  # a connection of its own: any worker may get it

                async def answered(client: aiohttp.ClientSession = client, n: int = n) -> bool:
                    with suppress(aiohttp.ClientError):
                        return (await say_hello(client, url, f"ann{n}")).startswith("Hello!")
                    return False

                await eventually(answered, "an answer", within_s=20)
        process.terminate()
        async with asyncio.timeout(30):
            await process.communicate()
        assert process.returncode == 0
        assert await workers(process.pid, 0) == []


@pytest.mark.slow
async def test_a_fleet_that_has_served_outlives_workers_that_do_not_come_up_again(
    project: Path, redis_url: str
) -> None:
    """As in an outage of Redis: whoever starts then ends at once, and the fleet must still be there afterwards."""
    async with running(project, redis_url, "--workers", "2") as (process, url):
        await eventually(lambda: listeners(url, 2), "two workers that listen", within_s=60)
        known = set(await workers(process.pid, 2))
        for pid in known:
            os.kill(pid, signal.SIGKILL)
        for _ in range(8):

            async def another(known: set[int] = known) -> set[int]:
                return set(children(process.pid)) - known

            for pid in await eventually(another, "a new worker", within_s=30):
                os.kill(pid, signal.SIGKILL)
                known.add(pid)
        async with aiohttp.ClientSession() as client:

            async def answered() -> bool:
                with suppress(aiohttp.ClientError):
                    return (await say_hello(client, url, "ann")).startswith("Hello!")
                return False

            await eventually(answered, "an answer", within_s=60)


@pytest.mark.slow
@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"]])
async def test_a_polling_client_may_reach_any_worker(project: Path, redis_url: str, transports: list[str]) -> None:
    """Each request is a connection of its own here, so about half of them reach the other worker."""
    async with running(project, redis_url, "--workers", "2") as (_, url):
        await eventually(lambda: listeners(url, 2), "two workers that listen", within_s=60)
        for _ in range(4):
            connector = aiohttp.TCPConnector(force_close=True)
            async with aiohttp.ClientSession(connector=connector) as http:
                client = socketio.AsyncClient(reconnection=False, http_session=http)
                heard: asyncio.Queue[str] = asyncio.Queue()
                client.on("bot_uttered", lambda data, heard=heard: heard.put_nowait(data["text"]))
                await client.connect(url, transports=transports)
                answer = await client.call("user_uttered", {"message": "hello"}, timeout=20)
                assert "accepted" in answer
                async with asyncio.timeout(20):
                    assert await heard.get() == "Hello!"
                await client.eio.disconnect(abort=True)


async def workers(parent: int, many: int) -> list[int]:
    """The parent's children, if there are `many`."""
    found = children(parent)
    return found if len(found) == many else []


def children(parent: int) -> list[int]:
    with suppress(OSError):
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
        return [int(pid) for pid in re.findall(r"\d+", text)]
    return []


async def listeners(url: str, many: int) -> bool:
    """Whether so many sockets listen on the port."""
    place = f":{int(url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[1].endswith(place) and row[3] == "0A" for row in rows) == many
