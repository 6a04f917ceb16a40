"""The model in use, and changing it while turns are in flight."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import structlog

from bot.engine import package, project
from bot.engine.engine import Engine
from bot.errors import ModelError
from bot.settings import Settings

log = structlog.get_logger()

LOOK_EVERY_S = 2.0


class Source(Protocol):
    """Where a worker gets its engine from, for the length of one turn."""

    def using(self) -> contextlib.AbstractAsyncContextManager[Engine]: ...


class Models:
    """A turn that has begun ends with the engine it began with."""

    def __init__(self, engine: Engine, *, settings: Settings, code: Mapping[str, str]) -> None:
        """`code` is what this process runs (see `project.code`): only models that it made come after this one."""
        self._slot = _Slot(engine)
        self._code = code
        self._settings = settings
        self._swapping = asyncio.Lock()
        self._refused: set[tuple[Path, int]] = set()

    @classmethod
    async def load(cls, settings: Settings, path: Path | None = None) -> Models:
        """The newest model in `models/`, or the one at `path`. Whether other code made it is only a warning here:
        a model that cannot be read at all is refused by its components."""
        path, code = path or package.latest(settings.project / "models"), project.code(settings.project)
        engine = await Engine.load(project=settings.project, model=path, settings=settings)
        models = cls(engine, settings=settings, code=code)
        try:
            package.check_code(path, code)
        except ModelError as error:
            log.warning("model.other_code", model=path.name, reason=str(error))
        _settle()
        return models

    @property
    def current(self) -> Engine:
        return self._slot.engine

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Engine]:
        slot = self._slot
        slot.enter()
        try:
            yield slot.engine
        finally:
            slot.leave()

    async def swap(self, path: Path) -> Engine:
        """Load another model, use it for every turn that begins from now on, and let the old one go when its last turn
        has ended. On an error (see `Engine.load`) the old one stays."""
        async with self._swapping:
            engine = await Engine.load(
                project=self._settings.project, model=path, settings=self._settings, code=self._code
            )
            old, self._slot = self._slot, _Slot(engine)
            await old.empty()
            log.info("model.swapped", model=path.name, before=old.engine.model.path.name)
            del old
            _settle()
            return engine

    async def follow(self) -> None:
        """Swap whenever a newer signed model appears in `models/`. Runs until cancelled; a bad one is refused once."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> bool:
        """Swap if there is a newer model than the current one; False if there is none, or it was refused."""
        try:
            newest = package.latest(self._settings.project / "models")
            stamp = (newest, newest.stat().st_mtime_ns)
        except (ModelError, OSError):
            return False
        if newest == self.current.model.path or stamp in self._refused:
            return False
        try:
            await self.swap(newest)
        except Exception as error:  # Whatever is wrong with it: the old one goes on, and is followed by better ones.
            self._refused.add(stamp)
            reason = str(error) if isinstance(error, ModelError) else type(error).__name__
            log.error("model.refused", model=newest.name, reason=reason)
            return False
        return True


GARBAGE = (10_000, 20, 100)
"""Python's thresholds: so many more objects made than let go, and so many looks at a generation before the next."""


class _Slot:
    """An engine and how many turns it is in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turns = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def enter(self) -> None:
        self._turns += 1
        self._idle.clear()

    def leave(self) -> None:
        self._turns -= 1
        if not self._turns:
            self._idle.set()

    async def empty(self) -> None:
        await self._idle.wait()


def _settle() -> None:
    """Let go of what loading left, and keep what stays out of the garbage collector's way: it would walk a hundred
    thousand objects in the middle of some customer's turn. It also looks seldom, and at the hot trackers hardly ever:
    they took it 50 ms each time, and what is done with goes without it."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
