"""Handing a batch of events to a subscriber's target, once: which of them it took, and why not the others.

=====================  =========================================================================================
target                 what it gets
=====================  =========================================================================================
queue, topic, stream,  one message or record for each event
Firehose, buses
function, workflow     one invocation with a JSON array of the batch; with a batch size of one, the event itself
API destination        one request for each event
universal target       one call for each event, with the request that ``Input`` makes of it
=====================  =========================================================================================

On a FIFO subscriber the events behind one that was not taken are not offered. A function that is invoked with
``REQUEST_RESPONSE`` may report ``batchItemFailures`` by event identifier.

Source: Amazon EventBridge User Guide, "Targets for a Custom Event Bus subscriber" and the pages of the targets;
aws/agent-toolkit-for-aws, "target-contract" (read 2026-11). Delivery is with the subscriber's role, so resource
policies are not asked. AWS does not say how a function is invoked when nothing says it: here ``EVENT``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets, working_on
from waterline.services.delivery.universal import Universal
from waterline.services.eventsv2 import limits
from waterline.services.eventsv2.event import BusEvent
from waterline.services.eventsv2.expressions import CUSTOMER_FAULT, Expressions, as_text
from waterline.services.eventsv2.targets import kind_of

Failures = dict[str, NotTaken]
"""The copies that were not taken, and why."""


@dataclass(frozen=True)
class Offer:
    """An event that is offered to the target. `copy` names it in the journal; `events` is what expressions see."""

    copy: str
    event: BusEvent
    events: Mapping[str, Any]


class Invocation:
    """Hands batches of one subscriber over. Called from a task; a slow target makes it wait."""

    def __init__(
        self,
        ground: Ground,
        sender: Sender,
        region: str,
        invoke: Mapping[str, Any],
        transformer: Mapping[str, Any],
        *,
        single: bool,
        in_order: bool,
    ) -> None:
        self._ground = ground
        self._sender = sender
        self._region = region
        self._arn: str = invoke["TargetArn"]
        self._transformer = transformer
        self._single = single
        self._in_order = in_order
        self._kind = kind_of(self._arn)
        self._parameters: Mapping[str, Any] = invoke.get(self._kind.block or "") or {}
        self._expressions = Expressions(ground.random("JSONata"))
        self._targets = Targets(ground)
        self._universal = Universal(region)

    def hand_over(self, offers: Sequence[Offer]) -> Failures:
        """Offer the events; those that were not taken."""
        together = {"lambda": self._function, "states": self._workflow}.get(self._kind.name)
        return self._together(offers, together) if together else self._one_by_one(offers)

    # -- one by one --------------------------------------------------------------------------------------------------

    def _one_by_one(self, offers: Sequence[Offer]) -> Failures:
        give = getattr(self, f"_to_{self._kind.name}")
        failures: Failures = {}
        for offer in offers:
            if failures and self._in_order:
                why = "an event before it in its event group was not taken"
                failures[offer.copy] = NotTaken("Blocked", why, retryable=True)
                continue
            try:
                with self._working_on(offer):
                    give(offer)
            except NotTaken as refusal:
                failures[offer.copy] = refusal
        return failures

    def _to_sqs(self, offer: Offer) -> None:
        delay = self._text("DelaySeconds", offer)
        self._targets.queue(
            self._sender,
            self._arn,
            self._payload(offer),
            dict(self._attributes("MessageAttributes", offer)),
            group=self._text("MessageGroupId", offer),
            deduplication=self._text("MessageDeduplicationId", offer),
            delay=None if delay is None else _number("DelaySeconds", delay),
        )

    def _to_sns(self, offer: Offer) -> None:
        attributes = {
            name: (str(value.get("DataType")), str(value.get("StringValue")))
            for name, value in self._attributes("MessageAttributes", offer)
        }
        self._targets.topic(
            self._sender,
            self._arn,
            self._payload(offer),
            attributes,
            subject=self._text("Subject", offer),
            group=self._text("MessageGroupId", offer),
            deduplication=self._text("MessageDeduplicationId", offer),
        )

    def _to_kinesis(self, offer: Offer) -> None:
        key = self._text("PartitionKey", offer)
        if not key:
            raise NotTaken(CUSTOMER_FAULT, "PutRecords needs a PartitionKey", retryable=True)
        self._targets.stream(self._sender, self._arn, key, self._payload(offer).encode())

    def _to_firehose(self, offer: Offer) -> None:
        self._targets.delivery_stream(self._sender, self._arn, self._payload(offer).encode())

    def _to_classic(self, offer: Offer) -> None:
        data = offer.event.data
        if not (isinstance(data, dict) and {"source", "detail-type", "detail"} <= data.keys()):
            why = "a Custom Event Bus - Classic takes events with a source, a detail-type and a detail"
            raise NotTaken(CUSTOMER_FAULT, why, retryable=True)
        entry = {"Source": data["source"], "DetailType": data["detail-type"], "Detail": json.dumps(data["detail"])}
        self._targets.bus(self._sender, self._arn, [{**entry, "Resources": data.get("resources", [])}])

    def _to_custom(self, offer: Offer) -> None:
        system = {name: value for name, value in (self._value("SystemMetadata", offer) or {}).items() if value}
        metadata = self._value("Metadata", offer) or {}
        entry = {
            "Data": self._payload(offer).encode(),
            "SystemMetadata": {**system, "ContentType": offer.event.system["ContentType"]},
            "Metadata": {str(key): str(value) for key, value in metadata.items()},
        }
        deduplication = self._parameters.get("DeduplicationConfiguration")
        self._targets.custom_bus(self._sender, self._arn, entry, raw=True, deduplication=deduplication)

    def _to_api(self, offer: Offer) -> None:
        names = ("HeaderParameters", "QueryStringParameters", "PathParameterValues")
        http = {name: self._texts(self._parameters.get(name), offer) for name in names if self._parameters.get(name)}
        until = self._ground.clock.now + limits.INVOCATION_TIMEOUT * SECOND
        self._targets.api_destination(self._sender, self._arn, http, self._payload(offer), {}, until)

    def _texts(self, given: Any, offer: Offer) -> Any:
        """Header, query or path parameters, each of them evaluated."""
        if isinstance(given, Mapping):
            pairs = ((self._expressions.text(name, offer.events), value) for name, value in given.items())
            return {name: self._expressions.text(value, offer.events) or "" for name, value in pairs if name}
        return [self._expressions.text(value, offer.events) or "" for value in given]

    def _to_universal(self, offer: Offer) -> None:
        template = self._parameters["Input"]
        value = self._expressions.value(template, offer.events)
        if isinstance(value, str):
            value = self._expressions.value(_json(value), offer.events)
        if not isinstance(value, dict):
            raise NotTaken(CUSTOMER_FAULT, "UniversalTargetParameters.Input must come to an object", retryable=True)
        self._universal.call(self._arn, value)

    # -- together ----------------------------------------------------------------------------------------------------

    def _together(self, offers: Sequence[Offer], give: Callable[[str, Sequence[Offer]], Failures]) -> Failures:
        failures: Failures = {}
        payloads: list[tuple[Offer, Any]] = []
        for offer in offers:
            try:
                payloads.append((offer, self._content(offer)))
            except NotTaken as refusal:
                failures[offer.copy] = refusal
                if self._in_order:
                    break
        offered = [offer for offer, _ in payloads]
        if self._in_order:
            why = "an event before it in its event group could not be transformed"
            for offer in offers[len(offered) + len(failures) :]:
                failures[offer.copy] = NotTaken("Blocked", why, retryable=True)
        if offered:
            contents = [content for _, content in payloads]
            text = as_text(contents[0] if self._single else contents)
            try:
                with self._working_on(*offered):
                    failures |= give(text, offered)
            except NotTaken as refusal:
                failures |= dict.fromkeys((offer.copy for offer in offered), refusal)
        return failures

    def _function(self, text: str, offers: Sequence[Offer]) -> Failures:
        qualifier = self._text("Qualifier", offers[0])
        arn = f"{self._arn}:{qualifier}" if qualifier and self._arn.count(":") == 6 else self._arn
        if self._parameters.get("InvocationType") != "REQUEST_RESPONSE":
            self._targets.event(self._sender, arn, text)
            return {}
        answer, error = self._targets.invoke(self._sender, arn, text)
        if error is not None:
            raise NotTaken("TARGET_FAILURE", f"the function failed: {_error_of(answer)}", retryable=True)
        reported = _reported(answer)
        why = "the function reported it in batchItemFailures"
        return {
            offer.copy: NotTaken("TARGET_FAILURE", why, retryable=True)
            for offer in offers
            if offer.event.identifier in reported
        }

    def _workflow(self, text: str, offers: Sequence[Offer]) -> Failures:
        name = self._text("Name", offers[0])
        if self._parameters.get("InvocationType") == "REQUEST_RESPONSE":
            status, answer, cause = self._targets.workflow(self._sender, self._arn, text, name)
            if status != "SUCCEEDED":
                why = f"the execution is {status}: {answer}: {cause}"
                raise NotTaken("TARGET_FAILURE", why, retryable=True)
        else:
            self._targets.state_machine(self._sender, self._arn, text, name)
        return {}

    # -- what is handed over -----------------------------------------------------------------------------------------

    def _content(self, offer: Offer) -> Any:
        """What the transformer makes of an event."""
        match self._transformer.get("Type", "RAW"):
            case "RAW":
                return offer.event.data
            case "WITH_METADATA":
                return offer.events
        value = self._expressions.value(self._transformer["JsonataConfiguration"]["Expression"], offer.events)
        if value is None:
            raise NotTaken(CUSTOMER_FAULT, "the transformer's expression came to nothing", retryable=True)
        return value

    def _payload(self, offer: Offer) -> str:
        """The same as text; what was published unchanged, if nothing transforms it."""
        if self._transformer.get("Type", "RAW") == "RAW":
            return offer.event.raw
        content = self._content(offer)
        return content if isinstance(content, str) else as_text(content)

    def _text(self, parameter: str, offer: Offer) -> str | None:
        return self._expressions.text(self._parameters.get(parameter), offer.events)

    def _value(self, parameter: str, offer: Offer) -> Any:
        return self._expressions.value(self._parameters.get(parameter), offer.events)

    def _attributes(self, parameter: str, offer: Offer) -> Iterator[tuple[str, Mapping[str, Any]]]:
        given = self._parameters.get(parameter) or {}
        seen: set[str] = set()
        for name, value in given.items():
            found = self._expressions.text(name, offer.events)
            if not found or found in seen:
                raise NotTaken(
                    CUSTOMER_FAULT,
                    f"the message attribute name {name} came to nothing, or twice to the same",
                    retryable=True,
                )
            seen.add(found)
            kept = {key: inner for key, inner in value.items() if key != "StringValue"}
            yield found, {**kept, "StringValue": self._expressions.text(value.get("StringValue"), offer.events)}

    def _working_on(self, *offers: Offer) -> Any:
        return working_on(self._ground.clock, *(offer.copy for offer in offers))


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise NotTaken(CUSTOMER_FAULT, f"{name} must be a number, and it is {text}", retryable=True) from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise NotTaken(CUSTOMER_FAULT, "UniversalTargetParameters.Input is no JSON", retryable=True) from error


def _reported(answer: str) -> set[str]:
    content = json.loads(answer) if answer else None
    items = content.get("batchItemFailures") if isinstance(content, dict) else None
    return {str(item.get("itemIdentifier")) for item in items or [] if isinstance(item, dict)}


def _error_of(answer: str) -> str:
    content = json.loads(answer)
    return f"{content.get('errorType')}: {content.get('errorMessage')}" if isinstance(content, dict) else answer
