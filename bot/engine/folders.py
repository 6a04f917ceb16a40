"""Temporary folders that outlive nobody: who is killed cannot clean up, so whoever starts next does."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "xiaoer-"
_LOCK = ".in-use"
_BEING_MADE_S = 60.0
"""A folder without its lock is being made, unless it is older than this."""


@contextmanager
def temporary(kind: str, *, within: Path | None = None) -> Iterator[Path]:
    """An empty folder of our own, `xiaoer-<kind>-...`, locked as long as this process lives or until it is left."""
    outer = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-", dir=within))
    folder = outer / "it"
    folder.mkdir()
    try:
        with (outer / f"{_LOCK}.new").open("x") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            Path(lock.name).rename(outer / _LOCK)
            yield folder
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def sweep(kind: str, *, within: Path | None = None, now: float | None = None) -> list[Path]:
    """Delete the folders of this kind that belonged to processes that are gone; returns which."""
    place = within or Path(tempfile.gettempdir())
    now = time.time() if now is None else now
    gone = [folder for folder in place.glob(f"{PREFIX}{kind}-*") if _is_left_behind(folder, now)]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return gone


def _is_left_behind(folder: Path, now: float) -> bool:
    with suppress(OSError):
        about = folder.lstat()
        if about.st_uid != os.getuid() or folder.is_symlink() or not folder.is_dir():
            return False
        try:
            with (folder / _LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
        except FileNotFoundError:
            return now - about.st_mtime > _BEING_MADE_S
    return False
