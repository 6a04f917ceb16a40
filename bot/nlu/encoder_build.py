"""Builds an encoder's graph once and keeps it: `python -m bot.nlu.encoder_build --model all-MiniLM-L6-v2`.

A graph lies in the cache folder under a name made of everything it depends on (weights, precision, layers, version of
the builder), beside a file with its own sha256. It is written under another name and moved into place, so that any
number of processes may build it at the same moment. Building happens in a process of its own: it needs some 300 MB for
a second, which a worker should not keep.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.errors import ModelError
from bot.nlu.weights import FILE, Weights, find, hash_file

GRAPH_VERSION = 1
"""Changes when the same weights would give another graph: cached graphs of other versions are not used."""


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/xiaoer`, or `~/.cache/xiaoer`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xiaoer"


def ensure(weights: Weights, *, cache: Path, precision: str, layers: tuple[int, ...], max_tokens: int) -> Path:
    """The path of a sound graph in `cache`, built now if it is not there. Raises ModelError if it cannot be built."""
    settings = f"{GRAPH_VERSION}/{weights.sha256}/{precision}/{layers}/{max_tokens}"
    path = cache / f"encoder-{hashlib.sha256(settings.encode()).hexdigest()[:20]}.onnx"
    if not _sound(path):
        _build_apart(weights.folder, path, precision=precision, layers=layers, max_tokens=max_tokens)
    return path


def _sound(path: Path) -> bool:
    seal = path.with_suffix(".sha256")
    return path.is_file() and seal.is_file() and seal.read_text().strip() == hash_file(path)


def _build_apart(folder: Path, path: Path, *, precision: str, layers: tuple[int, ...], max_tokens: int) -> None:
    command = [sys.executable, "-m", "bot.nlu.encoder_build", "--model", str(folder), "--output", str(path)]
    command += ["--precision", precision, "--layers", ",".join(map(str, layers)), "--max-tokens", str(max_tokens)]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ModelError(f"encoder: its graph could not be built in {path.parent}: {last}")


def write(folder: Path, path: Path, *, precision: str, layers: tuple[int, ...], max_tokens: int) -> None:
    """Builds the graph of the model in `folder` and moves it to `path`, its seal first removed and last written."""
    from safetensors.numpy import load_file

    from bot.nlu import encoder_graph

    config = json.loads((folder / "config.json").read_text())
    model = encoder_graph.build(
        config, load_file(folder / FILE), precision=precision, layers=layers, max_tokens=max_tokens
    )
    data = model.SerializeToString()
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(path, data)
    _put(path.with_suffix(".sha256"), hashlib.sha256(data).hexdigest().encode())


def _put(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.encoder_build", description="Build an encoder's graph.")
    parser.add_argument("--model", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--layers", default="")
    parser.add_argument("--max-tokens", type=int, default=64)
    options = parser.parse_args()
    layers = tuple(int(layer) for layer in options.layers.split(",") if layer)
    try:
        folder = find(options.model).folder
        write(folder, options.output, precision=options.precision, layers=layers, max_tokens=options.max_tokens)
    except (ModelError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
