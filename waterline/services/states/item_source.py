"""Where the items of a distributed Map come from, other than from its input: an ItemReader, and batches of them.

A reader takes a JSON array, JSON lines or CSV from an object of S3, or the list of a bucket's objects.

Source: AWS Step Functions Developer Guide, "ItemReader (Map)" and "ItemBatcher (Map)" (read 2026-11).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from waterline.services.states import jsonata, paths, templates
from waterline.services.states.calls import called
from waterline.services.states.errors import ITEM_READER_FAILED, RUNTIME, StateError
from waterline.services.states.intrinsics import text_of
from waterline.services.states.resources import Resource
from waterline.services.states.visit import Visit

GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
INPUT_TYPES = ("JSON", "JSONL", "CSV", "MANIFEST")


def read(visit: Visit, data: Any) -> list[Any]:
    """The items that the ItemReader of a Map reads. Raises StateError ``States.ItemReaderFailed``."""
    reader = visit.state["ItemReader"]
    config = reader.get("ReaderConfig", {})
    name = "Arguments" if visit.jsonata else "Parameters"
    fill = jsonata.filled if visit.jsonata else templates.filled
    parameters = fill(name, reader.get(name, {}), visit.view(data))
    try:
        if reader["Resource"] == LIST:
            items = _listed(visit, parameters)
        else:
            items = _parsed(_called(visit, "getObject", parameters)["Body"], config)
    except (ValueError, TypeError, KeyError, paths.NothingThere) as error:
        raise StateError(ITEM_READER_FAILED, f"The items could not be read: {error}") from error
    except StateError as error:
        raise StateError(ITEM_READER_FAILED, error.cause) from error
    most = config.get("MaxItems")
    if "MaxItemsPath" in config:
        most = templates.field("MaxItemsPath", config["MaxItemsPath"], visit.view(data))
    elif jsonata.is_expression(most):
        most = jsonata.filled("MaxItems", most, visit.view(data))
    return items[: int(most)] if most else items


def _called(visit: Visit, action: str, parameters: Any) -> Any:
    return called(visit.branch.execution.service.clients, Resource("sdk", GET, "s3", action), parameters)


def _listed(visit: Visit, parameters: dict[str, Any]) -> list[Any]:
    items: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        page = _called(visit, "listObjectsV2", {**parameters, **more})
        items += [
            {key: each[key] for key in ("Etag", "ETag", "Key", "LastModified", "Size", "StorageClass") if key in each}
            for each in page.get("Contents", [])
        ]
        if not page.get("IsTruncated"):
            return items
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _parsed(text: str, config: Mapping[str, Any]) -> list[Any]:
    kind = config.get("InputType", "JSON")
    if kind == "CSV":
        rows = list(csv.reader(io.StringIO(text), delimiter=_delimiter(config)))
        heads = config["CSVHeaders"] if config.get("CSVHeaderLocation") == "GIVEN" else rows.pop(0) if rows else []
        return [dict(zip(heads, [*row, *[""] * (len(heads) - len(row))], strict=False)) for row in rows if row]
    if kind == "JSONL":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if kind == "MANIFEST":
        raise ValueError("the lab does not read manifests of S3 inventories or of Athena")
    found = json.loads(text)
    pointer = config.get("ItemsPointer")
    for step in pointer.split("/")[1:] if pointer else ():
        found = found[int(step)] if isinstance(found, list) else found[step]
    if isinstance(found, dict):
        return [{"Key": key, "Value": value} for key, value in found.items()]
    if not isinstance(found, list):
        raise ValueError("the file holds no JSON array")
    return found


def _delimiter(config: Mapping[str, Any]) -> str:
    names = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
    return names[config.get("CSVDelimiter", "COMMA")]


def batched(visit: Visit, data: Any, items: list[Any]) -> list[tuple[Any, int]]:
    """The inputs of the child executions, each with how many items are in it."""
    batcher = visit.state.get("ItemBatcher")
    if batcher is None:
        return [(item, 1) for item in items]
    view = visit.view(data)

    def number(name: str) -> int | None:
        if f"{name}Path" in batcher:
            return int(templates.field(f"{name}Path", batcher[f"{name}Path"], view))
        value = batcher.get(name)
        return None if value is None else int(jsonata.filled(name, value, view) if visit.jsonata else value)

    most, size = number("MaxItemsPerBatch"), number("MaxInputBytesPerBatch")
    fill = jsonata.filled if visit.jsonata else templates.filled
    common = {"BatchInput": fill("BatchInput", batcher["BatchInput"], view)} if "BatchInput" in batcher else {}
    batches: list[list[Any]] = []
    for item in items:
        if batches and (most is None or len(batches[-1]) < most) and _fits(common, [*batches[-1], item], size):
            batches[-1].append(item)
        elif _fits(common, [item], size):
            batches.append([item])
        else:
            raise StateError(RUNTIME, f"An item is larger than MaxInputBytesPerBatch ({size}): {text_of(item)[:80]}")
    return [({**common, "Items": batch}, len(batch)) for batch in batches]


def _fits(common: dict[str, Any], items: list[Any], size: int | None) -> bool:
    return size is None or len(text_of({**common, "Items": items}).encode()) <= size
