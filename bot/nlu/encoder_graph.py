"""A BERT sentence encoder as an ONNX graph, made from its weights with the `onnx` package alone.

Input `input_ids`: int64 [texts, tokens], all texts of one call having the same number of tokens, so that nothing is
padded and nothing masked. Outputs: `vector` float32 [texts, hidden], mean-pooled over tokens and of length 1 (as
sentence-transformers computes it), and for each wanted layer `mean_<layer>`, the mean of that layer's token vectors.

Precisions: `int8` quantizes weights per output column and activations per call (com.microsoft.DynamicQuantizeMatMul);
`int8_blocks` quantizes both in blocks of 128 (com.microsoft.MatMulNBits): about half as fast, ten times as exact, and a
text's vector does not depend on what is encoded beside it; `fp32` is the original. Word embeddings are int8 by row in
the first two.
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

Array = npt.NDArray[Any]


class _Graph:
    def __init__(self, weights: Mapping[str, Array], precision: str) -> None:
        self.weights = weights
        self.precision = precision
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
        if self.precision == "fp32":
            return self.op("Add", self.op("MatMul", x, self.const(f"{names[0]}.weight", matrix)), bias)
        if self.precision == "int8":
            return self._by_column(x, names[0], matrix, bias)
        return self._by_block(x, names[0], matrix, bias)

    def _by_column(self, x: str, name: str, matrix: Array, bias: str) -> str:
        scale = (np.abs(matrix).max(axis=0) / 127).astype(np.float32)
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
        table = self.weights["embeddings.word_embeddings.weight"]
        if self.precision == "fp32":
            return self.op("Gather", self.const("words", table), ids)
        scale = (np.abs(table).max(axis=1, keepdims=True) / 127 + 1e-12).astype(np.float32)
        rows = self.op("Gather", self.const("words", np.round(table / scale).astype(np.int8)), ids)
        scales = self.op("Gather", self.const("words.scale", scale), ids)
        return self.op("Mul", self.op("Cast", rows, to=TensorProto.FLOAT), scales)


def build(
    config: Mapping[str, Any], weights: Mapping[str, Array], *, precision: str, layers: Sequence[int], max_tokens: int
) -> onnx.ModelProto:
    """The graph of the model that `config` (its config.json) describes. Raises ModelError if it is not a plain BERT."""
    _check(config, precision, layers)
    weights = {name.removeprefix("bert."): value for name, value in weights.items()}
    graph = _Graph(weights, precision)
    x = _embeddings(graph, config, max_tokens)
    for layer in range(1, config["num_hidden_layers"] + 1):
        x = _layer(graph, x, f"encoder.layer.{layer - 1}", config)
        if layer in layers:
            graph.op("ReduceMean", x, outputs=[f"mean_{layer}"], axes=[1], keepdims=0)
    mean = graph.op("ReduceMean", x, axes=[1], keepdims=0)
    graph.op("LpNormalization", mean, outputs=["vector"], axis=-1, p=2)
    return _model(graph, ["vector", *(f"mean_{layer}" for layer in layers)], config["hidden_size"])


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
    length = graph.op("Shape", "input_ids", start=1, end=2)
    zero = graph.const("zero", np.array([0], np.int64))
    position = graph.op("Slice", graph.const("positions", positions + kind), zero, length, zero)
    total = graph.op("Add", graph.embed("input_ids"), position)
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
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])
    vectors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", hidden]) for name in outputs]
    made = helper.make_graph(graph.nodes, "sentence-encoder", [ids], vectors, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)
