"""Asking a pipe's enrichment: what it answers takes the place of what the source gave.

The batch goes to a function or a workflow as a JSON array, also when it holds one event; to an API destination each
event goes by itself. An answer that is empty (nothing, ``""``, ``{}``, ``[]``) ends the batch there: the target is not
invoked, and the events are done. ``[{}]`` goes on.

Source: Amazon EventBridge User Guide, "Event enrichment in Amazon EventBridge Pipes", "Amazon EventBridge Pipes
batching and concurrency" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from waterline.pipes import limits
from waterline.pipes.targets import failed_with
from waterline.pipes.templates import as_text, opened
from waterline.services.delivery import NotTaken, Sender, Targets


class Enrichment:
    """The enrichment of one pipe. `parameters`: ``EnrichmentParameters``."""

    def __init__(self, targets: Targets, sender: Sender, arn: str, parameters: Mapping[str, Any]) -> None:
        self._targets = targets
        self._sender = sender
        self._arn = arn
        self._http = parameters.get("HttpParameters") or {}

    def answer(self, items: Sequence[Any], events: Sequence[Any]) -> list[Any]:
        """What goes on instead of the items. Raises NotTaken."""
        service = self._arn.split(":")[2]
        if service == "events":
            answers = [self._asked(item, event) for item, event in zip(items, events, strict=True)]
            return [answer for answer in map(_read, answers) if not _is_empty(answer)]
        text = as_text(list(items))
        if service == "lambda":
            answer, error = self._targets.invoke(self._sender, self._arn, text)
            if error is not None:
                raise failed_with(f"the enrichment failed: {answer}")
        else:
            status, answer, cause = self._targets.workflow(self._sender, self._arn, text)
            if status != "SUCCEEDED":
                raise failed_with(f"the enrichment is {status}: {answer}: {cause}")
        content = _read(answer)
        return [] if _is_empty(content) else content if isinstance(content, list) else [content]

    def _asked(self, item: Any, event: Any) -> str:
        """What an API destination answers."""
        response = self._targets.api_destination(
            self._sender, self._arn, self._http, as_text(item), opened(event), limits.API_PATIENCE
        )
        return str(response.body)


def _read(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        raise NotTaken("InvalidResponse", "the enrichment's answer is no JSON", retryable=False) from error


def _is_empty(content: Any) -> bool:
    return content in (None, "", {}, [])
