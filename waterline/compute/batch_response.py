"""A partial batch response: which messages of a batch a function says it failed with.

Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda", "Success and failure
conditions" (read 2026-11). A response is believed only with ``ReportBatchItemFailures`` on the mapping.

==================================================================  ==========================
the response                                                        what fails
==================================================================  ==========================
``{"batchItemFailures": [{"itemIdentifier": id}, ...]}``            those messages
null, ``{}``, ``batchItemFailures`` null, empty or missing          nothing
an ``itemIdentifier`` empty, null, missing or not in the batch      the whole batch
anything that is no JSON object, or has no list there               the whole batch
==================================================================  ==========================
"""

from __future__ import annotations

import json


def reported_failures(payload: str, known: set[str]) -> set[str] | None:
    """The message identifiers that a response reports as failed; None when the whole batch counts as failed."""
    response = json.loads(payload)
    if response is None:
        return set()
    if not isinstance(response, dict):
        return None
    items = response.get("batchItemFailures")
    if items is None:
        return set()
    if not isinstance(items, list):
        return None
    failed: set[str] = set()
    for item in items:
        identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
        if not isinstance(identifier, str) or identifier not in known:
            return None
        failed.add(identifier)
    return failed
