"""The folder `models/`: which package is to be served, pinning one, and clearing out what is no longer needed."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.engine import signing
from bot.engine.signing import Statement
from bot.errors import ModelError
from bot.settings import Settings

PIN = "pinned"
"""In `models/`: the name of the package that is served, whatever is newer."""
_SUFFIX = ".tar.gz"


@dataclass(frozen=True, slots=True)
class Signed:
    """A package with our signature; that it is what was signed is seen when it is loaded."""

    path: Path
    statement: Statement

    @property
    def newness(self) -> tuple[float, str]:
        return self.statement.made, self.path.name


class Shelf:
    """All of it is read anew each time: others write there."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.project / "models"
        self._settings = settings

    def packages(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_SUFFIX}"))

    def state(self) -> frozenset[tuple[str, int]]:
        """Changes whenever anything here does."""
        found = set()
        for path in self.folder.glob("*"):
            with suppress(OSError):
                found.add((path.name, path.stat().st_mtime_ns))
        return frozenset(found)

    def sorted(self, key: Ed25519PublicKey | None = None) -> tuple[list[Signed], list[tuple[Path, ModelError]]]:
        """What `key` (if none is given, the one that models are checked with) signed, the newest by signed time first;
        and why the others are none of it."""
        signed: list[Signed] = []
        refused: list[tuple[Path, ModelError]] = []
        packages = self.packages()
        key = key or (signing.verify_key(self._settings) if packages else None)
        for path in packages:
            assert key is not None  # noqa: S101
            try:
                signed.append(Signed(path, signing.statement_of(path, key)))
            except ModelError as error:
                refused.append((path, error))
        return sorted(signed, key=lambda each: each.newness, reverse=True), refused

    def newest(self) -> Path:
        """The pinned package, else the newest that our key signed. Raises ModelError when there is none."""
        signed, refused = self.sorted()
        pinned = self.pinned()
        if pinned is not None:
            return pinned
        if not signed:
            raise nothing(self.folder, [str(error) for _, error in refused])
        return signed[0].path

    def pinned(self) -> Path | None:
        try:
            name = (self.folder / PIN).read_text(encoding="utf-8").strip()
        except OSError:
            return None
        return self.folder / Path(name).name if name else None

    def pin(self, package: Path | None) -> None:
        """Serve this one from now on, whatever is newer; None: the newest again. Raises UnsignedModel, ModelError."""
        if package is None:
            (self.folder / PIN).unlink(missing_ok=True)
            return
        path = self.demand(package)
        temporary = self.folder / f".{PIN}.new"
        temporary.write_text(f"{path.name}\n", encoding="utf-8")
        temporary.replace(self.folder / PIN)

    def demand(self, package: Path) -> Path:
        """The package of this name here. Raises ModelError where there is none, UnsignedModel if it is not ours."""
        path = self.folder / package.name
        if not path.is_file():
            names = ", ".join(each.name for each in self.packages()) or "none"
            raise ModelError(f"{path}: no such model; in models/: {names}")
        signing.statement_of(path, signing.verify_key(self._settings))
        return path

    def prune(self, *, keep: int) -> list[Path]:
        """Delete all but the `keep` newest that our key signed, what is pinned and what is in use; returns what went.
        What our key did not sign is not ours to delete. `keep` 0 keeps everything."""
        signed, _ = self.sorted()
        spare = [each.path for each in (signed[keep:] if keep else []) if each.path != self.pinned()]
        gone = [path for path in spare if not _is_in_use(path)]
        for path in gone:
            path.unlink(missing_ok=True)
            signing.signature_of(path).unlink(missing_ok=True)
        return gone


def nothing(folder: Path, reasons: Sequence[str]) -> ModelError:
    """What to say where no package is left."""
    if not reasons:
        return ModelError(f"{folder}: no model; train one with `xiaoer train`")
    return ModelError("\n".join(reasons))


@contextmanager
def in_use(package: Path) -> Iterator[None]:
    """While this lasts, nobody's `prune` deletes it."""
    with signing.open_plain(package, missing=ModelError(f"{package}: no such model")) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def _is_in_use(package: Path) -> bool:
    try:
        with signing.open_plain(package, missing=ModelError(f"{package}: no such model")) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    except ModelError:
        return False
    return False
