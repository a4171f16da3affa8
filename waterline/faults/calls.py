"""Faults on the calls through boto3: refused with an error of the service's own, or answered late.

Every attempt of every call passes moto's stub, which stands where botocore would send the request. There, and only
while a cloud is open, a fault may answer instead. botocore sees an answer as from the wire: what it would try again on
AWS it tries again here, and its waits take virtual time.

What a service answers to too many requests is in its API reference: RequestThrottled (SQS, "Common Error Types"),
TooManyRequestsException (Lambda, "Invoke"), ProvisionedThroughputExceededException (DynamoDB, Kinesis), Throttled
(SNS), SlowDown (S3); all others ThrottlingException. An outage is ServiceUnavailable, an error InternalFailure, both
common to all services ("Common Errors"). Read 2026-11. With which status SQS throttles is botocore's word
(``_retry.json``), because a throttle with another one would not be tried again.

Deliveries inside the cloud (a mapping that polls its queue, a queue that moves a dead letter) are no calls: they go on.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.session import Session
from botocore.utils import hyphenize_service_id
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import ServiceException
from moto.core.request import determine_request_protocol
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from waterline.clock import Clock
from waterline.faults.fault import Fault
from waterline.faults.injection import ERROR, OUTAGE, SLOW, THROTTLE, Faults
from waterline.journal import Journal

_TOO_MANY, _BAD, _DOWN = HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE
_THROTTLES: dict[str, tuple[str, HTTPStatus]] = {
    "sqs": ("RequestThrottled", HTTPStatus.FORBIDDEN),
    "lambda": ("TooManyRequestsException", _TOO_MANY),
    "dynamodb": ("ProvisionedThroughputExceededException", _BAD),
    "kinesis": ("ProvisionedThroughputExceededException", _BAD),
    "sns": ("Throttled", _TOO_MANY),
    "s3": ("SlowDown", _DOWN),
}
_OTHER_THROTTLE = ("ThrottlingException", _BAD)
_SENTENCES = {
    THROTTLE: "Rate exceeded",
    OUTAGE: "The request has failed due to a temporary failure of the server.",
    ERROR: "The request processing has failed because of an unknown error, exception or failure.",
}


class _Struck(ServiceException):  # type: ignore[misc]
    """The error that a service would answer with; moto finds its form by this class's place, which is not moto's."""


_moto_answers = BotocoreStubber.__call__


@cache
def services() -> tuple[str, ...]:
    """The services that boto3 has, by their boto3 names."""
    return tuple(Session().get_available_services())


def operations(service: str) -> Sequence[str]:
    """The operations of a service."""
    names: Sequence[str] = get_service_model(service).operation_names
    return names


@cache
def _event_name(service: str) -> str:
    """How botocore names a service in its events."""
    return str(hyphenize_service_id(get_service_model(service).service_id))


@contextmanager
def under_faults(clock: Clock, journal: Journal, faults: Faults) -> Iterator[None]:
    """Let the faults at the calls of this cloud, for the length of a ``with`` block."""

    def answers(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        _, service, operation = event_name.split(".", 2)
        # moto's stub is there for other threads too, and without a cloud.
        if faults and stubber.enabled and threading.get_ident() == clock.thread:
            # All are asked before one of them answers: each one's draws stay what they are without the others.
            for fault in [each for each in faults if _concerns(each, service, operation) and each.strikes()]:
                kind = {SLOW: "slowed", THROTTLE: "throttled"}.get(fault.kind, "refused")
                code, status = _error(fault)
                why = f"{operation}: {code}" if fault.kind != SLOW else f"{operation}: {fault.seconds:g} s longer"
                place = f"api:{fault.target}"
                journal.record(kind, place, None, clock.cause, operation=operation, fault=fault.kind, why=why)
                if fault.kind == SLOW:
                    clock.sleep(fault.seconds)
                else:
                    return _answer(fault, operation, request, code, status)
        return _moto_answers(stubber, event_name, request, **options)

    before = BotocoreStubber.__call__
    BotocoreStubber.__call__ = answers
    try:
        yield
    finally:
        BotocoreStubber.__call__ = before


def _concerns(fault: Fault, service: str, operation: str) -> bool:
    return fault.scope == "service" and _event_name(fault.target) == service and fault.operation in (None, operation)


def _error(fault: Fault) -> tuple[str, HTTPStatus]:
    if fault.kind == THROTTLE:
        return _THROTTLES.get(fault.target, _OTHER_THROTTLE)
    if fault.kind == OUTAGE:
        return "ServiceUnavailable", _DOWN
    return "InternalFailure", HTTPStatus.INTERNAL_SERVER_ERROR


def _answer(fault: Fault, operation: str, request: Any, code: str, status: HTTPStatus) -> AWSResponse:
    """The error as the service writes it: each protocol has its own form, and moto knows them all."""
    model = get_service_model(fault.target)
    protocol = determine_request_protocol(model, _text(request.headers.get("Content-Type", "")))
    serializer = get_serializer_class(model.service_name, protocol)(model.operation_model(operation))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto warns of errors that are common to all services and in no one's model
        written = serializer.serialize(_Struck(code, _SENTENCES[fault.kind]))
    body = written["body"]
    raw = MockRawResponse(body.encode() if isinstance(body, str) else body)
    return AWSResponse(request.url, int(status), {k.lower(): v for k, v in written["headers"].items()}, raw)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
