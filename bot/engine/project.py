"""A Rasa project's folder: its files, and a fingerprint of everything that training reads."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.metadata
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.files import read_yaml

_LIBRARIES = ("rasa", "scikit-learn", "numpy", "scipy", "spacy", "onnxruntime")
_SLOTS = Path(__file__).with_name("slots.py")
"""Which slots of a trained domain are the engine's."""
_IGNORED = ("__pycache__", ".")


def config_of(project: Path) -> dict[str, Any]:
    """`config.yml`. Raises ConfigError where it is missing or not YAML keys and values."""
    path = project / "config.yml"
    if not path.is_file():
        raise ConfigError(f"{path}: missing; a Rasa project has config.yml, domain.yml and data/")
    config = read_yaml(path)
    if not isinstance(config, dict):
        raise ConfigError(f"config.yml: expected keys and values, found {type(config).__name__}")
    return config


def domain_path(project: Path) -> Path:
    """`domain.yml`, or the folder `domain`."""
    for name in ("domain.yml", "domain", "domain.yaml"):
        if (project / name).exists():
            return project / name
    raise ConfigError(f"{project}: neither domain.yml nor domain/")


def fingerprint(project: Path) -> str:
    """Twelve hexadecimal digits that change when anything does that a model is made from."""
    digest = hashlib.sha256()
    for library in (*_LIBRARIES, "xiaoer"):
        digest.update(f"{library} {_version(library)}\n".encode())
    digest.update(f"python {sys.version_info[:2]}\n".encode())
    for name, path in sorted(_inputs(project)):
        digest.update(f"{name} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def code(project: Path) -> dict[str, str]:
    """What makes a model's parts and reads them back: Rasa's version, and a digest of each package of components of
    one's own that config.yml's pipeline names, as it stands on the disk now."""
    found = {"rasa": _version("rasa"), "slots": hashlib.sha256(_SLOTS.read_bytes()).hexdigest()[:12]}
    for package, folder in _component_folders(config_of(project), project, sections=("pipeline",)).items():
        digest = hashlib.sha256()
        for name, path in sorted(_code_files(folder)):
            digest.update(f"{name} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
        found[package] = digest.hexdigest()[:12]
    return found


def _inputs(project: Path) -> Iterator[tuple[str, Path]]:
    config = config_of(project)
    yield "config.yml", project / "config.yml"
    for root in (domain_path(project), project / "data"):
        for path in _files(root):
            yield str(path.relative_to(project)), path
    for place in _named(config, project):
        for path in _files(place):
            yield (str(path.relative_to(project)) if path.is_relative_to(project) else str(path)), path
    for package, folder in _component_folders(config, project).items():
        for name, path in _code_files(folder):
            yield f"{package}/{name}", path


def _named(config: Mapping[str, Any], project: Path) -> set[Path]:
    """Files and folders outside domain and data that are read because config.yml, an imported project's config or a
    lookup table names them, as paths from there or from the project."""
    found: set[Path] = set()
    waiting = [(project, _texts(config)), *((path.parent, _lookups(path)) for path in _json_files(project / "data"))]
    while waiting:
        base, texts = waiting.pop()
        for text in texts:
            place = next((each for each in (base / text, project / text) if text and each.exists()), None)
            place = place.resolve() if place is not None else None
            if place is None or place in found or project.resolve().is_relative_to(place):
                continue
            found.add(place)
            configs = [place] if place.is_file() else _files(place)
            for path in configs:
                if path.name.startswith("config.") and path.suffix in (".yml", ".yaml"):
                    waiting.append((path.parent, _texts(read_yaml(path))))
                elif path.suffix == ".json":
                    waiting.append((path.parent, _lookups(path)))
    return found


def _json_files(root: Path) -> Iterator[Path]:
    return (path for path in _files(root) if path.suffix == ".json")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _lookups(path: Path) -> Iterator[str]:
    """Files that the lookup tables of a JSON file of training data name."""
    try:
        tables = json.loads(path.read_text(encoding="utf-8"))["rasa_nlu_data"]["lookup_tables"]
    except (ValueError, LookupError, TypeError):
        return
    yield from (each["elements"] for each in tables if isinstance(each.get("elements"), str))


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for path in root.rglob("*") if root.is_dir() else ():
        if path.is_file() and not any(part.startswith(_IGNORED) for part in path.relative_to(root).parts):
            yield path


def _code_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in _files(folder):
        if path.suffix != ".pyc":
            yield str(path.relative_to(folder)), path


def _component_folders(
    config: Mapping[str, Any], project: Path, *, sections: Sequence[str] = ("pipeline", "policies", "importers")
) -> dict[str, Path]:
    """The packages of components and importers that config.yml names by module path, not Rasa's own."""
    folders: dict[str, Path] = {}
    for section in sections:
        for entry in config.get(section) or ():
            name = str(entry.get("name", "")) if isinstance(entry, Mapping) else str(entry)
            package = ".".join(name.split(".")[:-2]) or name.rpartition(".")[0]
            if package and not name.startswith("rasa."):
                folders.update(_folder(package, name.rpartition(".")[0], project))
    return folders


def _folder(package: str, module: str, project: Path) -> dict[str, Path]:
    """Where a package's code is, found without importing it. A module that stands alone is its own folder."""
    for name in (package, module):
        path: list[str] | None = [str(project), *sys.path]
        spec = None
        for depth in range(1, len(name.split(".")) + 1):
            spec = importlib.machinery.PathFinder.find_spec(".".join(name.split(".")[:depth]), path)
            path = list(spec.submodule_search_locations or []) if spec else []
        if spec is not None:
            places = list(spec.submodule_search_locations or [])
            return {name: Path(places[0] if places else str(spec.origin))}
    return {}


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "none"
