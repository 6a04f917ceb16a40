"""Builds an encoder's graph once and keeps it: `python -m bot.nlu.encoder_build --model all-MiniLM-L6-v2`.

A graph lies in the cache folder under a name made of everything it depends on (weights, precision, layers, version of
the builder), beside a file with its own sha256; of a packed model, the index of its pieces lies there too. Files are
written under another name and moved into place, so that any number of processes may build at the same moment. Building
happens in a process of its own: it needs some 300 MB for a few seconds, which a worker should not keep.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import ModelError
from bot.nlu.weights import Weights, find, hash_file

GRAPH_VERSION = 2
"""Changes when the same weights would give another graph: cached graphs of other versions are not used."""
LAYERS = 11
"""Of a packed model; the last of its twelve makes vectors that tell intents apart less well."""
SAMPLES = 64
"""Texts of random pieces by which a packed model's inputs are measured: what goes far does so whatever is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """`pieces` is the index of a packed model's pieces (bot.nlu.pieces), as NumPy saves it."""

    graph: Path
    pieces: Path | None


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/xiaoer`, or `~/.cache/xiaoer`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xiaoer"


def ensure(weights: Weights, *, cache: Path, precision: str, layers: tuple[int, ...], max_tokens: int) -> Built:
    """Sound files in `cache`, built now if they are not there. Raises ModelError if they cannot be built."""
    settings = f"{GRAPH_VERSION}/{weights.sha256}/{precision}/{layers}/{max_tokens}"
    name = hashlib.sha256(settings.encode()).hexdigest()[:20]
    graph = cache / f"encoder-{name}.onnx"
    pieces = cache / f"encoder-{name}.npy" if weights.packed else None
    if not all(sound(path) for path in (graph, pieces) if path):
        _build_apart(weights.path, graph, precision=precision, layers=layers, max_tokens=max_tokens)
    return Built(graph=graph, pieces=pieces)


def _seal(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def sound(path: Path) -> bool:
    """Whether a file is there as `put` has written it."""
    seal = _seal(path)
    return path.is_file() and seal.is_file() and seal.read_text().strip() == hash_file(path)


def _build_apart(weights: Path, graph: Path, *, precision: str, layers: tuple[int, ...], max_tokens: int) -> None:
    model = weights if weights.suffix == ".bin" else weights.parent
    command = [sys.executable, "-m", "bot.nlu.encoder_build", "--model", str(model), "--output", str(graph)]
    command += ["--precision", precision, "--layers", ",".join(map(str, layers)), "--max-tokens", str(max_tokens)]
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        raise ModelError(f"encoder: its graph could not be built in {graph.parent}: {last}")


def write(weights: Path, graph: Path, *, precision: str, layers: tuple[int, ...], max_tokens: int) -> None:
    """Builds what the model at `weights` needs and moves it to `graph` and beside it."""
    graph.parent.mkdir(parents=True, exist_ok=True)
    if weights.suffix == ".bin":
        _write_packed(weights, graph, precision=precision, layers=layers, max_tokens=max_tokens)
        return
    from safetensors.numpy import load_file

    from bot.nlu import encoder_graph

    config = json.loads(weights.with_name("config.json").read_text())
    model = encoder_graph.build(config, load_file(weights), precision=precision, layers=layers, max_tokens=max_tokens)
    put(graph, model.SerializeToString())


def _write_packed(weights: Path, graph: Path, *, precision: str, layers: tuple[int, ...], max_tokens: int) -> None:
    from bot.nlu import encoder_graph
    from bot.nlu.packed import Packed
    from bot.nlu.pieces import index

    packed = Packed(weights)
    config = {**packed.config(), "num_hidden_layers": min(LAYERS, packed.size["layers"])}
    tensors = packed.weights()
    reach = _reach(packed, config, tensors, max_tokens) if precision == "int8" else None
    model = encoder_graph.build(config, tensors, precision=precision, layers=layers, max_tokens=max_tokens, reach=reach)
    put(graph, model.SerializeToString())
    pieces = io.BytesIO()
    np.save(pieces, index(packed), allow_pickle=False)
    put(graph.with_suffix(".npy"), pieces.getvalue())


def _reach(packed: Any, config: dict[str, Any], tensors: dict[str, Any], max_tokens: int) -> dict[str, Any]:
    """The farthest that each input of each linear layer goes in SAMPLES texts."""
    import onnxruntime

    from bot.nlu import encoder_graph

    model = encoder_graph.measuring(config, tensors, max_tokens=max_tokens)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs() if output.name != "vector"]
    random = np.random.default_rng(0)
    farthest: dict[str, Any] = {}
    for number in range(SAMPLES):
        pieces = random.integers(len(packed.offsets) - 1, size=min((8, 16, 32, 64)[number % 4], max_tokens) - 2)
        ids = np.array([packed.start, *pieces, packed.end], np.int32)
        for name, far in zip(names, session.run(names, {"rows": packed.rows(ids)[None]}), strict=True):
            farthest[name] = np.maximum(farthest.get(name, far), far)
    return farthest


def put(path: Path, data: bytes) -> None:
    """`data` and its seal, which is written last."""
    for each, content in ((path, data), (_seal(path), hashlib.sha256(data).hexdigest().encode())):
        handle, name = tempfile.mkstemp(dir=each.parent, prefix=each.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(each)
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
        path = find(options.model).path
        write(path, options.output, precision=options.precision, layers=layers, max_tokens=options.max_tokens)
    except (ModelError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
