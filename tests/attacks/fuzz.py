"""`python -m tests.attacks.fuzz` (`make fuzz`): inputs that no client of ours would send, at every door of the shipped
bot and the sandbox bank, in one process. Ends with 1 where one gave a traceback, was never answered, or did something
that its sender had not proven to be theirs to do.

--inputs 100000     how many
--seed 1            the same seed, the same inputs
--schemathesis      besides, every call of docs/reference/openapi.yml by schemathesis (its own environment: var/fuzz)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from aiohttp import WSMsgType
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bot.channels import Received
from bot.channels.native import Native
from bot.channels.rest import Rest
from bot.channels.socketio import SocketIO
from bot.errors import BadMessage
from bot.gateway.identity import IdentityCheck
from bot.gateway.packets import Packet
from tests.attacks.inputs import BATCH, Input
from tests.desk.people import OURS, Person, person
from tests.serving import SECRET, Gateway, token

ROOT = Path(__file__).resolve().parents[2]
HANGS_AFTER_S = 30.0
PROVEN = "C1014"
"""Half of the sockets are this customer's, signed in, whose phone nobody here has."""


@dataclass
class Report:
    sent: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def inputs(self) -> int:
        return self.sent.total()

    def fault(self, what: str, sent: Input | None = None) -> None:
        self.faults.append(f"{what}: {sent!r}"[:2000])

    def __str__(self) -> str:
        lines = [f"{self.inputs} inputs in {self.seconds:.0f} s, {len(self.faults)} faults"]
        lines += [f"  {kind:8} {many}" for kind, many in sorted(self.sent.items())]
        lines.append("answers: " + ", ".join(f"{what} {many}" for what, many in sorted(self.answered.items())))
        return "\n".join([*lines, *self.faults[:20]])


@contextmanager
def listening(report: Report) -> Iterator[None]:
    """What is logged as an error, by us or by a library, is a fault."""

    def heard(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
        if method in ("error", "critical", "exception"):
            report.fault(f"logged {dict(event)}")
        raise structlog.DropEvent

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info or not record.name.startswith("engineio"):  # which calls what it refuses an error
                report.fault(f"{record.name} logged {record.getMessage()} {record.exc_info}")

    processors, handler = structlog.get_config()["processors"], Handler(logging.ERROR)
    kept = list(processors)
    processors[:] = [heard]
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        processors[:] = kept
        logging.getLogger().removeHandler(handler)


class Attacker:
    """Sends batches to a service. `forbidden`: what the bot says only to who has proven more than anybody here has."""

    def __init__(self, gateway: Gateway, agent: Person, report: Report, *, forbidden: str = "\0") -> None:
        """`agent` is signed in at the desk: one of ours who sends what no page of ours would."""
        self._gateway = gateway
        self._agent = agent
        self._report = report
        self._forbidden = forbidden
        self._native, self._rest, self._socketio = Native(), Rest(), SocketIO()
        self._check = IdentityCheck(SECRET)
        self._batches = 0

    async def send(self, batch: Sequence[Input]) -> None:
        self._batches += 1
        frames = [each for each in batch if each.kind == "frame"]
        packets = [each for each in batch if each.kind == "packet"]
        alone = [each for each in batch if each.kind not in ("frame", "packet")]
        await asyncio.gather(
            *(self._in_time(each, self._one(each)) for each in alone),
            *([self._in_time(frames[-1], self._frames(frames))] if frames else []),
            *([self._in_time(packets[-1], self._packets(packets))] if packets else []),
        )
        self._report.sent.update(each.kind for each in batch)

    async def _in_time(self, sent: Input, doing: Any) -> None:
        try:
            async with asyncio.timeout(HANGS_AFTER_S):
                await doing
        except TimeoutError:
            self._report.fault("no answer", sent)
        except (aiohttp.ClientError, ConnectionError, ValueError):
            self._report.answered["cut off"] += 1

    async def _one(self, sent: Input) -> None:
        match sent.kind:
            case "call":
                await self._call(self._gateway.client, sent, sent.path, dict(sent.headers))
            case "desk":
                somebody = self._agent.client if self._batches % 2 else self._gateway.client
                await self._call(somebody, sent, f"/desk/api/{sent.path}", dict(OURS))
            case "hello":
                await self._hello(sent)
            case "bytes":
                await self._bytes(sent)
            case _:
                self._codec(sent)

    async def _call(self, client: aiohttp.ClientSession, sent: Input, path: str, headers: dict[str, str]) -> None:
        async with client.request(sent.verb, path, data=sent.data, headers=headers) as answer:
            text = await answer.text(errors="replace")
        self._look(sent, text, answer.status)
        if answer.status >= 400 and text and "socket.io" not in path:
            with suppress(ValueError):
                if "error" in json.loads(text):
                    return
            self._report.fault(f"{answer.status} is not a refusal of ours: {text[:200]}", sent)

    def _look(self, sent: Input, text: str, status: int | str) -> None:
        self._report.answered[str(status)] += 1
        if status == 500 or '"internal"' in text or "Traceback" in text:
            self._report.fault(f"{status} {text[:300]}", sent)
        if self._forbidden in text:
            self._report.fault(f"done without proof: {text[:300]}", sent)

    async def _hello(self, sent: Input) -> None:
        async with self._gateway.client.ws_connect("/ws/chat") as socket:
            await socket.send_str(str(sent.data))
            heard = await socket.receive()
            self._look(sent, str(heard.data), f"hello {heard.type.name}")

    async def _frames(self, frames: Sequence[Input]) -> None:
        proof = token(PROVEN) if self._batches % 2 else None
        async with self._gateway.client.ws_connect("/ws/chat") as socket:
            await socket.send_json({"type": "hello", "token": None, "after": 0, "identity": proof})
            for each in frames:
                await socket.send_str(str(each.data))
            await socket.send_json({"type": "ping"})
            while (heard := await socket.receive()).type is WSMsgType.TEXT:
                said = json.loads(heard.data)
                self._look(frames[-1], heard.data, f"frame {said['type']}")
                if said["type"] == "pong":
                    return

    async def _packets(self, packets: Sequence[Input]) -> None:
        async with self._gateway.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as socket:
            await socket.receive()
            await socket.send_str("40" + json.dumps({"token": token(PROVEN)} if self._batches % 2 else {}))
            for each in packets:
                await socket.send_str(str(each.data))
            await socket.send_str('4277["session_request",{"session_id":null}]')
            while (heard := await socket.receive()).type is WSMsgType.TEXT:
                self._look(packets[-1], heard.data, "packet")
                if heard.data.startswith("4377"):
                    return

    async def _bytes(self, sent: Input) -> None:
        host, port = self._gateway.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent.data if isinstance(sent.data, bytes) else sent.data.encode())
        writer.write_eof()
        said = await reader.read()
        writer.close()
        self._look(sent, said.decode("utf-8", "replace"), f"bytes {said[9:12].decode('ascii', 'replace')}")
        if b" 500 " in said[:20]:
            self._report.fault("500", sent)

    def _codec(self, sent: Input) -> None:
        data = sent.data if isinstance(sent.data, bytes) else sent.data.encode()
        text = data.decode("utf-8", "replace")
        codecs: dict[str, Callable[[], Any]] = {
            "rest": lambda: self._rest.decode(data),
            "native": lambda: self._native.decode_frame(text),
            "hello": lambda: self._native.decode_hello(data),
            "socketio": lambda: self._socketio.decode(text),
            "session": lambda: self._socketio.decode_session(_json(text)),
            "packet": lambda: Packet(encoded_packet=text),
            "jwt": lambda: self._check.verify(text, now=time.time()),
        }
        try:
            found = codecs[sent.path]()
        except BadMessage as error:
            self._report.answered[f"codec {error.code}"] += 1
        except Exception as error:
            if type(error).__name__ != "BadIdentity":
                self._report.fault(f"codec {sent.path} {error!r}", sent)
        else:
            self._report.answered["codec ok"] += 1
            if isinstance(found, Received) and (len(found.text) > 4000 or not found.text):
                self._report.fault("a text that is none", sent)

    async def settled(self) -> None:
        """Every message that was accepted has been answered."""
        try:
            async with asyncio.timeout(HANGS_AFTER_S):
                redis, site = self._gateway.conversations.redis, "main"
                while [key async for key in redis.scan_iter(match=f"{site}:*:pending", count=5000)]:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            self._report.fault("messages that were accepted are not answered")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


