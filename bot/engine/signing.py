"""Who made a model, which, and when: keys, and signatures that say so. Loading a model runs its code.

`<package>.sig` beside a package is two lines: a statement in JSON, and the base64 of an Ed25519 signature over that
line's bytes. The statement names the package, the moment it was made, its size and its SHA-256, so a package that is
renamed or touched is no newer, and nothing of it has to be read to refuse a stranger's.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.errors import ConfigError, ModelError, UnsignedModel
from bot.settings import Settings

FORMAT = "xiaoer-model-v2"
CHUNK = 1 << 20
_LONGEST_BYTES = 4096
"""Of a signature's file; more is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a signature says of a package."""

    name: str
    """The package's file name."""
    made: float
    """Epoch seconds, by the clock of whoever signed: the later is the newer."""
    size: int
    """Bytes."""
    sha256: str
    """In hexadecimal."""
    format: str = FORMAT


def signature_of(package: Path) -> Path:
    return package.with_name(package.name + ".sig")


def sign(package: Path, key: Ed25519PrivateKey, *, made: float) -> Statement:
    """Write the signature beside it, in one step."""
    with package.open("rb") as file:
        size, sha256 = digest_of(file)
    statement = Statement(name=package.name, made=round(made, 3), size=size, sha256=sha256)
    said = json.dumps(dataclasses.asdict(statement))
    signature = base64.b64encode(key.sign(said.encode())).decode()
    temporary = signature_of(package).with_suffix(".new")
    temporary.write_text(f"{said}\n{signature}\n", encoding="ascii")
    temporary.replace(signature_of(package))
    return statement


def statement_of(package: Path, key: Ed25519PublicKey) -> Statement:
    """What our signature says of a package of this name; the package itself is not looked at. Raises UnsignedModel."""
    path = signature_of(package)
    said, _, signature = _read(path).strip().partition(b"\n")
    if not said.startswith(b"{"):
        raise UnsignedModel(
            f"{path.name}: no signature of this version, which names package and time; fix: xiaoer model sign {package}"
        )
    try:
        key.verify(base64.b64decode(signature, validate=True), said)
        statement = Statement(**json.loads(said))
    except InvalidSignature:
        raise UnsignedModel(f"{package}: the signature does not match; it was changed, or signed by another") from None
    except (binascii.Error, ValueError, TypeError) as error:
        raise UnsignedModel(f"{path.name}: not a signature; fix: xiaoer model sign {package}") from error
    if statement.format != FORMAT:
        raise UnsignedModel(f"{path.name}: signed as {statement.format}; this process reads {FORMAT}")
    if statement.name != package.name:
        raise UnsignedModel(
            f"{package}: signed as {statement.name}; give it that name again, or sign it under this one"
        )
    return statement


def digest_of(file: BinaryIO, *, copy: BinaryIO | None = None, at_most: int | None = None) -> tuple[int, str]:
    """Size and SHA-256 of what is in a file, `copy` being given the very same bytes. Stops just above `at_most`."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if copy is not None:
            copy.write(chunk)
        if at_most is not None and size > at_most:
            break
    return size, digest.hexdigest()


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """XIAOER_SIGNING_KEY, or this project's own key for trying things out, made in `var/` when first needed."""
    if "signing_key" in settings.secrets:
        return private_key(settings.secrets["signing_key"], "XIAOER_SIGNING_KEY")
    path = _own_key(settings)
    if not path.exists():
        _write_private(path, Ed25519PrivateKey.generate())
    return private_key(path.read_text(encoding="ascii"), str(path))


def verify_key(settings: Settings) -> Ed25519PublicKey:
    """XIAOER_VERIFY_KEY, or the public half of the key that signs here."""
    if "verify_key" not in settings.secrets:
        if "signing_key" not in settings.secrets and not _own_key(settings).exists():
            raise UnsignedModel("no key to check the model with: set XIAOER_VERIFY_KEY, or train here first")
        return signing_key(settings).public_key()
    try:
        key = serialization.load_pem_public_key(settings.secrets["verify_key"].encode())
    except ValueError as error:
        raise ConfigError(f"XIAOER_VERIFY_KEY: not a public key in PEM form: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"XIAOER_VERIFY_KEY: expected an Ed25519 key, found {type(key).__name__}")
    return key


def private_key(pem: str, where: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{where}: not a private key in PEM form: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{where}: expected an Ed25519 key, found {type(key).__name__}")
    return key


def make_keys(folder: Path) -> tuple[Path, Path]:
    """A new pair: `signing.pem`, readable by its owner alone, and `verify.pem`. Raises FileExistsError."""
    signing, verify = folder / "signing.pem", folder / "verify.pem"
    key = Ed25519PrivateKey.generate()
    _write_private(signing, key)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with os.fdopen(os.open(verify, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(public)
    return signing, verify


def open_plain(path: Path, *, missing: ModelError) -> BinaryIO:
    """A file to be read, or a link to one; for a pipe one would wait without end. Raises `missing`, or ModelError."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise missing from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise ModelError(f"{path}: not a file")
    return os.fdopen(number, "rb")


def _read(path: Path) -> bytes:
    unsigned = UnsignedModel(f"{path.with_suffix('')}: not signed ({path.name} is missing); train it here, or sign it")
    with open_plain(path, missing=unsigned) as file:
        return file.read(_LONGEST_BYTES)


def _own_key(settings: Settings) -> Path:
    return settings.project / "var" / "model-signing.pem"


def _write_private(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
