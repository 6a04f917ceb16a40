"""The real service as a run needs it: Redis on its own disk, the bank, the shipped bot and the counting bot."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import argon2
import yaml

from bot.desk.accounts import write_accounts
from bot.engine import signing
from bot.settings import Settings
from chaos import accounts, parts
from chaos.accounts import Account
from chaos.parts import CannotStart, Part, Service

COUNTER = Path(__file__).parent / "project"


@dataclass(frozen=True)
class House:
    redis: Part
    redis_port: int
    bank: Part
    bank_url: str
    bank_key: str
    identity_secret: str
    shipped: Service
    counter: Service
    accounts: Sequence[Account]

    @property
    def services(self) -> tuple[Service, Service]:
        return self.shipped, self.counter


@asynccontextmanager
async def running(
    *, root: Path, folder: Path, languages: Sequence[str], workers: int, model: Path | None
) -> AsyncIterator[House]:
    """All of it up, everything it writes in `folder`; stopped in the end, last first. Raises CannotStart."""
    _prepare(root, folder)
    shipped_model, counter_model = await asyncio.gather(_model(root, root, model), _model(root, folder / "counter"))
    made = accounts.write(folder / "bank.db", languages)
    house = _house(root, folder, made, workers=workers, shipped=shipped_model, counter=counter_model)
    async with AsyncExitStack() as stack:
        for each in (house.redis, house.bank):
            stack.push_async_callback(each.stop)
            await each.start()
            await each.wait_until_up()
        for service in house.services:
            stack.push_async_callback(service.stop)
            await service.start()
        for service in house.services:
            await service.wait_until_up()
        yield house


def _prepare(root: Path, folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "log").mkdir(parents=True)
    shutil.copytree(COUNTER, folder / "counter", ignore=shutil.ignore_patterns("__pycache__"))
    _unlimited(root, folder / "shipped")


def _unlimited(root: Path, project: Path) -> None:
    """The shipped project but for one setting: its customers all share one address, and are not slowed down for it."""
    project.mkdir()
    for name in ("config.yml", "domain.yml", "credentials.yml", "data", "actions"):
        (project / name).symlink_to(root / name)
    settings = yaml.safe_load((root / "endpoints.yml").read_text(encoding="utf-8"))
    one_address = {"sockets_per_address": 100_000, "connections_per_address": 100_000}
    settings["gateway"] = {**(settings.get("gateway") or {}), "messages_per_minute": 10_000_000, **one_address}
    (project / "endpoints.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def _house(root: Path, folder: Path, made: Sequence[Account], *, workers: int, shipped: Path, counter: Path) -> House:
    secret, bank_key = secrets.token_hex(32), secrets.token_hex(32)
    redis_port, bank_port, shipped_port, counter_port = _free_ports(4)
    desk = folder / "desk-accounts.yml"
    people = (("lin", "Lin", "agent", {"lang:en": 3, "lang:zh": 3}),)
    write_accounts(desk, people, password=secrets.token_hex(8), hasher=argon2.PasswordHasher(time_cost=1))
    env = {
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "XIAOER_IDENTITY_SECRET": secret,
        "XIAOER_BANK_KEY": bank_key,
        "XIAOER_BANK_URL": f"http://127.0.0.1:{bank_port}",
        "XIAOER_DESK_ACCOUNTS": str(desk),
    }
    log = folder / "log"
    return House(
        redis=parts.redis(folder / "redis", log / "redis.log", redis_port),
        redis_port=redis_port,
        bank=parts.bank(root, log / "bank.log", bank_port, folder / "bank.db", bank_key),
        bank_url=f"http://127.0.0.1:{bank_port}",
        bank_key=bank_key,
        identity_secret=secret,
        shipped=parts.service(
            *("shipped", root, folder / "shipped", log / "shipped.log", shipped_port),
            model=shipped,
            workers=workers,
            env={**env, "XIAOER_VERIFY_KEY": _verify_key(root)},
        ),
        counter=parts.service(
            *("counter", root, folder / "counter", log / "counter.log", counter_port),
            model=counter,
            workers=workers,
            env={**env, "XIAOER_VERIFY_KEY": _verify_key(folder / "counter")},
        ),
        accounts=made,
    )


def _free_ports(many: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(many)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


async def _model(root: Path, project: Path, given: Path | None = None) -> Path:
    """The project's model, trained if its inputs changed. Raises CannotStart."""
    if given is not None:
        return given
    command = (sys.executable, "-m", "bot", "--project", str(project), "train", "--quiet")
    process = await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise CannotStart(f"training {project} failed")
    return Path(said.decode().strip().splitlines()[-1])


def _verify_key(project: Path) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = signing.signing_key(Settings.load(project, {})).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
