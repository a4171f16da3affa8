"""Handing a message to a target, once: it takes it, or NotTaken says why not.

Who delivers as a service (SNS to a queue, EventBridge to a topic) needs a statement in the target's resource policy.
Who delivers with a role of the account (Lambda's destinations, EventBridge to a stream) does not: what that role may do
is not checked in the lab. A refusal is ``denied`` in the journal, at the target's place.

A fault that is laid on the target's service (``cloud.faults.outage("sqs")``) strikes a delivery as it strikes a call.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from moto.backends import get_backend
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from waterline.faults.injection import ERROR, OUTAGE, SLOW, THROTTLE
from waterline.ground import Ground
from waterline.services.delivery.places import place_of
from waterline.services.policy import Request, judged, statements_of
from waterline.web import Headers, Response, Unreachable, request_to

RETRYABLE = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "OverLimit",
        "ProvisionedThroughputExceededException",
        "RequestThrottled",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttled",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
Attributes = Mapping[str, tuple[str, str]]
"""Name to type and value."""


class NotTaken(Exception):
    """The target did not take it. `code` is AWS's; `retryable`: whether another attempt could go better."""

    def __init__(self, code: str, why: str, *, retryable: bool) -> None:
        super().__init__(why)
        self.code = code
        self.retryable = retryable


@dataclass(frozen=True)
class Sender:
    """Who delivers: `principal` (``sns.amazonaws.com``) on behalf of the resource `arn`.

    `by_role`: with a role of the account, so that resource policies are not asked. `owner`: the account on whose own
    behalf the service acts, as an alarm's action does: the condition key ``aws:SourceOwner``.
    """

    principal: str
    arn: str
    account: str
    by_role: bool = False
    owner: str | None = None

    @property
    def context(self) -> dict[str, str]:
        known = {"aws:sourcearn": self.arn, "aws:sourceaccount": self.account, "aws:securetransport": "true"}
        return known if self.owner is None else {**known, "aws:sourceowner": self.owner}


