"""Model packages: `models/<time>-<fingerprint>.tar.gz` is Rasa's own. Nothing is unpacked but a copy whose every byte
was checked, and of that only plain files, in bounds.

Inside, among Rasa's components, `xiaoer_made_by/code.json` says which code made it (`project.code`).
"""

from __future__ import annotations

import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.engine.signing import CHUNK, Statement, digest_of, open_plain, statement_of
from bot.errors import ModelError, OtherCode, UnsignedModel

MADE_BY = "xiaoer_made_by"
"""The folder among the components, and in it the file, that say which code made the model."""
CODE = "code.json"
METADATA = "metadata.json"
MOST_FILES = 10_000
MOST_TIMES_LARGER = 30
"""An unpacked model is at most so many times the size of its package; the shipped one is twice that size."""
_LEAST_BOUND_BYTES = 64 << 20
_BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, KeyError, TypeError)


def verified_copy(package: Path, key: Ed25519PublicKey, folder: Path, *, at_most: int) -> Path:
    """Check the signature, then copy the package into `folder` and check what was copied: so what is unpacked is what
    was checked. No byte is read of what is not signed, is larger than `at_most` bytes or than it was when signed.

    Raises UnsignedModel, or ModelError for what is too large or no file.
    """
    copy = folder / package.name
    with copy.open("xb") as target:
        check(package, key, at_most=at_most, copy=target)
    return copy


def check(package: Path, key: Ed25519PublicKey, *, at_most: int, copy: BinaryIO | None = None) -> Statement:
    """What our signature says of the package, which is as it was when signed. Raises as `verified_copy` does."""
    with open_plain(package, missing=ModelError(f"{package}: no such model")) as file:
        statement, size = statement_of(package, key), os.fstat(file.fileno()).st_size
        if size > at_most:
            raise ModelError(f"{package}: {size >> 20} MB; endpoints.yml: model.max_mb allows {at_most >> 20}")
        found = (size, "") if size != statement.size else digest_of(file, copy=copy, at_most=statement.size)
    if found != (statement.size, statement.sha256):
        raise UnsignedModel(f"{package}: the signature does not match; it was changed after it was signed")
    return statement


def unpack(package: Path, folder: Path) -> None:
    """The files and folders of a package, written into `folder`, which is empty. Raises ModelError for links, devices,
    names that lead out of it, and more than the bounds allow."""
    left = max(_LEAST_BOUND_BYTES, package.stat().st_size * MOST_TIMES_LARGER)
    try:
        with tarfile.open(package, "r:gz") as tar:
            for number, member in enumerate(tar):
                left -= member.size
                if left < 0 or number > MOST_FILES:
                    raise ModelError(f"{package.name}: unpacks to more than {MOST_TIMES_LARGER} times its size")
                _write(tar, member, folder)
    except _BROKEN as error:
        raise ModelError(f"{package.name}: not a model package: {type(error).__name__}") from error


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
        raise ModelError(f"model package: '{member.name}' is a link, a device, or leads out of it")
    target = folder / path
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    with target.open("xb") as file:
        while source is not None and (chunk := source.read(CHUNK)):
            file.write(chunk)


def made_by(unpacked: Path) -> dict[str, str]:
    """What code made a model that is unpacked (see `project.code`); empty if it does not say."""
    path = unpacked / "components" / MADE_BY / CODE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def check_code(made_by: Mapping[str, str], code: Mapping[str, str], *, where: str) -> None:
    """Raises OtherCode unless `code` (see `project.code`) has all that made the model: what other code has written
    down may look right, and fail in the middle of a turn."""
    if not made_by:
        raise OtherCode(f"{where}: it does not say which code made it; train it again")
    others = sorted(name for name, digest in made_by.items() if code.get(name) != digest)
    if others:
        raise OtherCode(f"{where}: made by other code than this process runs ({', '.join(others)}); start anew")


def trained_at(package: Path) -> float:
    """When it was trained, by its own word: epoch seconds. Raises ModelError for what is no model package."""
    try:
        with tarfile.open(package) as tar:
            file = next(tar.extractfile(each) for each in tar if PurePosixPath(each.name) == PurePosixPath(METADATA))
            moment = datetime.fromisoformat(json.load(file)["trained_at"])  # type: ignore[arg-type]
    except (*_BROKEN, StopIteration) as error:
        raise ModelError(f"{package.name}: not a model package of Rasa 3: {type(error).__name__}") from error
    return moment.replace(tzinfo=UTC).timestamp()
