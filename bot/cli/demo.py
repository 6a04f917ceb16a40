"""`xiaoer demo`, what `make run` calls: a private Redis, the sandbox bank, a trained model, demo accounts, the bot.

Everything it makes lives in `var/demo/`. Its secrets are random, made here, and it takes no others: it signs a proof of
being any customer for whoever asks. Demo accounts exist nowhere else, and nobody but this machine reaches it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.cli import redis_server
from bot.cli.processes import Children, demand_port, listen
from bot.errors import ConfigError, XiaoerError
from bot.settings import Settings, is_here

DEMO_PASSWORD = "xiaoer-demo"  # noqa: S105 - printed at every start; the accounts exist only under `make run`
DEMO_ACCOUNTS = (
    ("lin", "Lin 林晓", "agent", {"lang:zh": 5, "lang:en": 3}),
    ("sam", "Sam", "agent", {"lang:en": 5}),
    ("mei", "Mei 梅姐", "supervisor", {"lang:zh": 5, "lang:en": 5}),
)


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("demo", help="serve everything a first look needs, with demo accounts")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8080))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--var", type=Path, help="where its state and logs go (default: var/ of the project)")
    parser.add_argument("--fresh", action="store_true", help="forget earlier conversations and money moved")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)  # the bot itself, for the parent


def run(args: argparse.Namespace) -> int:
    _refuse_what_is_real(os.environ)
    if args.serve:
        return _bot(args)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_demo(args))
    return 0


def _refuse_what_is_real(env: Mapping[str, str]) -> None:
    """Raises ConfigError for a secret, or an address that is not this machine's, in the environment."""
    problems = [
        f"{name}: set; the demo makes its own secrets, and with them anyone may be any customer: unset it"
        for name in sorted(env)
        if name.startswith("XIAOER_") and ("_SECRET" in name or "_KEY" in name) and env[name]
    ]
    problems += [
        f"{name}: not on this machine, and the demo stays on it"
        for name in ("REDIS_URL", "XIAOER_BANK_URL")
        if env.get(name) and not is_here(env[name])
    ]
    if problems:
        raise ConfigError(*problems)


def _folder(args: argparse.Namespace) -> Path:
    var: Path = (args.var or args.project / "var") / "demo"
    return var


def _bot(args: argparse.Namespace) -> int:
    """What serves: `xiaoer run` with the demo's own secrets, and the demo shop."""
    from bot.cli import run as serving

    env = {**os.environ, **_secrets(args.project, _folder(args)), "PORT": str(args.port)}
    again = ["demo", "--serve", "--port", str(args.port), "--var", str(_folder(args).parent)]
    return serving.serve(Settings.load(args.project, env, demo=True), workers=args.workers, again=again)


async def _demo(args: argparse.Namespace) -> None:
    _stop_on_signals()
    var = _folder(args)
    var.mkdir(parents=True, exist_ok=True)
    with _only_one(var / "lock"):
        demand_port(args.port)
        if args.fresh:
            _forget(var)
        env = {**os.environ, "PORT": str(args.port), "XIAOER_DESK_ACCOUNTS": str(_accounts(var))}
        _secrets(args.project, var)  # before two processes would make them
        train = asyncio.create_task(_train(args.project, env))
        async with Children(logs=var.parent / "log", env=env) as children:
            await _serve(args, env, var, children, train)


async def _serve(
    args: argparse.Namespace, env: dict[str, str], var: Path, children: Children, train: asyncio.Task[None]
) -> None:
    redis = await _start_redis(env, var, children)
    bank = await _start_bank(env, var, children)
    await train
    demand_port(args.port)  # Training may have taken a while.
    options = ["--serve", "--port", str(args.port), "--workers", str(args.workers), "--var", str(var.parent)]
    await children.start("bot", [*_xiaoer(args.project), "demo", *options])
    address = f"http://localhost:{args.port}"
    await children.wait_until_up("bot", f"http://127.0.0.1:{args.port}/ready", within_s=60)
    people = ", ".join(name for name, *_ in DEMO_ACCOUNTS)
    _say("ready", f"{address}/        the demo shop: choose who you are, then ask for a refund")
    _say("", f"{address}/desk/   the desk: {people} (password {DEMO_PASSWORD})")
    _say("", "                   mei is a supervisor: the code she needs, too, is shown there")
    _say("", f"bank {bank}   logs {var.parent / 'log'}")
    _say("", f"Redis: {redis}")
    _say("", "demo accounts and secrets: do not put this on a network. Ctrl-C stops everything.")
    await children.wait_for_any()


