"""The conditions of flows, as Rasa's flows write them: `slots.amount > 50 and slots.reason is not "other"`.

Compared are slots (`slots.x`, or just `x`) with numbers, quoted texts, `true`, `false`, `null` (also `undefined`) and
lists; with `=`, `==`, `is`, `!=`, `is not`, `<`, `<=`, `>`, `>=`, `contains`, `matches` (a regular expression), `in`;
joined by `and`, `or`, `not` and parentheses. A slot that is not set is null, neither more nor less than anything.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_NAMES = {"true": True, "false": False, "null": None, "undefined": None, "none": None, "empty": None}
_WORDS = ((r"\bis\s+not\b", " != "), (r"\bis\b", " == "), (r"(?<![=!<>])=(?!=)", " == "), (r"\bcontains\b", " >> "))
_COMPARED: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda value, among: value in (among or ()),
    ast.NotIn: lambda value, among: value not in (among or ()),
}
_QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True, slots=True)
class Condition:
    text: str

    def __post_init__(self) -> None:
        """Raises ValueError for what is not a condition."""
        _check(self._tree())

    def holds(self, slots: Mapping[str, Any]) -> bool:
        return bool(_value(self._tree(), slots))

    def _tree(self) -> ast.expr:
        parts = _QUOTED.split(self.text)
        for pattern, to in (*_WORDS, (r"\bmatches\b", " @ ")):
            parts = [part if place % 2 else re.sub(pattern, to, part, flags=re.I) for place, part in enumerate(parts)]
        parts = [
            part if place % 2 else re.sub(r"\b(AND|OR|NOT)\b", lambda found: found[0].lower(), part)
            for place, part in enumerate(parts)
        ]
        try:
            return ast.parse("".join(parts).strip(), mode="eval").body
        except SyntaxError as error:
            raise ValueError(f"not a condition: {self.text!r}") from error


def _check(node: ast.expr) -> None:
    match node:
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            for each in values:
                _check(each)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            _check(operand)
        case ast.Compare(left=left, ops=ops, comparators=comparators) if all(type(op) in _COMPARED for op in ops):
            for each in (left, *comparators):
                _check(each)
        case ast.BinOp(left=left, op=ast.RShift() | ast.MatMult(), right=right):
            _check(left)
            _check(right)
        case ast.Constant() | ast.Name() | ast.Attribute(value=ast.Name(id="slots")):
            pass
        case _:
            raise ValueError(f"not a condition: {ast.unparse(node)}")


def _value(node: ast.expr, slots: Mapping[str, Any]) -> Any:  # noqa: PLR0911  One line for each kind of node.
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return _NAMES[name.lower()] if name.lower() in _NAMES else slots.get(name)
        case ast.Attribute(attr=name):
            return slots.get(name)
        case ast.List(elts=values) | ast.Tuple(elts=values):
            return [_value(each, slots) for each in values]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, slots)
        case ast.UnaryOp(operand=operand):
            return -_value(operand, slots)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_value(each, slots) for each in values)
        case ast.BoolOp(values=values):
            return any(_value(each, slots) for each in values)
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            return re.search(str(_value(right, slots)), str(_value(left, slots) or "")) is not None
        case ast.BinOp(left=left, right=right):
            return _value(right, slots) in (_value(left, slots) or ())
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            values = [_value(each, slots) for each in (left, *comparators)]
            return all(_compare(op, values[place], values[place + 1]) for place, op in enumerate(ops))
    raise ValueError(f"not a condition: {ast.unparse(node)}")


def _compare(op: ast.cmpop, left: Any, right: Any) -> bool:
    try:
        return bool(_COMPARED[type(op)](left, right))
    except TypeError:
        return False
