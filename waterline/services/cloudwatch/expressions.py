"""Metric math, as far as it is arithmetic: ``+ - * /``, parentheses, numbers, and the identifiers of other queries.

Source: "Using math expressions with CloudWatch metrics", Amazon CloudWatch User Guide. A data point that one of the
metrics does not have, the result does not have; nor is there a result of a division by zero. Functions (``FILL``,
``SEARCH``, ``IF``) and Metrics Insights queries are refused.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import TypeAlias

Values: TypeAlias = dict[int, float]
_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class NotUnderstood(ValueError):
    """An expression that the lab does not compute."""


def computed(expressions: Mapping[str, str], known: Mapping[str, Values]) -> dict[str, Values]:
    """The values of each expression; it may use queries that are `known` and other expressions."""
    results: dict[str, Values] = {}

    def of(identifier: str, asked: frozenset[str]) -> Values:
        if identifier in known:
            return known[identifier]
        if identifier not in expressions or identifier in asked:
            raise NotUnderstood(f"No query has the Id {identifier}, or it refers to itself.")
        if identifier not in results:
            text = expressions[identifier]
            refused = NotUnderstood(
                f"The lab computes + - * / on the Ids of queries, and this is something else: {text}"
            )
            try:
                value = evaluate(ast.parse(text.strip(), mode="eval").body, asked | {identifier}, refused)
            except SyntaxError:
                raise refused from None
            if not isinstance(value, dict):
                raise refused
            results[identifier] = value
        return results[identifier]

    def evaluate(node: ast.expr, asked: frozenset[str], refused: NotUnderstood) -> Values | float:
        match node:
            case ast.Name(id=name):
                return of(name, asked)
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _each(operator.sub, 0.0, evaluate(operand, asked, refused))
            case ast.BinOp(left=left, op=symbol, right=right) if type(symbol) in _OPERATORS:
                return _each(_OPERATORS[type(symbol)], evaluate(left, asked, refused), evaluate(right, asked, refused))
        raise refused

    for identifier in expressions:
        of(identifier, frozenset())
    return results


def _each(operation: Callable[[float, float], float], left: Values | float, right: Values | float) -> Values | float:
    """The operation on two numbers, or on each data point that both sides have."""
    if not isinstance(left, dict) and not isinstance(right, dict):
        return operation(left, right) if operation is not operator.truediv or right else float("nan")
    sides = [set(side) for side in (left, right) if isinstance(side, dict)]
    result: Values = {}
    for at in sorted(set.intersection(*sides)):
        one = left[at] if isinstance(left, dict) else left
        other = right[at] if isinstance(right, dict) else right
        if operation is not operator.truediv or other:
            result[at] = operation(one, other)
    return result
