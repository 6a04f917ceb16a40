"""The model in use, and changing it while turns are in flight."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import structlog

from bot.engine import folders, package, project
from bot.engine.engine import Engine
from bot.engine.shelf import Shelf, in_use, nothing
from bot.errors import ModelError, OtherCode, StoreDown
from bot.settings import Settings

log = structlog.get_logger()

LOOK_EVERY_S = 2.0


News = tuple[str, Path, dict[str, str]]
"""An event, the package, and its fields."""


class Record(Protocol):
    """How the audit trail is written: `bot.store.audit.Audit.record`."""

    async def __call__(self, event: str, *, actor: str, subject: str = "", **fields: Any) -> object: ...


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
        self._shelf = Shelf(settings)
        self._swapping = asyncio.Lock()
        self._seen: frozenset[tuple[str, int]] = frozenset()
        self._refused: set[tuple[str, int]] = set()
        self._news: deque[News] = deque()

    @classmethod
    async def load(cls, settings: Settings, path: Path | None = None) -> Models:
        """The model at `path`; or the pinned one, or the newest that our key signed, the code of this process made and
        whose actions are here. Where no such one is, other code's will do with a warning: a model that cannot be read
        at all is refused by its components. What is refused is logged, and the next one tried.

        Raises ModelError when nothing is left.
        """
        await asyncio.to_thread(folders.sweep, "model")
        code = project.code(settings.project)
        refused: dict[Path, str] = {}
        if path is not None:
            engine = await _load(settings, path)
        else:
            engine, refused = await _first(settings, code)
        models = cls(engine, settings=settings, code=code)
        for each, reason in refused.items():
            models._to_record("model.refused", each, reason=reason)
        models._refused.update((each.name, _changed_at(each)) for each in refused)
        try:
            package.check_code(engine.model.made_by, code, where=engine.model.path.name)
        except OtherCode as error:
            log.warning("model.other_code", model=engine.model.path.name, reason=str(error))
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
            engine = await _load(self._settings, path, code=self._code)
            old, self._slot = self._slot, _Slot(engine)
            await old.empty()
            old.close()
            before = old.engine.model.path.name
            log.info("model.swapped", model=path.name, before=before)
            self._to_record("model.swapped", path, before=before)
            del old
            _settle()
            return engine

    async def follow(self, record: Record, *, actor: str, pinned: Path | None = None) -> None:
        """Swap whenever another signed model is to be served: a newer one, or one that was pinned; none if this process
        was told which. What becomes of models goes into the audit trail by `record`, as what `actor` did. Runs until
        cancelled; a bad one is refused once."""
        while True:
            await self._tell(record, actor)
            await asyncio.sleep(LOOK_EVERY_S)
            if pinned is None:
                await self.look()

    async def _tell(self, record: Record, actor: str) -> None:
        """Unless Redis is away: then later."""
        while self._news:
            event, path, fields = self._news[0]
            try:
                await record(event, actor=actor, subject=f"model:{path.name}", **fields)
            except StoreDown:
                return
            self._news.popleft()

    async def look(self) -> bool:
        """Swap if another model is to be served than the current one; False if none is, or all were refused."""
        state = self._shelf.state()
        if state == self._seen:
            return False
        self._seen = state
        for each in await asyncio.to_thread(self._wanted):
            if each == self.current.model.path:
                break
            stamp = each.name, _changed_at(each)
            if stamp in self._refused:
                continue
            try:
                await self.swap(each)
            except (
                Exception
            ) as error:  # Whatever is wrong with it: the old one goes on, and is followed by better ones.
                self._refused.add(stamp)
                self._refuse(each, error)
                continue
            return True
        return False

    def _to_record(self, event: str, path: Path, **fields: str) -> None:
        self._news.append((event, path, fields))

    def _refuse(self, path: Path, error: Exception) -> None:
        self._to_record("model.refused", path, reason=_refuse(path, error))

    def _wanted(self) -> list[Path]:
        """The pinned package; where none is, all that our key signed, best first, and what it did not is refused."""
        pinned = self._shelf.pinned()
        if pinned is not None:
            return [pinned]
        signed, refused = self._shelf.sorted()
        for path, error in refused:
            stamp = path.name, _changed_at(path)
            if stamp not in self._refused:
                self._refused.add(stamp)
                self._refuse(path, error)
        return [each.path for each in signed]


async def _load(settings: Settings, path: Path, *, code: Mapping[str, str] | None = None) -> Engine:
    return await Engine.load(project=settings.project, model=path, settings=settings, code=code, all_actions=True)


async def _first(settings: Settings, code: Mapping[str, str]) -> tuple[Engine, dict[Path, str]]:
    """The best model that can be loaded, and what was refused before and why; see `Models.load`."""
    shelf = Shelf(settings)
    signed, strangers = shelf.sorted()
    pinned = shelf.pinned()
    wanted = [*([] if pinned is None else [pinned]), *(each.path for each in signed if each.path != pinned)]
    refused = {path: _refuse(path, error) for path, error in strangers}
    of_other_code: list[Path] = []
    for path, made_by in [(path, code) for path in wanted] + [(path, None) for path in wanted]:
        if made_by is None and path not in of_other_code:
            continue
        try:
            return await _load(settings, path, code=made_by), refused
        except OtherCode:
            of_other_code.append(path)
        except Exception as error:  # Whatever is wrong with it, the next one may serve.
            refused[path] = _refuse(path, error)
    raise nothing(shelf.folder, list(refused.values()))


def _refuse(path: Path, error: Exception) -> str:
    """Returns the reason, which is logged."""
    reason = str(error) if isinstance(error, ModelError) else type(error).__name__
    log.error("model.refused", model=path.name, reason=reason)
    return reason


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


GARBAGE = (10_000, 20, 100)
"""Python's thresholds: so many more objects made than let go, and so many looks at a generation before the next."""


class _Slot:
    """An engine and how many turns it is in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._turns = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._kept = contextlib.ExitStack()
        with contextlib.suppress(OSError, ModelError):  # Deleted meanwhile: what was loaded is served all the same.
            self._kept.enter_context(in_use(engine.model.path))

    def enter(self) -> None:
        self._turns += 1
        self._idle.clear()

    def leave(self) -> None:
        self._turns -= 1
        if not self._turns:
            self._idle.set()

    async def empty(self) -> None:
        await self._idle.wait()

    def close(self) -> None:
        """Its package may be pruned."""
        self._kept.close()


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