async def fuzz(gateway: Gateway, *, inputs: int, seed_: int, forbidden: str = "\0", told: Any = None) -> Report:
    """Send so many. Hypothesis draws them in a thread, the service runs in this loop."""
    report, loop = Report(), asyncio.get_running_loop()
    attacker: Attacker

    @seed(seed_)
    @settings(
        max_examples=-(-inputs // len(BATCH)),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*BATCH))
    def draw(batch: tuple[Input, ...]) -> None:
        asyncio.run_coroutine_threadsafe(attacker.send(batch), loop).result(HANGS_AFTER_S * 3)
        if told is not None:
            told(report)

    start = time.monotonic()
    async with person(gateway, "sam") as agent:
        attacker = Attacker(gateway, agent, report, forbidden=forbidden)
        with listening(report):
            await asyncio.to_thread(draw)
            await attacker.settled()
    report.seconds = time.monotonic() - start
    return report


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemathesis", action="store_true")
    options = parser.parse_args()
    faults = asyncio.run(_shipped(options.inputs, options.seed, schemathesis=options.schemathesis))
    return 1 if faults else 0


async def _shipped(inputs: int, seed_: int, *, schemathesis: bool) -> int:
    """The number of faults."""
    from tests.attacks.house import books, house

    shown: list[str] = []

    def told(report: Report) -> None:
        for fault in report.faults[len(shown) :]:
            shown.append(fault)
            print(fault, file=sys.stderr, flush=True)
        if report.inputs // 5000 != (report.inputs - len(BATCH)) // 5000:
            print(f"{report.inputs} inputs, {len(report.faults)} faults", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="xiaoer-fuzz-") as folder:
        async with house(Path(folder)) as (gateway, bank):
            before = books(bank, besides=PROVEN)
            report = await fuzz(gateway, inputs=inputs, seed_=seed_, told=told)
            if schemathesis:
                with listening(report):
                    code = await asyncio.to_thread(_schemathesis, gateway.url, seed_)
                if code:
                    report.fault(f"schemathesis ended with {code}")
            if books(bank, besides=PROVEN) != before:
                report.fault("the bank's books are not what they were")
    print(report)
    return len(report.faults)


def _schemathesis(url: str, seed_: int) -> int:
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    command = [
        *(str(ROOT / "var/fuzz/bin/schemathesis"), "run", str(ROOT / "docs/reference/openapi.yml"), "--url", url),
        *("--checks", checks, "--seed", str(seed_), "--max-examples", "200", "--phases", "examples,fuzzing"),
        *("--exclude-tag", "demo", "--mode", "all", "--header", "X-Xiaoer-Desk: 1", "--no-color"),
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
