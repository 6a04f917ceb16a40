"""Model packages: which one is current, signing, and unpacking only what was signed. Loading a model runs its code.

`models/<time>-<fingerprint>.tar.gz` is Rasa's own package; `<same>.tar.gz.sig` beside it is the base64 of an Ed25519
signature over `xiaoer-model-v1`, a newline, and the SHA-256 of the package in hexadecimal. Inside, among Rasa's
components, `xiaoer_made_by/code.json` says which code made it (`project.code`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.errors import ConfigError, ModelError, UnsignedModel
from bot.settings import Settings

MADE_BY = "xiaoer_made_by"
"""The folder among the components, and in it the file, that say which code made the model."""
CODE = "code.json"
_CHUNK = 1 << 20


def latest(models: Path) -> Path:
    """The newest package in a folder. Raises ModelError when there is none."""
    packages = sorted(models.glob("*.tar.gz"), key=lambda path: (path.stat().st_mtime, path.name))
    if not packages:
        raise ModelError(f"{models}: no model; train one with `xiaoer train`")
    return packages[-1]


def signature_of(package: Path) -> Path:
    return package.with_name(package.name + ".sig")


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """XIAOER_SIGNING_KEY, or this project's own key for trying things out, made in `var/` when first needed."""
    if "signing_key" in settings.secrets:
        return _private(settings.secrets["signing_key"], "XIAOER_SIGNING_KEY")
    path = _own_key(settings)
    if not path.exists():
        _write_private(path, Ed25519PrivateKey.generate())
    return _private(path.read_text(encoding="ascii"), str(path))


def make_keys(folder: Path) -> tuple[Path, Path]:
    """A new pair: `signing.pem`, readable by its owner alone, and `verify.pem`. Raises FileExistsError."""
    signing, verify = folder / "signing.pem", folder / "verify.pem"
    key = Ed25519PrivateKey.generate()
    _write_private(signing, key)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with os.fdopen(os.open(verify, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(public)
    return signing, verify


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


def sign(package: Path, key: Ed25519PrivateKey) -> None:
    signature = base64.b64encode(key.sign(_statement(_digest(package)))).decode()
    temporary = signature_of(package).with_suffix(".new")
    temporary.write_text(signature + "\n", encoding="ascii")
    temporary.replace(signature_of(package))


def is_signed(package: Path, key: Ed25519PublicKey) -> bool:
    try:
        _check(package, _digest(package), key)
    except UnsignedModel:
        return False
    return True


def verified_copy(package: Path, key: Ed25519PublicKey, folder: Path) -> Path:
    """Copy `package` into `folder` and check the copy, so that what is unpacked is what was checked.

    Raises UnsignedModel when the signature is missing or does not match.
    """
    if not package.is_file():
        raise ModelError(f"{package}: no such model")
    copy = folder / package.name
    shutil.copyfile(package, copy)
    _check(package, _digest(copy), key)
    return copy


def check_code(package: Path, code: Mapping[str, str]) -> None:
    """Raises ModelError unless `code` (see `project.code`) has all that made the model: what other code has written
    down may look right, and fail in the middle of a turn."""
    made_by = _made_by(package)
    if not made_by:
        raise ModelError(f"{package.name}: it does not say which code made it; train it again")
    others = sorted(name for name, digest in made_by.items() if code.get(name) != digest)
    if others:
        raise ModelError(f"{package.name}: made by other code than this process runs ({', '.join(others)}); start anew")


def _made_by(package: Path) -> dict[str, str]:
    try:
        with tarfile.open(package) as tar:
            file = next((tar.extractfile(each) for each in tar if each.name.endswith(f"{MADE_BY}/{CODE}")), None)
            return dict(json.load(file)) if file else {}
    except (tarfile.TarError, OSError, EOFError, ValueError, TypeError) as error:
        raise ModelError(f"{package.name}: not a model package: {type(error).__name__}") from error


def _check(package: Path, digest: str, key: Ed25519PublicKey) -> None:
    path = signature_of(package)
    try:
        signature = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except FileNotFoundError:
        raise UnsignedModel(f"{package}: not signed ({path.name} is missing); train it here, or sign it") from None
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise UnsignedModel(f"{path}: not a signature") from error
    try:
        key.verify(signature, _statement(digest))
    except InvalidSignature:
        raise UnsignedModel(f"{package}: the signature does not match; it was changed, or signed by another") from None


def _statement(digest: str) -> bytes:
    return f"xiaoer-model-v1\n{digest}".encode()


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _own_key(settings: Settings) -> Path:
    return settings.project / "var" / "model-signing.pem"


def _write_private(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


def _private(pem: str, where: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{where}: not a private key in PEM form: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{where}: expected an Ed25519 key, found {type(key).__name__}")
    return key