class Targets:
    """Hands messages over. Called from a task whose cause is what is handed over; a slow target makes it wait."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def queue(
        self,
        sender: Sender,
        arn: str,
        body: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        group: str | None = None,
        deduplication: str | None = None,
        delay: int | None = None,
    ) -> str:
        """Send to a queue; the identifier. `attributes` in the form of ``SendMessage``, `delay` in seconds."""
        backend = _backend("sqs", arn)
        queue = backend.queue_at(arn)
        if queue is None:
            raise _missing("AWS.SimpleQueueService.NonExistentQueue", "queue", arn)
        with self._asked("sqs", arn, f"sqs:{queue.name}"):
            self._allow(sender, "sqs:SendMessage", arn, queue.policy, f"sqs:{queue.name}")
            message = backend.send_message(
                queue.name,
                body,
                message_attributes=dict(attributes or {}),
                group_id=group,
                deduplication_id=deduplication,
                delay_seconds=delay,
                validate_group_id=queue.fifo_queue,
            )
        return str(message.id)

    def topic(
        self,
        sender: Sender,
        arn: str,
        message: str,
        attributes: Attributes | None = None,
        *,
        subject: str | None = None,
        group: str | None = None,
        deduplication: str | None = None,
    ) -> str:
        """Publish to a topic. Returns the message's identifier."""
        backend = _backend("sns", arn)
        topic = backend.topics.get(arn)
        if topic is None:
            raise _missing("NotFound", "topic", arn)
        with self._asked("sns", arn, f"sns:{topic.name}"):
            self._allow(sender, "sns:Publish", arn, topic.policy, f"sns:{topic.name}")
            values = {name: {"Type": kind, "Value": value} for name, (kind, value) in (attributes or {}).items()}
            identifier = backend.publish(
                message,
                arn=arn,
                subject=subject,
                message_attributes=values,
                group_id=group,
                deduplication_id=deduplication,
            )
        return str(identifier)

    def event(self, sender: Sender, arn: str, event: str) -> None:
        """Put an event (JSON text) into the asynchronous queue of a function."""
        backend, function = self._function(sender, arn)
        with self._asked("lambda", arn, f"lambda:{function.function_name}"):
            backend.send_event(arn, event)

    def invoke(self, sender: Sender, arn: str, event: str) -> tuple[str, str | None]:
        """Invoke a function and wait. Returns its answer (JSON text) and None, or ``Unhandled`` if it failed."""
        backend, function = self._function(sender, arn)
        answered: dict[str, str] = {}
        with self._asked("lambda", arn, f"lambda:{function.function_name}"):
            payload = backend.invoke(arn, None, event, {}, answered)
        said = payload.decode() if isinstance(payload, bytes) else str(payload)
        return said, answered.get("x-amz-function-error")

    def stream(self, sender: Sender, arn: str, key: str, content: bytes) -> str:
        """Put a record into a stream. Returns its sequence number."""
        backend = _backend("kinesis", arn)
        with self._asked("kinesis", arn, f"kinesis:{_last(arn)}"):
            data = base64.b64encode(content).decode()
            number, _shard = backend.put_record(arn, _last(arn), key, None, data)
        return str(number)

    def bus(self, sender: Sender, arn: str, entries: Sequence[Mapping[str, Any]]) -> list[str]:
        """Put entries of ``PutEvents`` on a bus, which asks its policy. Returns the identifiers of the events."""
        backend, answers = _backend("events", arn), []
        if backend.bus_at(arn) is None:
            raise _missing("ResourceNotFoundException", "event bus", arn)
        with self._asked("events", arn, f"events:{_last(arn)}"):
            for answer in backend.put_events([{**entry, "EventBusName": arn} for entry in entries], sender):
                if "ErrorCode" in answer:
                    code = str(answer["ErrorCode"])
                    raise NotTaken(code, str(answer["ErrorMessage"]), retryable=code in RETRYABLE)
                answers.append(str(answer["EventId"]))
        return answers

    def log_group(self, sender: Sender, arn: str, stream: str, text: str, timestamp: int) -> None:
        """Write a log event (`timestamp` in milliseconds) into a stream of a log group, made if it is missing."""
        backend, name = _backend("logs", arn), arn.split(":")[6]
        if name not in backend.groups:
            raise _missing("ResourceNotFoundException", "log group", arn)
        with self._asked("logs", arn, f"logs:{name}"):
            policies = [statements_of(policy.policy_document) for policy in backend.resource_policies.values()]
            statements = [statement for policy in policies for statement in policy]
            log_stream = f"{arn.removesuffix(':*')}:log-stream:{stream}"
            self._allow(sender, "logs:PutLogEvents", log_stream, statements, f"logs:{name}")
            if stream not in backend.groups[name].streams:
                backend.create_log_stream(name, stream)
            backend.put_log_events(name, stream, [{"timestamp": timestamp, "message": text}])

    def custom_bus(
        self,
        sender: Sender,
        arn: str,
        entry: Mapping[str, Any],
        *,
        raw: bool = False,
        deduplication: Mapping[str, Any] | None = None,
    ) -> str:
        """Put an entry of ``PutEvents``, or, `raw`, of ``PutRawEvents``, on a Custom Event Bus, which asks its policy.

        Returns the identifier of the event.
        """
        request: dict[str, Any] = {"EventBusArn": arn, "Entries": [entry]}
        if deduplication:
            request["DeduplicationConfiguration"] = deduplication
        with self._asked("eventbridgev2", arn, place_of(arn)):
            backend: Any = get_backend("eventbridgev2")[sender.account][arn.split(":")[3]]
            [answer] = (backend.put_raw_events if raw else backend.put_events)(request)["Entries"]
        if "ErrorCode" in answer:
            raise NotTaken(answer["ErrorCode"], answer["ErrorMessage"], retryable=False)
        return str(answer["EventId"])

    def api_destination(
        self, sender: Sender, arn: str, parameters: Mapping[str, Any], text: str, content: Any, until: int
    ) -> Response:
        """Send a request to an API destination of EventBridge; an attempt that has no turn before `until` is not made.

        `parameters`: ``HttpParameters``, of which paths look into `content`.
        """
        target = {"Arn": arn, "HttpParameters": parameters}
        found: Response = _backend("events", arn).api_destinations.send(
            sender, target, text, SimpleNamespace(content=content), until
        )
        return found

    def state_machine(self, sender: Sender, arn: str, text: str, name: str | None = None) -> str:
        """Start an execution with an input (JSON text). Returns the execution's ARN."""
        with self._asked("stepfunctions", arn, f"states:{_machine(arn)}"):
            execution = _backend("stepfunctions", arn).start_execution(arn, name, text)
        return str(execution.arn)

    def workflow(self, sender: Sender, arn: str, text: str, name: str | None = None) -> tuple[str, str, str | None]:
        """Play an Express workflow with an input (JSON text) and wait.

        Returns its status, its output (JSON text) or its error, and the cause of an error.
        """
        with self._asked("stepfunctions", arn, f"states:{_machine(arn)}"):
            execution = _backend("stepfunctions", arn).start_sync_execution(arn, name, text)
        if execution.status == "SUCCEEDED":
            return "SUCCEEDED", json.dumps(execution.output), None
        return str(execution.status), str(execution.error or ""), execution.cause_text

    def delivery_stream(self, sender: Sender, arn: str, content: bytes) -> str:
        """Put a record into a Firehose stream. Returns its identifier."""
        with self._asked("firehose", arn, f"firehose:{_last(arn)}"):
            answer = _backend("firehose", arn).put_record(_last(arn), {"Data": content})
        return str(answer["RecordId"])

    def bucket(self, sender: Sender, name: str, key: str, content: bytes) -> None:
        """Write an object into a bucket."""
        with self._asked("s3", f"arn:aws:s3:::{name}", f"s3:{name}"):
            get_backend("s3")[sender.account]["aws"].put_object(name, key, content)

    def http(
        self,
        sender: Sender,
        method: str,
        url: str,
        headers: Headers = (),
        body: bytes | None = None,
        *,
        timeout: int | None = None,
    ) -> Response:
        """Send a request to a site and wait at most `timeout` microseconds; the status is the caller's to judge.

        NotTaken says that no answer came: ``UnknownHost``, ``ConnectionRefused`` or ``Timeout``, all retryable.
        """
        try:
            return self._ground.web.fetch(request_to(method, url, headers, body), timeout, by=sender.arn)
        except Unreachable as trouble:
            raise NotTaken(trouble.code, str(trouble), retryable=True) from trouble

    def check(self, sender: Sender, arn: str) -> None:
        """Whether a queue, a topic or a function is there and lets the sender in; nothing is handed over."""
        match arn.split(":")[2]:
            case "sqs":
                queue = _backend("sqs", arn).queue_at(arn)
                if queue is None:
                    raise _missing("AWS.SimpleQueueService.NonExistentQueue", "queue", arn)
                self._allow(sender, "sqs:SendMessage", arn, queue.policy, f"sqs:{queue.name}")
            case "sns":
                topic = _backend("sns", arn).topics.get(arn)
                if topic is None:
                    raise _missing("NotFound", "topic", arn)
                self._allow(sender, "sns:Publish", arn, topic.policy, f"sns:{topic.name}")
            case _:
                self._function(sender, arn)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _function(self, sender: Sender, arn: str) -> tuple[Any, Any]:
        backend = _backend("lambda", arn)
        try:
            function, _qualifier = backend.target(arn, None)
        except (HTTPException, ServiceException) as error:
            raise _missing("ResourceNotFoundException", "function", arn) from error
        self._allow(
            sender, "lambda:InvokeFunction", arn, function.policy.statements, f"lambda:{function.function_name}"
        )
        return backend, function

    def _allow(self, sender: Sender, action: str, arn: str, policy: Any, place: str) -> None:
        if sender.by_role:
            return
        verdict = judged(policy, Request(sender.principal, action, arn, sender.context))
        if not verdict.allowed:
            cause = self._ground.clock.cause
            self._ground.journal.record(
                "denied", place, next(iter(cause), None), cause[1:], why=verdict.why, by=sender.arn
            )
            raise NotTaken("AccessDenied", f"{place} did not let {sender.principal} in: {verdict.why}", retryable=False)

    @contextmanager
    def _asked(self, service: str, arn: str, place: str) -> Iterator[None]:
        """Ask the faults of a service, and make a NotTaken of its error."""
        for fault in list(self._ground.faults.on("service", service, ERROR, OUTAGE, SLOW, THROTTLE)):
            if fault.operation is not None or not fault.strikes():
                continue
            kind = {SLOW: "slowed", THROTTLE: "throttled"}.get(fault.kind, "refused")
            cause = self._ground.clock.cause
            self._ground.journal.record(kind, place, next(iter(cause), None), cause[1:], fault=fault.kind)
            if fault.kind == SLOW:
                self._ground.clock.sleep(fault.seconds)
            else:
                code = {THROTTLE: "ThrottlingException", OUTAGE: "ServiceUnavailable"}.get(
                    fault.kind, "InternalFailure"
                )
                raise NotTaken(code, f"{service} answered {code} ({fault.kind} by cloud.faults)", retryable=True)
        try:
            yield
        except (HTTPException, ServiceException) as error:
            code = str(getattr(error, "code", None) or getattr(error, "error_type", None) or type(error).__name__)
            code = str(getattr(error, "error_type", code)) if code.isdigit() else code
            said = " ".join(str(getattr(error, "message", None) or error).split())
            raise NotTaken(code, f"{_last(arn)} did not take it: {said}", retryable=code in RETRYABLE) from error


def _backend(service: str, arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) < 6 or not parts[4]:
        raise NotTaken("InvalidArn", f"{arn} is no ARN of a target", retryable=False)
    return get_backend(service)[parts[4]][parts[3]]


def _missing(code: str, what: str, arn: str) -> NotTaken:
    return NotTaken(code, f"the {what} {_last(arn)} does not exist", retryable=False)


def _last(arn: str) -> str:
    """What is last in an ARN: a queue's or a topic's name, a stream's, a bus's; a function's without its qualifier."""
    parts = arn.split(":")
    return parts[6] if parts[2] == "lambda" else parts[-1].rpartition("/")[2]


def _machine(arn: str) -> str:
    """A state machine's name, in its ARN or in that of a version or an alias."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn
