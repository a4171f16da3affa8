"""Giving a batch to a pipe's target: which of its items were not taken.

======================================  ========================================================================
target                                  gets
======================================  ========================================================================
queue, topic, stream, Firehose, bus     one message, record or event for each item
function, workflow                      a JSON array of the items, also of one
API destination                         one request for each item
======================================  ========================================================================

A function or a workflow that is waited for may report ``batchItemFailures`` by the identifier that the source gave: of
a queue the message identifier, of a stream the ``eventID``. From an ordered source nothing is offered behind an item
that was not taken.

Source: Amazon EventBridge User Guide, "Amazon EventBridge Pipes targets", "Amazon EventBridge Pipes batching and
concurrency" (read 2026-11). A pipe acts with its role, so resource policies are not asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from waterline.pipes import limits
from waterline.pipes.templates import as_text, dynamic, opened
from waterline.services.delivery import NotTaken, Sender, Targets, working_on

FIRE_AND_FORGET = "FIRE_AND_FORGET"


def failed_with(why: str) -> NotTaken:
    """The failure of the customer's own code."""
    return NotTaken("TargetFailed", why, retryable=False)


class Target:
    """The target of one pipe. `parameters`: ``TargetParameters``;"""

    def __init__(
        self, targets: Targets, sender: Sender, arn: str, name: str, parameters: Mapping[str, Any], *, in_order: bool
    ) -> None:
        self._targets = targets
        self._sender = sender
        self._arn = arn
        self._name = name
        self._parameters = parameters
        self._in_order = in_order
        self.service = arn.split(":")[2]

    def give(
        self, items: Sequence[Any], events: Sequence[Any], copies: Sequence[str], clock: Any
    ) -> dict[int, NotTaken]:
        """Offer the items; why some of them, by their place, were not taken. `events`: before the last template."""
        if len(items) > limits.LARGEST_BATCH.get(self.service, len(items)):
            raise failed_with(f"{len(items)} items are more than the target takes at once")
        if self.service in ("lambda", "states"):
            return self._together(items, events)
        give = self._one()
        failures: dict[int, NotTaken] = {}
        for number, (item, event) in enumerate(zip(items, events, strict=True)):
            if failures and self._in_order:
                first = next(iter(failures.values()))
                failures[number] = NotTaken("Blocked", f"an item before it: {first}", retryable=first.retryable)
                continue
            try:
                with working_on(clock, *(copies[number : number + 1] if len(copies) == len(items) else copies)):
                    give(item, event)
            except NotTaken as refusal:
                failures[number] = refusal
        return failures

    def _together(self, items: Sequence[Any], events: Sequence[Any]) -> dict[int, NotTaken]:
        block = "LambdaFunctionParameters" if self.service == "lambda" else "StepFunctionStateMachineParameters"
        waits = (self._parameters.get(block) or {}).get("InvocationType") != FIRE_AND_FORGET
        text = as_text(list(items))
        if not waits:
            if self.service == "lambda":
                self._targets.event(self._sender, self._arn, text)
            else:
                self._targets.state_machine(self._sender, self._arn, text)
            return {}
        if self.service == "lambda":
            answer, error = self._targets.invoke(self._sender, self._arn, text)
            if error is not None:
                raise failed_with(f"the target failed: {answer}")
        else:
            status, answer, cause = self._targets.workflow(self._sender, self._arn, text)
            if status != "SUCCEEDED":
                raise failed_with(f"the target is {status}: {answer}: {cause}")
        reported = _reported(answer)
        why = "the target reported it in batchItemFailures"
        return {number: failed_with(why) for number, event in enumerate(events) if identifiers(event) & reported}

    def _one(self) -> Callable[[Any, Any], object]:
        match self.service:
            case "sqs":
                return self._to_queue
            case "sns":
                return lambda item, _: self._targets.topic(self._sender, self._arn, as_text(item))
            case "kinesis":
                return self._to_stream
            case "firehose":
                return lambda item, _: self._targets.delivery_stream(self._sender, self._arn, as_text(item).encode())
        if ":api-destination/" in self._arn:
            return self._to_api
        return self._to_bus

    def _to_queue(self, item: Any, event: Any) -> None:
        given = self._parameters.get("SqsQueueParameters") or {}
        group, token = (dynamic(given.get(name), event) for name in ("MessageGroupId", "MessageDeduplicationId"))
        self._targets.queue(
            self._sender,
            self._arn,
            as_text(item),
            group=None if group is None else as_text(group),
            deduplication=None if token is None else as_text(token),
        )

    def _to_stream(self, item: Any, event: Any) -> None:
        key = dynamic(self._parameters["KinesisStreamParameters"]["PartitionKey"], event)
        if key in (None, ""):
            raise failed_with("the partition key is not in the event")
        self._targets.stream(self._sender, self._arn, as_text(key), as_text(item).encode())

    def _to_api(self, item: Any, event: Any) -> None:
        http = self._parameters.get("HttpParameters") or {}
        self._targets.api_destination(self._sender, self._arn, http, as_text(item), opened(event), limits.API_PATIENCE)

    def _to_bus(self, item: Any, event: Any) -> None:
        given = self._parameters.get("EventBridgeEventBusParameters") or {}
        kind = event.get("eventSource", "a pipe") if isinstance(event, Mapping) else "a pipe"
        entry = {
            "Source": dynamic(given.get("Source"), event) or f"Pipe {self._name}",
            "DetailType": dynamic(given.get("DetailType"), event) or f"Event from {kind}",
            "Detail": as_text(item if isinstance(item, Mapping) else {"event": item}),
            "Resources": [dynamic(one, event) for one in given.get("Resources") or []],
        }
        self._targets.bus(self._sender, self._arn, [entry])


def identifiers(event: Any) -> set[str]:
    """What a source's event may be reported by."""
    if not isinstance(event, Mapping):
        return set()
    return {str(event[name]) for name in ("messageId", "eventID") if name in event}


def _reported(answer: str) -> set[str]:
    content = json.loads(answer) if answer else None
    items = content.get("batchItemFailures") if isinstance(content, dict) else None
    return {str(item.get("itemIdentifier")) for item in items or [] if isinstance(item, dict)}
