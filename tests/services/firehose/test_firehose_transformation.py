"""A function that records go through: its buffer, its answers, its failures.

Amazon Data Firehose Developer Guide, "Transform source data in Amazon Data Firehose", "Required parameters for data
transformation", "Handle failure in data transformation" (read 2026-11).
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from reservoir import FAIL, FAIL_TWICE, TIDY, Reservoir, client, refused

SHOW = """
import base64, json
def handler(event, context):
    print(json.dumps(event))
    return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]} for r in event["records"]]}
"""
SOON = {"BufferIntervalInSeconds": "0"}
HINTS = {"SizeInMBs": 1, "IntervalInSeconds": 60}


def failures(reservoir: Reservoir) -> list[dict[str, Any]]:
    """What stands under the error prefix, line by line."""
    lines = [
        line for key in reservoir.keys if "processing-failed" in key for line in reservoir.content(key).splitlines()
    ]
    return [json.loads(line) for line in lines]


def test_records_go_through_the_function(reservoir: Reservoir) -> None:
    """Source: "Transform source data in Amazon Data Firehose": what it answers is what is delivered."""
    reservoir.create(**reservoir.through(TIDY))
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"A\nB\n"]


def test_the_function_has_a_buffer_of_its_own(reservoir: Reservoir) -> None:
    """Source: facts ``firehose.lambda_interval_default``, ``firehose.buffer_interval_default``: 60 s, then 300 s."""
    reservoir.create(**reservoir.through(TIDY))
    reservoir.put("a")
    reservoir.cloud.settle()
    assert [event.seconds for event in reservoir.cloud.journal.of("invoked")] == [60]
    assert reservoir.instants() == [360]


def test_a_megabyte_does_not_wait_for_the_function(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.lambda_size_default``."""
    reservoir.create(**reservoir.through(TIDY))
    reservoir.put("x" * 1_000_000)
    reservoir.advance(1)
    reservoir.put("x" * 1_000_000)
    reservoir.cloud.settle()
    assert [event.seconds for event in reservoir.cloud.journal.of("invoked")] == [1]


def test_hints_of_the_function_are_its_processor_s(reservoir: Reservoir) -> None:
    """Source: facts ``firehose.lambda_interval``, ``firehose.lambda_size``."""
    reservoir.create(**reservoir.through(TIDY, BufferIntervalInSeconds="10", BufferSizeInMBs="0.2"))
    reservoir.put("a")
    reservoir.advance(20)
    reservoir.put("x" * 210_000)
    reservoir.cloud.settle()
    assert [event.seconds for event in reservoir.cloud.journal.of("invoked")] == [10, 20]


@pytest.mark.parametrize(
    "parameters", [{"BufferSizeInMBs": "0.1"}, {"BufferSizeInMBs": "4"}, {"BufferIntervalInSeconds": "901"}]
)
def test_hints_of_the_function_have_bounds(reservoir: Reservoir, parameters: dict[str, str]) -> None:
    """Source: facts ``firehose.lambda_interval``, ``firehose.lambda_size``."""
    with refused("InvalidArgumentException", "must be between"):
        reservoir.create(**reservoir.through(TIDY, **parameters))


def test_the_function_sees_the_records_and_where_they_come_from(reservoir: Reservoir) -> None:
    """Source: "Transform source data in Amazon Data Firehose": the event of a direct put."""
    reservoir.create(**reservoir.through(SHOW, **SOON))
    reservoir.advance(2)
    [record] = reservoir.put("a")
    reservoir.cloud.settle()
    event = json.loads(next(line for line in reservoir.cloud.logs("tidy").splitlines() if line.startswith("{")))
    assert event["deliveryStreamArn"] == "arn:aws:firehose:us-east-1:123456789012:deliverystream/logs"
    assert event["region"] == "us-east-1" and event["invocationId"]
    assert event["records"] == [
        {"recordId": record, "approximateArrivalTimestamp": 1767225602000, "data": base64.b64encode(b"a").decode()}
    ]


