"""What an update returns: the attributes that its expression names, before or after, also where they stay the same.

An expression that sets ``order.state`` returns of the map ``order`` the key ``state`` alone.
Source: Amazon DynamoDB API Reference, "UpdateItem", ReturnValues (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.dynamodb.parsing.ast_nodes import (
    ExpressionAttribute,
    ExpressionAttributeName,
    ExpressionSelector,
    UpdateExpressionAction,
    UpdateExpressionSetAction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser

Tree = dict[str | int, Any]
"""Paths by their steps: an attribute's or key's name, or an element's index; empty where a path ends."""


def updated(attributes: Mapping[str, Any], expression: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Of an item's attributes, as the API writes them, those that an update expression names."""
    tree: Tree = {}
    for path in _paths(UpdateExpressionParser.make(expression), names):
        place = tree
        for step in path:
            place = place.setdefault(step, {})
    chosen: dict[str, Any] = _chosen({"M": attributes}, tree)["M"]
    return chosen


def _paths(node: Any, names: Mapping[str, str]) -> Iterator[list[str | int]]:
    if isinstance(node, (UpdateExpressionSetAction, UpdateExpressionAction)):
        yield [step for part in node.children[0].children for step in _step(part, names)]
        return
    for child in getattr(node, "children", []):
        yield from _paths(child, names)


def _step(part: Any, names: Mapping[str, str]) -> list[str | int]:
    if isinstance(part, ExpressionAttribute):
        return [part.get_attribute_name()]
    if isinstance(part, ExpressionAttributeName):
        return [names[part.get_attribute_name_placeholder()]]
    return [part.get_index()] if isinstance(part, ExpressionSelector) else []


def _chosen(value: Mapping[str, Any], tree: Tree) -> Any:
    if not tree:
        return value
    if "M" in value:
        return {"M": {key: _chosen(value["M"][key], rest) for key, rest in tree.items() if key in value["M"]}}
    found = value.get("L", [])
    return {"L": [_chosen(found[n], tree[n]) for n in sorted(n for n in tree if isinstance(n, int) and n < len(found))]}
