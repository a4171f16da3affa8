"""Handing an event to one target of a rule: which service, as whom, in which form.

Lambda, SNS, SQS and CloudWatch Logs are asked by their resource policies, unless the target has a role. Kinesis,
Firehose, Step Functions and API destinations need a role, and a bus of the same account takes one; what a role may do
is not checked.

Words
-----
error code
    what EventBridge calls a failure in a dead letter: ``NO_PERMISSIONS``, ``NO_RESOURCE``, ``THROTTLING``, ``TIMEOUT``,
    ``CONNECTION_FAILURE``, ``ERROR_FROM_TARGET``, ``INVALID_PARAMETER`` ...

Sources: Amazon EventBridge User Guide, "Event bus targets in Amazon EventBridge", "Using resource-based policies for
Amazon EventBridge", "Sending events between event buses in the same account and Region in Amazon EventBridge" and
"Using dead-letter queues to process undelivered events in EventBridge" (read 2026-11). Which code stands for which
failure is documented by their names only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets, place_of
from waterline.services.events import api_gateway
from waterline.services.events.api_destinations import ApiDestinations
from waterline.services.events.event import BusEvent
from waterline.services.events.inputs import INVALID_JSON, Naming, handed
from waterline.services.paths import compiled

PRINCIPAL = "events.amazonaws.com"
_JSON_ONLY = frozenset({"lambda", "states"})
_CODES = {
    "AccessDenied": "NO_PERMISSIONS",
    "AccessDeniedException": "NO_PERMISSIONS",
    "AWS.SimpleQueueService.NonExistentQueue": "NO_RESOURCE",
    "NotFound": "NO_RESOURCE",
    "ResourceNotFoundException": "NO_RESOURCE",
    "StateMachineDoesNotExist": "NO_RESOURCE",
    "Timeout": "TIMEOUT",
    "ConnectionRefused": "CONNECTION_FAILURE",
    "UnknownHost": "CONNECTION_FAILURE",
}


def error_code(refusal: NotTaken) -> str:
    """EventBridge's code for a failure; its own codes stay."""
    if refusal.code in _CODES:
        return _CODES[refusal.code]
    if refusal.code.isupper():
        return refusal.code
    if "Thrott" in refusal.code or refusal.code in ("OverLimit", "TooManyRequestsException"):
        return "THROTTLING"
    if "ThroughputExceeded" in refusal.code:
        return "THROTTLING"
    return "ERROR_FROM_TARGET" if refusal.retryable else "INVALID_PARAMETER"


class Handover:
    """Hands events over for the rules of one account in one Region."""

    def __init__(self, ground: Ground, account: str, destinations: ApiDestinations) -> None:
        self._ground = ground
        self._targets = Targets(ground)
        self._account = account
        self._destinations = destinations

    def place(self, target: Mapping[str, Any]) -> str:
        """What the journal calls a target."""
        arn = str(target["Arn"])
        if _kind(arn) == "execute-api":
            return f"apigateway:{arn.split(':')[5].partition('/')[0]}"
        if _kind(arn) != "api-destination":
            return place_of(arn)
        try:
            return f"http:{urlsplit(self._destinations.at(arn).invocation_endpoint).hostname}"
        except NotTaken:
            return f"http:{arn.split('/')[1]}"

    def sender(self, rule: Naming, target: Mapping[str, Any]) -> Sender:
        return Sender(PRINCIPAL, rule.arn, self._account, by_role=bool(target.get("RoleArn")))

    def hand(self, rule: Naming, target: Mapping[str, Any], event: BusEvent, until: int) -> None:
        """Hand an event over, once, before the instant `until`. Raises NotTaken."""
        arn, sender = str(target["Arn"]), self.sender(rule, target)
        kind = _kind(arn)
        if kind == "event-bus":
            self._to_bus(sender, arn, event)
            return
        text = handed(target, event, rule)
        if kind in _JSON_ONLY:
            _must_be_json(text)
        match kind:
            case "sqs":
                group = (target.get("SqsParameters") or {}).get("MessageGroupId")
                self._targets.queue(sender, arn, text, group=group)
            case "sns":
                self._targets.topic(sender, arn, text)
            case "lambda":
                self._targets.event(sender, arn, text)
            case "kinesis":
                self._targets.stream(sender, arn, _partition_key(target, event), text.encode())
            case "firehose":
                self._targets.delivery_stream(sender, arn, text.encode())
            case "states":
                self._targets.state_machine(sender, arn, text)
            case "logs":
                self._to_log_group(sender, arn, text, event)
            case "execute-api":
                api_gateway.send(self._targets, sender, target, text, event)
            case "api-destination":
                self._destinations.send(sender, target, text, event, until)
            case _:
                raise NotTaken("UNSUPPORTED", f"the lab's rules do not deliver to {kind}: {arn}", retryable=False)

    def bury(self, rule: Naming, arn: str, event: BusEvent, metadata: Mapping[str, str]) -> str:
        """Put an event into a dead-letter queue, which must let the rule in. Returns the queue's name."""
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in metadata.items()}
        self._targets.queue(Sender(PRINCIPAL, rule.arn, self._account), arn, event.text, attributes)
        return arn.split(":")[5]

    def _to_bus(self, sender: Sender, arn: str, event: BusEvent) -> None:
        if event.forwarded:
            account, region = arn.split(":")[4], arn.split(":")[3]
            same = (account, region) == (self._account, event.content["region"])
            code = "THIRD_ACCOUNT_HOP_DETECTED" if same or account != self._account else "THIRD_REGION_HOP_DETECTED"
            why = "Events received from another event bus cannot be forwarded to this event bus."
            raise NotTaken(code, why, retryable=False)
        content = event.content
        entry = {
            "Source": content["source"],
            "DetailType": content["detail-type"],
            "Detail": event.detail,
            "Resources": content["resources"],
            "Time": content["time"],
        }
        self._targets.bus(sender, arn, [entry])

    def _to_log_group(self, sender: Sender, arn: str, text: str, event: BusEvent) -> None:
        """A log event; one that a transformer made may have its own timestamp and message."""
        stamp = round(event.time.timestamp() * 1000)
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        if isinstance(given, dict) and given.keys() == {"timestamp", "message"} and isinstance(given["timestamp"], int):
            stamp, text = given["timestamp"], str(given["message"])
        self._targets.log_group(sender, arn, event.id, text, stamp)


def _kind(arn: str) -> str:
    """The service of an ARN, but ``event-bus`` and ``api-destination`` of EventBridge's own."""
    parts = arn.split(":")
    return parts[5].partition("/")[0] if parts[2] == "events" else parts[2]


def _partition_key(target: Mapping[str, Any], event: BusEvent) -> str:
    path = (target.get("KinesisParameters") or {}).get("PartitionKeyPath")
    if not path:
        return event.id
    there, value = compiled(path).found(event.content)
    return str(value) if there else event.id


def _must_be_json(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise NotTaken(INVALID_JSON, f"the input is no JSON: {error}", retryable=False) from error