def test_a_dropped_record_is_no_failure(reservoir: Reservoir) -> None:
    """Source: "Required parameters for data transformation": Dropped counts as processed, and is not delivered."""
    reservoir.create(**reservoir.through(TIDY, **SOON))
    _, dropped = reservoir.put("a", "drop")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"A\n"]
    assert [event.message for event in reservoir.of("filtered")] == [dropped]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("bad", "Lambda.ProcessingFailedStatus"),
        ("lost", "Lambda.MissingRecordId"),
        ("stranger", "Lambda.MissingRecordId"),
        ("twice", "Lambda.DuplicatedRecordId"),
        ("odd", "Lambda.UnknownResult"),
        ("garbled", "Lambda.JsonProcessingException"),
    ],
)
def test_a_record_that_failed_goes_under_the_error_prefix(reservoir: Reservoir, body: str, code: str) -> None:
    """Source: "Required parameters for data transformation", "Handle failure in data transformation": as it came in."""
    reservoir.create(**reservoir.through(TIDY, **SOON))
    _, failed = reservoir.put("a", body)
    reservoir.cloud.settle()
    [line] = failures(reservoir)
    assert base64.b64decode(line["rawData"]).decode() == body
    assert (line["errorCode"], line["attemptsMade"], line["arrivalTimestamp"]) == (code, 1, 1767225600000)
    assert line["lambdaArn"].endswith(":function:tidy")
    [event] = reservoir.of("dead-lettered")
    assert event.message == failed and event.detail["why"].startswith(code)
    assert len(reservoir.of("delivered")) == 1


def test_a_function_that_fails_is_tried_three_times_more(reservoir: Reservoir) -> None:
    """Source: fact ``firehose.lambda_retries_default``: then the batch is skipped, and counts as failed."""
    reservoir.create(**reservoir.through(FAIL, **SOON))
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert len(reservoir.cloud.journal.of("failed")) == 4
    assert [(line["attemptsMade"], line["errorCode"]) for line in failures(reservoir)] == [
        (4, "Lambda.FunctionError")
    ] * 2
    assert not reservoir.of("delivered")


def test_the_number_of_retries_is_the_processor_s(reservoir: Reservoir) -> None:
    """Source: "Handle failure in data transformation": NumberOfRetries."""
    reservoir.create(**reservoir.through(FAIL, NumberOfRetries="0", **SOON))
    reservoir.put("a")
    reservoir.cloud.settle()
    assert len(reservoir.cloud.journal.of("failed")) == 1


def test_a_function_that_recovers_loses_nothing(reservoir: Reservoir) -> None:
    """Source: "Handle failure in data transformation"."""
    reservoir.create(**reservoir.through(FAIL_TWICE, **SOON))
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"ab"]
    assert not failures(reservoir)


def test_a_throttled_function_is_tried_again(reservoir: Reservoir) -> None:
    """Source: "Handle failure in data transformation": when the invocation limit is reached."""
    reservoir.create(**reservoir.through(TIDY, **SOON))
    client("lambda").put_function_concurrency(FunctionName="tidy", ReservedConcurrentExecutions=0)
    reservoir.put("a")
    reservoir.advance(2)
    client("lambda").delete_function_concurrency(FunctionName="tidy")
    reservoir.cloud.settle()
    assert reservoir.objects == [b"A\n"]


def test_a_function_that_is_gone_fails_its_records(reservoir: Reservoir) -> None:
    """Source: "Handle failure in data transformation"."""
    reservoir.create(**reservoir.through(TIDY, **SOON))
    client("lambda").delete_function(FunctionName="tidy")
    reservoir.put("a")
    reservoir.cloud.settle()
    assert [line["errorCode"] for line in failures(reservoir)] == ["Lambda.InvokeFailed"]


@pytest.mark.parametrize("answer", ["None", "[]", "{'records': 3}", "{'records': ['a']}", "'text'"])
def test_an_answer_without_records_fails_the_batch(reservoir: Reservoir, answer: str) -> None:
    """Source: "Required parameters for data transformation"."""
    source = f"def handler(event, context):\n    return {answer}\n"
    reservoir.create(**reservoir.through(source, **SOON))
    reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert {line["errorCode"] for line in failures(reservoir)} == {"Lambda.JsonProcessingException"}
    assert len(reservoir.of("dead-lettered")) == 2


def test_the_error_prefix_names_the_kind_of_failure(reservoir: Reservoir) -> None:
    """Source: "Understand custom prefixes for Amazon S3 objects"."""
    prefixes = {
        "Prefix": "good/!{timestamp:yyyy}/",
        "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/!{timestamp:MM}/",
    }
    reservoir.create(**reservoir.through(TIDY, **SOON), **prefixes)
    reservoir.put("a", "bad")
    reservoir.cloud.settle()
    assert [key.partition("logs")[0] for key in reservoir.keys] == ["bad/processing-failed/01/", "good/2026/"]


def test_an_invocation_comes_from_its_records_and_needs_no_permission(reservoir: Reservoir) -> None:
    """Source: "Transform source data in Amazon Data Firehose": Firehose invokes with the stream's role."""
    reservoir.create(**reservoir.through(TIDY, **SOON))
    records = reservoir.put("a", "b")
    reservoir.cloud.settle()
    assert not reservoir.cloud.journal.of("denied")
    [invoked] = reservoir.cloud.journal.of("invoked")
    assert all(invoked.message in reservoir.cloud.journal.children(record) for record in records)
