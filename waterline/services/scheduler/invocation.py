"""Invoking the target of a schedule: what it gets, as whom, and what becomes of an invocation that fails.

Words
-----
context attribute
    ``<aws.scheduler.scheduled-time>`` and its like: replaced in the input when the target is invoked.
dead-letter event
    what the dead-letter queue gets: the input, with message attributes that say what went wrong.

Sources: EventBridge Scheduler User Guide, "Adding context attributes in EventBridge Scheduler", "Configuring a
schedule's dead-letter queue in EventBridge Scheduler", "Using templated targets in EventBridge Scheduler"; the retry
policy and its defaults are facts (``scheduler.retry``). A target is invoked with the schedule's role, so resource
policies are not asked. What a target without ``Input`` gets is documented as "a default notification"; here it has the
form of a scheduled event.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

from waterline.clock import SECOND
from waterline.facts import facts
from waterline.ground import Ground
from waterline.services.delivery import Copies, Copy, NotTaken, Retries, Sender, Targets, backoff, place_of
from waterline.services.delivery.universal import Universal, is_universal

RETRIES, EVENT_AGE = (int(number) for number in facts["scheduler.retry"].numbers)
_ATTRIBUTE = "<aws.scheduler.{}>"


class Invoker:
    """Invokes the targets of one account's schedules in one Region."""

    def __init__(self, ground: Ground, account: str, region: str) -> None:
        self._ground = ground
        self._account = account
        self._region = region
        self._targets = Targets(ground)
        self._universal = Universal(region)
        self._jitter = ground.random("retries of Scheduler")

    def invoke(
        self, name: str, arn: str, target: Mapping[str, Any], date: dt.datetime, done: Callable[[], object]
    ) -> None:
        """Begin to invoke the target of a schedule that was due at `date`; `done` is called when that is over."""
        place = f"scheduler:{name}"
        execution = f"{self._ground.random('executions of Scheduler').getrandbits(64):016x}"
        context = {
            "schedule-arn": arn,
            "scheduled-time": date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "execution-id": execution,
        }
        text = target.get("Input") or self._notification(arn, execution, context["scheduled-time"])
        self._ground.journal.record("sent", place, execution, body=_with(text, context, 1))
        copies = Copies(self._ground, place)
        copy = copies.make(execution, place_of(target["Arn"]))
        policy = target.get("RetryPolicy") or {}
        most = int(policy.get("MaximumRetryAttempts", RETRIES))
        age = int(policy.get("MaximumEventAgeInSeconds", EVENT_AGE)) * SECOND
        sender = Sender("scheduler.amazonaws.com", arn, self._account, by_role=True)

        def attempt(copy: Copy) -> None:
            self._hand_over(sender, target, _with(text, context, copy.attempts))
            done()

        def bury(copy: Copy) -> str | None:
            try:
                return self._bury(sender, target, _with(text, context, copy.attempts), copy, context, most)
            finally:
                done()

        copies.send(copy, attempt, lambda: Retries(backoff(self._jitter, most), age), bury)

    def _notification(self, arn: str, execution: str, time: str) -> str:
        notification = {
            "version": "0",
            "id": execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": self._account,
            "time": time,
            "region": self._region,
            "resources": [arn],
            "detail": "{}",
        }
        return json.dumps(notification)

    # -- the target --------------------------------------------------------------------------------------------------

    def _hand_over(self, sender: Sender, target: Mapping[str, Any], text: str) -> None:
        arn = target["Arn"]
        if is_universal(arn):
            self._universal.call(arn, _request(text))
            return
        match arn.split(":")[2]:
            case "sqs":
                group = (target.get("SqsParameters") or {}).get("MessageGroupId")
                self._targets.queue(sender, arn, text, group=group)
            case "sns":
                self._targets.topic(sender, arn, text)
            case "lambda":
                self._targets.event(sender, arn, text)
            case "kinesis":
                self._targets.stream(sender, arn, target["KinesisParameters"]["PartitionKey"], text.encode())
            case "firehose":
                self._targets.delivery_stream(sender, arn, text.encode())
            case "states":
                self._targets.state_machine(sender, arn, text)
            case _:
                self._to_bus(sender, target, text)

    def _to_bus(self, sender: Sender, target: Mapping[str, Any], text: str) -> None:
        arn = target["Arn"]
        if ":event-busv2/" not in arn:
            given = target["EventBridgeParameters"]
            entry = {"Source": given["Source"], "DetailType": given["DetailType"], "Detail": text}
            self._targets.bus(sender, arn, [entry])
            return
        given = target.get("EventBridgePutEventsV2Parameters")
        if given is not None:
            entry = {"Source": given["Source"], "DetailType": given["DetailType"], "Detail": text}
            self._targets.custom_bus(sender, arn, entry)
        else:
            metadata = (target.get("EventBridgePutRawEventsParameters") or {}).get("Metadata") or {}
            raw = {"Data": text.encode(), "SystemMetadata": {"ContentType": "application/json"}, "Metadata": metadata}
            self._targets.custom_bus(sender, arn, raw, raw=True)

    # -- the dead-letter queue ---------------------------------------------------------------------------------------

    def _bury(
        self,
        sender: Sender,
        target: Mapping[str, Any],
        text: str,
        copy: Copy,
        context: Mapping[str, str],
        most: int,
    ) -> str | None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue is None:
            return None
        assert copy.last is not None
        values = {
            "ERROR_CODE": copy.last.code,
            "ERROR_MESSAGE": str(copy.last),
            "EXECUTION_ID": context["execution-id"],
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(copy.attempts - 1),
            "SCHEDULED_TIME": context["scheduled-time"],
            "SCHEDULE_ARN": context["schedule-arn"],
            "TARGET_ARN": target["Arn"],
        }
        if copy.last.retryable:
            reached = copy.attempts > most
            values["EXHAUSTED_RETRY_CONDITION"] = "MaximumRetryAttempts" if reached else "MaximumEventAgeInSeconds"
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
        self._targets.queue(sender, queue, text, attributes)
        return str(queue.rpartition(":")[2])


def _with(text: str, context: Mapping[str, str], attempt: int) -> str:
    """A text with its context attributes replaced."""
    for name, value in {**context, "attempt-number": str(attempt)}.items():
        text = text.replace(_ATTRIBUTE.format(name), value)
    return text


def _request(text: str) -> Mapping[str, Any]:
    try:
        request = json.loads(text)
    except ValueError as error:
        raise NotTaken(
            "ValidationException", "the input of the universal target is no JSON", retryable=False
        ) from error
    if not isinstance(request, dict):
        raise NotTaken("ValidationException", "the input of the universal target is no object", retryable=False)
    return request
