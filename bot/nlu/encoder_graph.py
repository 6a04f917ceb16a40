"""A BERT sentence encoder as an ONNX graph, made from its weights with the `onnx` package alone.

Input `input_ids`: int64 [texts, tokens], all texts of one call having the same number of tokens, so that nothing is
padded and nothing masked. Outputs: `vector` float32 [texts, hidden], mean-pooled over tokens and of length 1 (as
sentence-transformers computes it), and for each wanted layer `mean_<layer>`, the mean of that layer's token vectors.

Precisions: `int8` quantizes weights per output column and activations per call (com.microsoft.DynamicQuantizeMatMul);
`int8_blocks` quantizes both in blocks of 128 (com.microsoft.MatMulNBits): about half as fast, ten times as exact, and a
text's vector does not depend on what is encoded beside it; `fp32` is the original. Word embeddings are int8 by row in
the first two.

Weights without word embeddings make a graph whose input is `rows`, float32 [texts, tokens, hidden]: the embeddings,
which the caller looks up where they lie.

`reach` says how far each input of each linear layer goes, and smooths `int8`: what goes far is divided and its weights
multiplied (Xiao et al. 2023, SmoothQuant), since one scale serves all inputs of a call. Weights then have seven bits,
for which the products of no processor overflow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from bot.errors import ModelError

PRECISIONS = ("int8", "int8_blocks", "fp32")
MICROSOFT = "com.microsoft"
BLOCK = 128
WORDS = "embeddings.word_embeddings.weight"
SMOOTHING = 0.65
"""How much of the difficulty goes from inputs to weights, 0 to 1."""

Array = npt.NDArray[Any]


class _Graph:
    def __init__(self, weights: Mapping[str, Array], precision: str, reach: Mapping[str, Array] | None = None) -> None:
        self.weights, self.precision, self.reach = weights, precision, reach
        self.inputs: dict[str, str] = {}
        """Of each linear layer, by its first name, what it reads."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def const(self, name: str, value: Any) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def op(self, kind: str, *inputs: str, outputs: Sequence[str] = (), domain: str = "", **attributes: Any) -> str:
        outputs = list(outputs) or [f"{kind}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, domain=domain, **attributes))
        return outputs[0]

    def norm(self, x: str, name: str, epsilon: float, *, added: str = "") -> str:
        """Layer normalization of `x`, or of `x + added`."""
        scale, bias = (self.const(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        if not added:
            return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon)
        return self.op("SkipLayerNormalization", x, added, scale, bias, domain=MICROSOFT, epsilon=epsilon)

    def linear(self, x: str, *names: str) -> str:
        """`x` times the transposed weights of `names` side by side, plus their biases."""
        matrix = np.concatenate([self.weights[f"{name}.weight"] for name in names]).T
        bias = self.const(f"{names[0]}.bias", np.concatenate([self.weights[f"{name}.bias"] for name in names]))
        self.inputs[names[0]] = x
        if self.precision == "fp32":
            return self.op("Add", self.op("MatMul", x, self.const(f"{names[0]}.weight", matrix)), bias)
        if self.precision == "int8":
            return self._by_column(x, names[0], matrix, bias)
        return self._by_block(x, names[0], matrix, bias)

    def _by_column(self, x: str, name: str, matrix: Array, bias: str) -> str:
        steps = 127
        if self.reach is not None:
            steps = 63
            far, heavy = np.maximum(self.reach[name], 1e-5), np.maximum(np.abs(matrix).max(axis=1), 1e-5)
            share = (far**SMOOTHING / heavy ** (1 - SMOOTHING)).astype(np.float32)
            x = self.op("Mul", x, self.const(f"{name}.smooth", 1 / share))
            matrix = matrix * share[:, None]
        scale = (np.abs(matrix).max(axis=0) / steps).astype(np.float32)
        quantized = np.round(matrix / scale).astype(np.int8)
        zero = self.const(f"{name}.zero", np.zeros(matrix.shape[1], np.int8))
        inputs = (self.const(f"{name}.weight", quantized), self.const(f"{name}.scale", scale), zero, bias)
        return self.op("DynamicQuantizeMatMul", x, *inputs, domain=MICROSOFT)

    def _by_block(self, x: str, name: str, matrix: Array, bias: str) -> str:
        rows, columns = matrix.shape
        blocks = np.ascontiguousarray(matrix.T).reshape(columns, rows // BLOCK, BLOCK)
        scale = (np.abs(blocks).max(axis=2) / 127).astype(np.float32)
        quantized = (np.round(blocks / scale[..., None]) + 128).clip(0, 255).astype(np.uint8)
        weight, scales = self.const(f"{name}.weight", quantized), self.const(f"{name}.scale", scale)
        sizes: dict[str, Any] = {"K": rows, "N": columns, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
        return self.op("MatMulNBits", x, weight, scales, "", "", bias, domain=MICROSOFT, **sizes)

    def embed(self, ids: str) -> str:
        table = self.weights[WORDS]
        if self.precision == "fp32":
            return self.op("Gather", self.const("words", table), ids)
        scale = (np.abs(table).max(axis=1, keepdims=True) / 127 + 1e-12).astype(np.float32)
        rows = self.op("Gather", self.const("words", np.round(table / scale).astype(np.int8)), ids)
        scales = self.op("Gather", self.const("words.scale", scale), ids)
        return self.op("Mul", self.op("Cast", rows, to=TensorProto.FLOAT), scales)


def build(
    config: Mapping[str, Any],
    weights: Mapping[str, Array],
    *,
    precision: str,
    layers: Sequence[int],
    max_tokens: int,
    reach: Mapping[str, Array] | None = None,
) -> onnx.ModelProto:
    """The graph of the model that `config` (its config.json) describes. Raises ModelError if it is not a plain BERT."""
    _check(config, precision, layers)
    graph = _bert(config, weights, precision=precision, layers=layers, max_tokens=max_tokens, reach=reach)
    return _model(graph, ["vector", *(f"mean_{layer}" for layer in layers)], config["hidden_size"])


def measuring(config: Mapping[str, Any], weights: Mapping[str, Array], *, max_tokens: int) -> onnx.ModelProto:
    """The exact graph, which gives beside `vector` what `reach` is made of: of each linear layer, by its first name,
    the farthest each of its inputs went, float32 [inputs]."""
    graph = _bert(config, weights, precision="fp32", layers=(), max_tokens=max_tokens, reach=None)
    for name, x in graph.inputs.items():
        graph.op("ReduceMax", graph.op("Abs", x), outputs=[name], axes=[0, 1], keepdims=0)
    return _model(graph, ["vector", *graph.inputs], config["hidden_size"])


def _bert(
    config: Mapping[str, Any],
    weights: Mapping[str, Array],
    *,
    precision: str,
    layers: Sequence[int],
    max_tokens: int,
    reach: Mapping[str, Array] | None,
) -> _Graph:
    graph = _Graph({name.removeprefix("bert."): value for name, value in weights.items()}, precision, reach)
    x = _embeddings(graph, config, max_tokens)
    for layer in range(1, config["num_hidden_layers"] + 1):
        x = _layer(graph, x, f"encoder.layer.{layer - 1}", config)
        if layer in layers:
            graph.op("ReduceMean", x, outputs=[f"mean_{layer}"], axes=[1], keepdims=0)
    mean = graph.op("ReduceMean", x, axes=[1], keepdims=0)
    graph.op("LpNormalization", mean, outputs=["vector"], axis=-1, p=2)
    return graph


def _check(config: Mapping[str, Any], precision: str, layers: Sequence[int]) -> None:
    for key, wanted in (("model_type", "bert"), ("hidden_act", "gelu")):
        if config.get(key) != wanted:
            raise ModelError(f"encoder: config.json says {key} {config.get(key)!r}, only {wanted!r} can be built")
    if precision not in PRECISIONS:
        raise ModelError(f"encoder: precision {precision!r} is unknown; known: {', '.join(PRECISIONS)}")
    if not all(1 <= layer <= config["num_hidden_layers"] for layer in layers):
        raise ModelError(f"encoder: layers {list(layers)} must be within 1 to {config['num_hidden_layers']}")


def _embeddings(graph: _Graph, config: Mapping[str, Any], max_tokens: int) -> str:
    positions = graph.weights["embeddings.position_embeddings.weight"][:max_tokens]
    kind = graph.weights["embeddings.token_type_embeddings.weight"][0]
    given = "input_ids" if WORDS in graph.weights else "rows"
    length = graph.op("Shape", given, start=1, end=2)
    zero = graph.const("zero", np.array([0], np.int64))
    position = graph.op("Slice", graph.const("positions", positions + kind), zero, length, zero)
    total = graph.op("Add", graph.embed(given) if WORDS in graph.weights else given, position)
    return graph.norm(total, "embeddings.LayerNorm", config["layer_norm_eps"])


def _layer(graph: _Graph, x: str, name: str, config: Mapping[str, Any]) -> str:
    epsilon = config["layer_norm_eps"]
    joined = graph.linear(x, *(f"{name}.attention.self.{part}" for part in ("query", "key", "value")))
    parts = [f"{name}.{part}" for part in ("query", "key", "value")]
    graph.op("Split", joined, outputs=parts, axis=-1)
    seen = graph.op("MultiHeadAttention", *parts, domain=MICROSOFT, num_heads=config["num_attention_heads"])
    seen = graph.linear(seen, f"{name}.attention.output.dense")
    x = graph.norm(seen, f"{name}.attention.output.LayerNorm", epsilon, added=x)
    inner = graph.op("Gelu", graph.linear(x, f"{name}.intermediate.dense"), domain=MICROSOFT)
    return graph.norm(graph.linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm", epsilon, added=x)


def _model(graph: _Graph, outputs: Sequence[str], hidden: int) -> onnx.ModelProto:
    given = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])
    if WORDS not in graph.weights:
        given = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["texts", "tokens", hidden])
    shapes = [["texts", hidden] if name.startswith(("vector", "mean_")) else None for name in outputs]
    vectors = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(outputs, shapes, strict=True)
    ]
    made = helper.make_graph(graph.nodes, "sentence-encoder", [given], vectors, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)
