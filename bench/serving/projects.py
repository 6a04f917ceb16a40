"""The bots that are measured, each a project of its own in `var/bench/`, trained when their files have changed."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.serving.processes import ROOT, CannotMeasure, finished

HERE = Path(os.environ.get("BENCH_VAR") or ROOT / "var" / "bench")
"""Where projects, logs and stock Rasa's environment are."""
LOGS = HERE / "log"
PYTHON = "python3.10"
TRAIN_WITHIN_S, INSTALL_WITHIN_S = 1800.0, 1800.0

LINEAR = {
    "DIETClassifier": {"name": "LogisticRegressionClassifier"},
    "ResponseSelector": None,
    "UnexpecTEDIntentPolicy": None,
    "MemoizationPolicy": None,
    "TEDPolicy": {"name": "AugmentedMemoizationPolicy", "max_history": 5},
}
"""The neural parts of the starter bot, and what stands in their place; the starter bot has no response selectors."""


@dataclass(frozen=True)
class Project:
    name: str
    folder: Path
    python: Path
    is_stock: bool = False
    is_full: bool = False
    """This repository's bot, which needs the bank; else the starter bot."""

    def env(self) -> dict[str, str]:
        kept = {each: os.environ[each] for each in ("PATH", "HOME", "LANG", "TZ") if each in os.environ}
        if self.is_stock:
            return {**kept, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}
        return {**kept, "PYTHONPATH": str(ROOT), **our_secrets(self.folder)}


def our_secrets(folder: Path) -> dict[str, str]:
    """This run's own: identities are signed with it, the bank knows the key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from bot.engine.signing import signing_key
    from bot.settings import Settings

    key = folder / "var" / "identity"
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_text(secrets.token_hex(32), encoding="ascii")
    public = signing_key(Settings.load(folder, {})).public_key()
    return {
        "XIAOER_IDENTITY_SECRET": key.read_text(encoding="ascii"),
        "XIAOER_BANK_KEY": "bench",
        "XIAOER_VERIFY_KEY": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }


async def ours_starter() -> Project:
    """Rasa's starter bot, the neural parts replaced as `LINEAR` says, served by us."""
    project = Project("ours", _starter("starter-ours"), Path(sys.executable))
    (project.folder / "config.yml").write_text(yaml.safe_dump(_linear_config()), encoding="utf-8")
    (project.folder / "credentials.yml").write_text("native:\nrest:\n", encoding="utf-8")
    _settings(project.folder)
    await _train_ours(project)
    return project


async def ours_full() -> Project:
    """This repository's bot as it is now, in a copy, so that what is trained meanwhile does not come in between."""
    folder = HERE / "full"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("domain.yml", "config.yml", "credentials.yml", "endpoints.yml", "data", "actions"):
        _copy(ROOT / name, folder / name)
    _settings(folder)
    project = Project("ours, full bot", folder, Path(sys.executable), is_full=True)
    await _train_ours(project)
    return project


async def stock(*, linear: bool = False) -> Project:
    """The starter bot as `rasa init` makes it, in stock Rasa; or with our configuration of it."""
    python = await _stock_python()
    folder = _starter("starter-stock-linear" if linear else "starter-stock")
    if linear:
        (folder / "config.yml").write_text(yaml.safe_dump(_linear_config()), encoding="utf-8")
    project = Project("stock, our config" if linear else "stock", folder, python, is_stock=True)
    config, made = folder / "config.yml", folder / "made-from"
    if not made.exists() or made.read_text(encoding="utf-8") != config.read_text(encoding="utf-8"):
        print(f"bench: training the starter bot in Rasa 3.6.21 ({folder.name}); a few minutes, once", flush=True)
        command = [python.with_name("rasa"), "train", "--fixed-model-name", "stock"]
        await finished(command, env=project.env(), log=LOGS / "stock-train.log", folder=folder, within_s=TRAIN_WITHIN_S)
        # As it is now: Rasa has written its suggestions into it.
        made.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    return project