async def _start_redis(env: dict[str, str], var: Path, children: Children) -> str:
    if env.get("REDIS_URL"):
        return env["REDIS_URL"].rsplit("@", 1)[-1]
    folder = var / "redis"
    folder.mkdir(exist_ok=True)
    path = folder / "redis.sock"
    if len(str(path)) > 100:  # a Unix socket's address holds 107 bytes
        path = Path(tempfile.mkdtemp(prefix="xiaoer-")) / "redis.sock"
    server = redis_server.choose()
    command: list[str | Path] = [server.path, "--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    command += ["--dir", folder, "--appendonly", "yes", "--save", "", "--loglevel", "warning"]
    await children.start("redis", command)
    env["REDIS_URL"] = f"unix://{path}"
    children.add_env(REDIS_URL=env["REDIS_URL"])
    return server.story


async def _start_bank(env: dict[str, str], var: Path, children: Children) -> str:
    if env.get("XIAOER_BANK_URL"):
        return env["XIAOER_BANK_URL"]
    with listen(8081) as ours:
        url = f"http://127.0.0.1:{ours.getsockname()[1]}"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "sandbox",
            "--fd",
            str(ours.fileno()),
            "--db",
            var / "bank.db",
        ]
        key = {"XIAOER_BANK_KEY_FILE": str(var / "bank.secret")}
        await children.start("bank", command, env=key, sockets=[ours])
    await children.wait_until_up("bank", f"{url}/openapi.json", within_s=20)
    children.add_env(XIAOER_BANK_URL=url)
    return url


async def _train(project: Path, env: dict[str, str]) -> None:
    """Train when there is no model or its inputs changed; the progress bar goes to the terminal."""
    process = await asyncio.create_subprocess_exec(*_xiaoer(project), "train", env=env, stdin=subprocess.DEVNULL)
    try:
        status = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if status != 0:
        raise XiaoerError("training failed; what is wrong is said above")


def _xiaoer(project: Path) -> list[str]:
    return [sys.executable, "-m", "bot", "--project", str(project)]


def _secrets(project: Path, var: Path) -> dict[str, str]:
    """This folder's own random secrets, made at the first start; models are checked by the key that signs them here."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from bot.engine.signing import signing_key

    for name in ("identity", "bank", "audit"):
        if not (var / f"{name}.secret").exists():
            _write_private(var / f"{name}.secret", secrets.token_hex(32))
    public = signing_key(Settings.load(project, {})).public_key()
    return {
        "XIAOER_IDENTITY_SECRET_FILE": str(var / "identity.secret"),
        "XIAOER_BANK_KEY_FILE": str(var / "bank.secret"),
        "XIAOER_AUDIT_KEY_FILE": str(var / "audit.secret"),
        "XIAOER_VERIFY_KEY": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }


def _accounts(var: Path) -> Path:
    """The demo's own people; made anew where the file is not there, or cannot be taken."""
    from bot.desk.accounts import load_accounts, write_accounts

    path = var / "desk-accounts.yml"
    try:
        load_accounts(path)
    except ConfigError:
        write_accounts(path, DEMO_ACCOUNTS, password=DEMO_PASSWORD)
    return path


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _forget(var: Path) -> None:
    for path in [*var.glob("bank.db*"), *(var / "redis").rglob("*")]:
        if not path.is_dir():
            path.unlink()


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError("already running from this folder; stop it first (Ctrl-C in its terminal)") from error
        yield


def _stop_on_signals() -> None:
    task = asyncio.current_task()
    for each in (signal.SIGINT, signal.SIGTERM):
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(each, task.cancel)


def _say(what: str, text: str) -> None:
    print(f"xiaoer: {what:6} {text}", flush=True)
