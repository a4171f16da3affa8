"""The Map state: a line of states for each item, inline or as child executions of their own.

The items are an array, or an object whose members become Key and Value. An inline Map plays so many iterations at a
time at most (``sfn.inline_map_parallel``); a distributed one is in ``distributed``.

Source: AWS Step Functions Developer Guide, "Map workflow state" and "Using Map state in Inline mode in Step Functions
workflows" (read 2026-11).
"""

from __future__ import annotations

import copy
from typing import Any, Final

from waterline.facts import facts
from waterline.services.states import distributed, jsonata, templates
from waterline.services.states.branch import Branch
from waterline.services.states.children import play
from waterline.services.states.errors import QUERY_EVALUATION, RUNTIME, StateError
from waterline.services.states.intrinsics import text_of
from waterline.services.states.visit import Visit

PARALLEL: Final = facts["sfn.inline_map_parallel"].count


def work(visit: Visit) -> list[Any] | Any:
    """Play all items; returns the outputs in the items' order, or what a ResultWriter gives. Raises StateError."""
    processor = visit.state.get("ItemProcessor") or visit.state["Iterator"]
    data = visit.data if visit.jsonata else visit.path("InputPath", visit.data)
    if processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
        return distributed.work(visit, processor, data, lambda: items_of(visit, data))
    return _inline(visit, processor, data)


def items_of(visit: Visit, data: Any) -> list[dict[str, Any]]:
    """The items as the context object has them: with Index and Value, and Key if they are an object's members."""
    if visit.jsonata:
        found = jsonata.filled("Items", visit.state["Items"], visit.view(data)) if "Items" in visit.state else data
    else:
        found = visit.path("ItemsPath", data)
    if isinstance(found, dict):
        return [{"Index": n, "Key": key, "Value": value} for n, (key, value) in enumerate(found.items())]
    if not isinstance(found, list):
        where = visit.state.get("Items", "the input") if visit.jsonata else visit.state.get("ItemsPath", "$")
        code = QUERY_EVALUATION if visit.jsonata else RUNTIME
        raise StateError(code, f'Reference path "{where}" must point to array, and it points to {text_of(found)}')
    return [{"Index": number, "Value": value} for number, value in enumerate(found)]


def selected(visit: Visit, data: Any, item: dict[str, Any]) -> Any:
    """What an iteration gets for an item: what ItemSelector makes of it, or the item."""
    for name in ("ItemSelector", "Parameters"):
        if name in visit.state:
            view = visit.view(data)
            view.context["Map"] = {"Item": item}
            fill = jsonata.filled if visit.jsonata else templates.filled
            return fill(name, visit.state[name], view)
    return {"Key": item["Key"], "Value": item["Value"]} if "Key" in item else item["Value"]


def _inline(visit: Visit, processor: dict[str, Any], data: Any) -> list[Any]:
    branch = visit.branch
    most = visit.number("MaxConcurrency", data) or PARALLEL
    if branch.children is None:
        items = items_of(visit, data)
        begun = branch.add("MapStateStarted", length=len(items))
        branch.children = [
            Branch(
                branch.execution,
                processor,
                copy.deepcopy(selected(visit, data, item)),
                branch.scope.inner(),
                parent=branch,
                item=item,
                map_name=visit.name,
                index=number,
            )
            for number, item in enumerate(items)
        ]
    else:
        begun = branch.previous
    for child in branch.children:
        child.previous = begun
    error = play(branch.execution.ground.clock, branch.execution.cause, branch.children, min(int(most), PARALLEL))
    if error is not None:
        branch.previous = branch.failed_at or branch.previous
        raise error
    branch.previous = max([begun, *(child.previous for child in branch.children)])
    branch.pass_by("MapStateSucceeded")
    return [child.data for child in branch.children]