def _starter(name: str) -> Path:
    """A copy of what `rasa init` gives; the installed package carries it."""
    folder = HERE / name
    spec = importlib.util.find_spec("rasa")
    if spec is None or spec.origin is None:
        raise CannotMeasure("rasa is not installed; run scripts/environment.sh")
    source = Path(spec.origin).parent / "cli" / "initial_project"
    folder.mkdir(parents=True, exist_ok=True)
    for each in ("domain.yml", "config.yml", "credentials.yml", "endpoints.yml", "data"):
        if each != "config.yml" or not (folder / each).exists():  # Rasa writes its suggestions into it
            _copy(source / each, folder / each)
    return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _linear_config() -> dict[str, object]:
    """Rasa's default configuration with the parts of `LINEAR` replaced."""
    spec = importlib.util.find_spec("rasa")
    assert spec is not None and spec.origin is not None
    default = Path(spec.origin).parent / "engine" / "recipes" / "config_files" / "default_config.yml"
    config = yaml.safe_load(default.read_text(encoding="utf-8"))
    for part in ("pipeline", "policies"):
        parts = (LINEAR.get(each["name"], each) for each in config[part])
        config[part] = [each for each in parts if each is not None]
    return {**config, "assistant_id": "bench"}


def _settings(folder: Path) -> None:
    """Rate limits are asked as ever, and let everything pass."""
    path = folder / "endpoints.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    one_address = {"sockets_per_address": 100_000, "connections_per_address": 100_000}
    settings["gateway"] = {**(settings.get("gateway") or {}), "messages_per_minute": 10_000_000, **one_address}
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    from bot.desk.accounts import write_accounts

    accounts = folder / "desk-accounts.yml"
    if not accounts.exists():
        write_accounts(accounts, [("bench", "Bench", "agent", {})], password=secrets.token_hex(8))


async def _train_ours(project: Project) -> None:
    print(f"bench: {project.name}: training if its files have changed", flush=True)
    command = [project.python, "-m", "bot", "--project", project.folder, "train", "--quiet"]
    env = {**project.env(), "OMP_NUM_THREADS": "1"}
    await finished(command, env=env, log=LOGS / "ours-train.log", folder=ROOT, within_s=TRAIN_WITHIN_S)


async def _stock_python() -> Path:
    """The interpreter of stock Rasa's own environment, built here when it is not there."""
    venv = HERE / "stock" / "venv"
    python = venv / "bin" / "python"
    lock = Path(__file__).with_name("stock.lock")
    made = venv / "made-from"
    if made.exists() and made.read_text(encoding="utf-8") == lock.read_text(encoding="utf-8"):
        return python
    base = _python310()
    print("bench: installing Rasa 3.6.21 with all it asks for (2.5 GB), once", flush=True)
    kept = ("UV_", "PIP_", "SSL_", "HTTP", "http", "NO_PROXY", "no_proxy", "PATH", "HOME")
    env = {name: value for name, value in os.environ.items() if name.startswith(kept)} | {"UV_LINK_MODE": "copy"}
    uv = ROOT / "var" / "uv" / "bin" / "uv"
    tool = [uv] if uv.exists() else ["uv"]
    for command in (
        [*tool, "venv", "-q", "--clear", "--python", base, venv],
        [*tool, "pip", "sync", "-q", "--require-hashes", "--python", python, lock],
    ):
        await finished(command, env=env, log=LOGS / "stock-install.log", folder=HERE, within_s=INSTALL_WITHIN_S)
    made.write_text(lock.read_text(encoding="utf-8"), encoding="utf-8")
    return python


def _python310() -> Path:
    """STOCK_PYTHON, one on the PATH that works, or pyenv's newest. Raises CannotMeasure."""
    import subprocess

    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.10.*/bin/python"))
    on_path = shutil.which(PYTHON)
    for each in (os.environ.get("STOCK_PYTHON"), on_path, *reversed(pyenv)):
        if each is None:
            continue
        look = [str(each), "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 10))"]
        try:
            if subprocess.run(look, capture_output=True, check=False, timeout=20).returncode == 0:
                return Path(each)
        except OSError:
            continue
    raise CannotMeasure("stock Rasa needs Python 3.10 and there is none; name one: STOCK_PYTHON=/path/to/python3.10")
