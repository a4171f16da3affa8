"""A function that records go through before they are delivered.

The function gets a batch and answers with a ``result`` for each ``recordId``: ``Ok`` (with new data), ``Dropped`` or
``ProcessingFailed``. An invocation that fails is tried three times more (``firehose.lambda_retries_default``); then the
batch is skipped. Records that failed, for whatever reason, go under the error prefix, each as a line of JSON.

Sources: Amazon Data Firehose Developer Guide, "Transform source data in Amazon Data Firehose", "Required parameters for
data transformation", "Handle failure in data transformation", "Monitor Amazon Data Firehose Using CloudWatch Logs" for
the codes of errors (read 2026-11). The waits between attempts are ours: one second, two, four and so on.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.firehose.record import HoseRecord
from waterline.services.firehose.settings import Transformation

_RESULTS = ("Ok", "Dropped", "ProcessingFailed")


@dataclass(frozen=True)
class Failure:
    """Why a record was not transformed."""

    code: str
    why: str


@dataclass
class Transformed:
    """What became of a batch after so many `attempts`."""

    attempts: int
    good: list[HoseRecord] = field(default_factory=list)
    dropped: list[HoseRecord] = field(default_factory=list)
    failed: list[tuple[HoseRecord, Failure]] = field(default_factory=list)


def transformed(
    ground: Ground, sender: Sender, how: Transformation, records: Sequence[HoseRecord], region: str, source: str | None
) -> Transformed:
    """Take a batch through the function; waits for it. `source`: the ARN of the stream that the records come from."""
    targets, failure = Targets(ground), Failure("", "")
    for attempt in range(1, how.retries + 2):
        if attempt > 1:
            ground.clock.rest(SECOND << (attempt - 2))
        event = _event(ground, sender, records, region, source)
        try:
            payload, error = targets.invoke(sender, how.function, json.dumps(event))
        except NotTaken as refusal:
            failure = Failure("Lambda.InvokeFailed", str(refusal))
            continue
        if error is not None:
            failure = Failure("Lambda.FunctionError", _message(payload))
            continue
        return _sorted_out(Transformed(attempt), records, payload)
    return Transformed(how.retries + 1, failed=[(record, failure) for record in records])


def error_line(ground: Ground, record: HoseRecord, failure: Failure, attempts: int, function: str) -> HoseRecord:
    """What is written of a record that failed."""
    line = {
        "attemptsMade": attempts,
        "arrivalTimestamp": _milliseconds(ground, record.at),
        "errorCode": failure.code,
        "errorMessage": failure.why,
        "attemptEndingTimestamp": _milliseconds(ground, ground.clock.now),
        "rawData": base64.b64encode(record.data).decode(),
        "lambdaArn": function,
    }
    return replace(record, data=json.dumps(line).encode() + b"\n")


def _event(
    ground: Ground, sender: Sender, records: Sequence[HoseRecord], region: str, source: str | None
) -> dict[str, Any]:
    event: dict[str, Any] = {
        "invocationId": ground.identifier("transformations"),
        "deliveryStreamArn": sender.arn,
        "region": region,
        "records": [_entry(ground, record) for record in records],
    }
    return event if source is None else {**event, "sourceKinesisStreamArn": source}


def _entry(ground: Ground, record: HoseRecord) -> dict[str, Any]:
    at = _milliseconds(ground, record.at)
    entry: dict[str, Any] = {"recordId": record.message, "approximateArrivalTimestamp": at}
    if record.source is not None:
        stored, shard = record.source
        entry["kinesisRecordMetadata"] = {
            "sequenceNumber": stored.sequence_number,
            "subsequenceNumber": 0,
            "partitionKey": stored.order_key,
            "shardId": shard,
            "approximateArrivalTimestamp": at,
        }
    return {**entry, "data": base64.b64encode(record.data).decode()}


def _sorted_out(found: Transformed, records: Sequence[HoseRecord], payload: str) -> Transformed:
    """Put each record where the function's answer puts it."""
    entries = _entries(payload)
    if entries is None:
        failure = Failure("Lambda.JsonProcessingException", "The function's answer has no list of records.")
        found.failed.extend((record, failure) for record in records)
        return found
    counts = Counter(entry.get("recordId") for entry in entries)
    answers = {entry.get("recordId"): entry for entry in entries}
    for record in records:
        answer = answers.get(record.message)
        if answer is None:
            failure = Failure("Lambda.MissingRecordId", "One or more record Ids were not returned.")
        elif counts[record.message] > 1:
            failure = Failure("Lambda.DuplicatedRecordId", "Multiple records were returned with the same record ID.")
        elif answer.get("result") not in _RESULTS:
            failure = Failure("Lambda.UnknownResult", f"{answer.get('result')!r} is none of {', '.join(_RESULTS)}.")
        elif answer["result"] == "Dropped":
            found.dropped.append(record)
            continue
        elif answer["result"] == "ProcessingFailed":
            failure = Failure("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record.")
        else:
            try:
                data = base64.b64decode(answer.get("data") or "", validate=True)
            except (binascii.Error, TypeError, ValueError):
                failure = Failure("Lambda.JsonProcessingException", "The record's data is not base64.")
            else:
                found.good.append(replace(record, data=data))
                continue
        found.failed.append((record, failure))
    return found


def _entries(payload: str) -> list[Mapping[str, Any]] | None:
    answer = json.loads(payload)
    entries = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return None
    return entries


def _message(payload: str) -> str:
    answer = json.loads(payload)
    return str(answer.get("errorMessage", answer)) if isinstance(answer, dict) else str(answer)


def _milliseconds(ground: Ground, at: int) -> int:
    return round(ground.clock.start.timestamp() * 1000) + at // 1000
