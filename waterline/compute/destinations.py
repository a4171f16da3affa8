"""Where the events of a function go when it is done with them, or cannot be: queues, topics, functions, buses, buckets.

Words
-----
invocation record
    the JSON document that a destination gets: what was asked (``requestContext``, ``requestPayload``), what was
    answered (``responseContext``, ``responsePayload``), and why the record was sent (``condition``).
dead letter
    what a dead-letter queue gets: the event as it was, with the attributes RequestID, ErrorCode and ErrorMessage.

A message goes through the service that it is sent to, as any other does, with the event as its parent; so a trace
follows it, and the service refuses what it would refuse.

Source: AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" (read 2026-11; facts
``lambda.destinations_async``, ``lambda.dlq_targets``, ``lambda.destination_vs_dlq_content``); botocore, lambda
``OnFailure.Destination``, on records that a topic would not take, which then go without their payloads. Permissions of
the execution role are not checked. AWS does not say what a record looks like whose event never got an answer: here it
has no response, and the conditions ZeroReservedConcurrency and RecursiveInvocation say why.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.compute import limits
from waterline.compute.outcome import Outcome
from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets

SUCCESS = "Success"
RETRIES_EXHAUSTED = "RetriesExhausted"
EVENT_AGE_EXCEEDED = "EventAgeExceeded"
ZERO_RESERVED_CONCURRENCY = "ZeroReservedConcurrency"
RECURSIVE_INVOCATION = "RecursiveInvocation"

_ERROR_MESSAGE_SIZE = 1024
Attributes = Mapping[str, tuple[str, str]]
"""Name to type and value."""


@dataclass(frozen=True)
class Ending:
    """How an event ended. `arn` is the function's, with its qualifier; `attempts` counts those that were begun.

    `outcome`: what the function answered last, or None when it never did.
    """

    request_id: str
    event: str
    arn: str
    version: str
    condition: str
    attempts: int
    outcome: Outcome | None

    @property
    def name(self) -> str:
        """The function's."""
        return self.arn.split(":")[6]

    def record(self, date: dt.datetime, *, with_payloads: bool = True) -> str:
        """The invocation record, as JSON text."""
        record: dict[str, Any] = {
            "version": "1.0",
            "timestamp": date.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": self.arn,
                "condition": self.condition,
                "approximateInvokeCount": self.attempts,
            },
        }
        if with_payloads:
            record["requestPayload"] = json.loads(self.event)
        if self.outcome is not None:
            record["responseContext"] = {"statusCode": 200, "executedVersion": self.version}
            if not self.outcome.succeeded:
                record["responseContext"]["functionError"] = "Unhandled"
            if with_payloads:
                record["responsePayload"] = json.loads(self.outcome.payload)
        return json.dumps(record)

    def letter(self, status: int, message: str) -> Attributes:
        """The attributes of its dead letter. `status` is the HTTP status of the last answer."""
        short = message.encode("utf-8", "replace")[:_ERROR_MESSAGE_SIZE].decode("utf-8", "ignore")
        attributes = {"RequestID": ("String", self.request_id), "ErrorCode": ("Number", str(status))}
        # No service takes an empty attribute.
        return {**attributes, "ErrorMessage": ("String", short)} if short else attributes


class Destinations:
    """Sends dead letters and invocation records. Called from a task whose cause is the event."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._targets = Targets(ground)

    def send_letter(self, arn: str, ending: Ending, attributes: Attributes) -> str:
        """The event into a dead-letter queue. Returns the queue's or topic's name; raises NotTaken."""
        return self._send(arn, ending, ending.event, attributes)

    def send_record(self, arn: str, ending: Ending) -> str:
        """The invocation record to a destination. Returns the destination's name; raises NotTaken."""
        date = self._ground.clock.date
        record = ending.record(date)
        if _service(arn) == "sns" and ending.condition != SUCCESS and len(record) > limits.TOPIC_MESSAGE:
            record = ending.record(date, with_payloads=False)
        return self._send(arn, ending, record, {})

    def _send(self, arn: str, ending: Ending, text: str, attributes: Attributes) -> str:
        sender = Sender("lambda.amazonaws.com", ending.arn, ending.arn.split(":")[4], by_role=True)
        service, name, size = _service(arn), _name(arn), len(text.encode())
        match service:
            case "sqs" | "sns" if name.endswith(".fifo"):
                what = "queue" if service == "sqs" else "topic"
                raise _refused(f"{name} is a FIFO {what}, and Lambda sends to standard {what}s only")
            case "sqs":
                values = {key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()}
                self._targets.queue(sender, arn, text, values)
            case "sns":
                self._targets.topic(sender, arn, text, attributes)
            case "lambda" if size > limits.ASYNCHRONOUS_PAYLOAD:
                raise _refused(f"the record has {size} bytes, too many for the function {name}")
            case "lambda":
                self._targets.event(sender, arn, text)
            case "events" if size > limits.BUS_EVENT:
                raise _refused(f"the record is too large for the event bus {name}")
            case "events":
                self._targets.bus(sender, arn, [_entry(arn, ending, text)])
            case "s3":
                self._targets.bucket(sender, name, self._key(ending), text.encode())
            case _:
                raise _refused(f"{arn} is nothing that Lambda sends to")
        return name

    def _key(self, ending: Ending) -> str:
        date = self._ground.clock.date.astimezone(dt.UTC)
        suffix = self._ground.identifier("invocation records")
        return f"aws/lambda/async/{ending.name}/{date:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{suffix}"


def _entry(arn: str, ending: Ending, text: str) -> Mapping[str, Any]:
    how = "Success" if ending.condition == SUCCESS else "Failure"
    return {
        "Source": "aws.lambda",
        "DetailType": f"Lambda Function Invocation Result - {how}",
        "Resources": [ending.arn, arn],
        "Detail": text,
    }


def _refused(why: str) -> NotTaken:
    return NotTaken("InvalidParameterValueException", why, retryable=False)


def _service(arn: str) -> str:
    return [*arn.split(":"), "", "", ""][2]


def _name(arn: str) -> str:
    """What is last in an ARN: a queue's, topic's or bucket's name, a function's, a bus's."""
    parts = arn.split(":")
    return parts[6] if _service(arn) == "lambda" else parts[-1].rpartition("/")[2]
