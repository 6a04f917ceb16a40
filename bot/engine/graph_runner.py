"""Runs Rasa's component graphs directly: a plan for each set of targets is made once, then it is a loop of calls.

Takes the place of Rasa's DaskGraphRunner, which builds and sorts the graph anew on every run.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import RasaException

Call = tuple[str, GraphNode, tuple[tuple[str, str], ...]]
"""A node's name, the node, and its arguments as (parameter, name of the node or input that provides it)."""


class DirectGraphRunner(GraphRunner):
    """Nodes run one after another in the calling thread, each at most once in a run."""

    def __init__(self, schema: GraphSchema, nodes: dict[str, GraphNode], *, eager: bool) -> None:
        self._schema = schema
        self._nodes = nodes
        self._eager = eager
        self._plans: dict[tuple[str, ...], tuple[Call, ...]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> DirectGraphRunner:
        nodes = {
            name: GraphNode.from_schema_node(name, node, model_storage, execution_context, hooks)
            for name, node in graph_schema.nodes.items()
        }
        eager = not hooks and all(node.eager for node in graph_schema.nodes.values())
        return cls(graph_schema, nodes, eager=eager)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of `targets`, or of the schema's own targets. Raises GraphRunError where an input is missing."""
        wanted = tuple(targets or self._schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._plan(wanted)
        outputs: dict[str, Any] = dict(inputs or {})
        clashes = outputs.keys() & self._nodes.keys()
        if clashes:
            raise GraphRunError(f"inputs named like nodes of the graph: {', '.join(sorted(clashes))}")
        call = self._call_loaded if self._eager else self._call
        for name, node, needs in plan:
            try:
                arguments = {parameter: outputs[provider] for parameter, provider in needs}
            except KeyError as error:
                raise GraphRunError(f"node '{name}' needs {error}, which is neither a node nor an input") from error
            outputs[name] = call(node, arguments)
        return {name: outputs[name] for name in wanted}

    @staticmethod
    def _call(node: GraphNode, arguments: dict[str, Any]) -> Any:
        """Through Rasa's own node: it constructs components as they are needed, and calls hooks."""
        providers = node._inputs
        return node(*((providers[parameter], value) for parameter, value in arguments.items()))[1]

    @staticmethod
    def _call_loaded(node: GraphNode, arguments: dict[str, Any]) -> Any:
        """A component that was constructed with its graph. Errors are wrapped as Rasa's node wraps them."""
        try:
            return node._fn(node._component, **arguments)
        except RasaException:
            raise
        except Exception as error:
            raise GraphComponentException(f"Error running graph component for node {node._node_name}.") from error

    def _plan(self, targets: Iterable[str]) -> tuple[Call, ...]:
        calls: dict[str, Call] = {}
        for target in targets:
            self._add(target, calls, ())
        return tuple(calls.values())

    def _add(self, name: str, calls: dict[str, Call], path: tuple[str, ...]) -> None:
        if name in calls or name not in self._nodes:
            return
        if name in path:
            raise GraphRunError(f"the graph has a cycle: {' -> '.join((*path, name))}")
        needs = tuple(self._schema.nodes[name].needs.items())
        for _, provider in needs:
            self._add(provider, calls, (*path, name))
        calls[name] = (name, self._nodes[name], needs)

    def component(self, name: str) -> Any:
        """The component behind a node of a loaded graph."""
        return self._nodes[name]._component
