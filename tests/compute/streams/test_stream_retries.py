"""What a failing function does to its shard, and what bounds the damage.

AWS Lambda Developer Guide (read 2026-11): "Retain discarded batch records for a Kinesis Data Streams event source in
Lambda", "Configuring partial batch response with Kinesis Data Streams and Lambda", "Lambda parameters for Amazon
Kinesis Data Streams event source mappings". Misconception 17: "Kinesis is a queue; a bad record goes to the DLQ."
"""

from __future__ import annotations

from typing import Any

import pytest
from river import FAIL_ON_BAD, PASS, READ, REPORT_BAD, River
from world import client

DAY = 86_400

REPORT = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def test_a_bad_record_blocks_its_shard_until_it_expires(river: River) -> None:
    """MaximumRetryAttempts -1, the default: failed records are retried until the record expires, here after a day."""
    river.begin(FAIL_ON_BAD, BatchSize=1)
    river.put("bad", "good")
    river.world.cloud.advance(hours=23)
    assert river.kinds("good") == ["sent"]
    river.settle()
    assert river.kinds("bad")[-1] == "expired"
    assert river.kinds("good")[-1] == "expired"
    (why, _) = river.world.whys("expired")
    assert why == "older than the stream's 24 h, and issue was not done with it"


def test_what_comes_later_goes_on_when_the_bad_record_has_expired(river: River) -> None:
    """ "With the default settings a bad record can block processing on the affected shard"."""
    river.begin(FAIL_ON_BAD)
    river.put("bad")
    river.world.cloud.advance(hours=12)
    river.put("good")
    river.settle()
    assert river.kinds("bad")[-1] == "expired"
    assert river.kinds("good") == ["sent", "invoked", "succeeded"]
    assert river.journal.of("succeeded")[0].seconds == pytest.approx(DAY, abs=60)


def test_the_other_shards_go_on(river: River) -> None:
    """ "It stops processing additional records in a shard if your function returns an error"; in that shard only."""
    river.begin(FAIL_ON_BAD, shards=2)
    river.put("bad", ExplicitHashKey="0")
    river.put("good", ExplicitHashKey=str(2**128 - 1))
    river.advance(1)
    assert river.kinds("good")[-1] == "succeeded"
    assert river.kinds("bad")[-1] == "retried"


def test_the_other_lanes_of_the_shard_go_on(river: River) -> None:
    """Order is kept per key, so a bad record blocks the keys of its own lane."""
    river.begin(FAIL_ON_BAD, ParallelizationFactor=10, BatchSize=1)
    river.put("bad", key="0")
    for key in range(1, 40):
        river.put(f"good {key}", key=str(key))
    river.put("behind", key="0")
    river.advance(5)
    done = len(river.journal.of("succeeded"))
    assert 30 <= done < 40
    assert river.kinds("behind") == ["sent"]


def test_the_wait_between_attempts_doubles_up_to_a_minute(river: River) -> None:
    """AWS documents no wait; the lab's is told in stream_retry."""
    river.begin(FAIL_ON_BAD)
    river.put("bad")
    river.advance(300)
    assert [second for second, _ in river.batches()] == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    assert river.world.whys("retried")[:3] == ["in 1 s", "in 2 s", "in 4 s"]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_counted_after_the_first_attempt(river: River, retries: int) -> None:
    """MaximumRetryAttempts: discard records after this number of retries; then the shard goes on."""
    river.begin(FAIL_ON_BAD, BatchSize=1, MaximumRetryAttempts=retries)
    river.put("bad", "good")
    river.settle()
    assert river.kinds("bad").count("invoked") == retries + 1
    assert river.kinds("bad")[-1] == "dropped"
    assert river.kinds("good") == ["sent", "invoked", "succeeded"]


def test_a_batch_is_given_up_whole_and_takes_the_good_ones_along(river: River) -> None:
    """Without bisecting or reporting, the batch is what is retried and discarded."""
    river.begin(FAIL_ON_BAD, MaximumRetryAttempts=2)
    river.put("good", "bad", "fine")
    river.settle()
    for body in ("good", "bad", "fine"):
        assert river.kinds(body)[-1] == "dropped"
    assert river.world.whys("dropped") == ["failed 3 times"] * 3


def test_a_record_older_than_the_maximum_age_is_discarded_at_the_next_attempt(river: River) -> None:
    """MaximumRecordAgeInSeconds: the maximum age of a record that Lambda sends to the function."""
    river.begin(FAIL_ON_BAD, MaximumRecordAgeInSeconds=60)
    river.put("bad")
    river.settle()
    assert river.batches()[-1][0] <= 60
    assert river.kinds("bad")[-1] == "dropped"
    assert river.world.whys("dropped") == ["older than 60 s"]


def test_a_record_that_waited_too_long_behind_another_never_reaches_the_function(river: River) -> None:
    """The age is looked at before the first attempt too."""
    river.begin(FAIL_ON_BAD, BatchSize=1, MaximumRecordAgeInSeconds=60)
    river.put("bad", "late")
    river.settle()
    assert river.kinds("late") == ["sent", "dropped"]


def test_the_age_ends_what_is_throttled_too(river: River) -> None:
    """ "Before invocation: it retries until the records expire or exceed the maximum age"."""
    river.stream()
    river.world.deploy(PASS)
    river.world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    river.map(MaximumRecordAgeInSeconds=60)
    river.put("a")
    river.settle()
    assert set(river.kinds("a")) == {"sent", "throttled", "dropped"}


def test_only_the_records_that_are_too_old_leave_a_batch(river: River) -> None:
    """Ages differ within a batch; the younger records are tried again."""
    river.begin(FAIL_ON_BAD, MaximumRecordAgeInSeconds=60, MaximumBatchingWindowInSeconds=30)
    river.put("old")
    river.advance(25)
    river.put("bad")
    river.settle()
    dropped = {event.message: event.seconds for event in river.journal.of("dropped")}
    assert dropped[river.names["old"]] == pytest.approx(61, abs=1)
    assert dropped[river.names["bad"]] > 85


# -- bisect ------------------------------------------------------------------------------------------------------------


def test_bisecting_finds_the_bad_record_and_loses_only_that_one(river: River) -> None:
    """BisectBatchOnFunctionError: split the batch in two and retry."""
    river.begin(FAIL_ON_BAD, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    river.put("a", "b", "c", "d", "e", "bad", "g", "h")
    river.settle()
    batches = [bodies for _, bodies in river.batches()]
    assert batches == ["a b c d e bad g h", "a b c d", "e bad g h", "e bad", "e", "bad", "g h"]
    assert [event.message for event in river.journal.of("dropped")] == [river.names["bad"]]


def test_a_split_uses_up_no_retry(river: River) -> None:
    """ "Splitting a batch does not count towards the retry quota" (fact esm.bisect_counts_as_retry)."""
    river.begin(FAIL_ON_BAD, BisectBatchOnFunctionError=True, MaximumRetryAttempts=2)
    river.put("bad", "b", "c", "d")
    river.settle()
    batches = [bodies for _, bodies in river.batches()]
    assert batches == ["bad b c d", "bad b", "bad", "bad", "bad", "b", "c d"]


def test_the_batch_size_stays_what_it_was(river: River) -> None:
    """ "Your original batch size setting remains unchanged"."""
    river.begin(FAIL_ON_BAD, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, BatchSize=4)
    river.put("bad", *"bcdefgh")
    river.settle()
    assert river.batches()[-1][1] == "e f g h"


# -- partial batch response --------------------------------------------------------------------------------------------


def test_the_reported_record_and_all_after_it_are_tried_again(river: River) -> None:
    """ "Lambda retries all records starting from that checkpoint"."""
    river.begin(REPORT_BAD, MaximumRetryAttempts=1, **REPORT)
    river.put("a", "bad", "c")
    river.settle()
    assert [bodies for _, bodies in river.batches()] == ["a bad c", "bad c"]
    assert river.kinds("a") == ["sent", "invoked", "succeeded"]
    assert [event.message for event in river.journal.of("dropped")] == [river.names["bad"], river.names["c"]]


def test_the_lowest_sequence_number_is_the_checkpoint(river: River) -> None:
    """ "If the array contains multiple items, Lambda uses the record with the lowest sequence number"."""
    source = READ + (
        "done = []\ndef handler(event, context):\n    if done: return\n    done.append(1)\n"
        "    numbers = [r['kinesis']['sequenceNumber'] for r in event['Records']]\n"
        "    return {'batchItemFailures': [{'itemIdentifier': numbers[i]} for i in (3, 1, 2)]}\n"
    )
    river.begin(source, **REPORT)
    river.put(*"abcd")
    river.settle()
    assert [bodies for _, bodies in river.batches()] == ["a b c d", "b c d"]


def test_a_report_is_ignored_unless_the_mapping_asks_for_it(river: River) -> None:
    """ "These responses will not be processed unless ReportBatchItemFailures is turned on": silent loss."""
    river.begin(REPORT_BAD)
    river.put("a", "bad", "c")
    river.settle()
    assert [bodies for _, bodies in river.batches()] == ["a bad c"]


ANSWERS = [
    ("None", "done"),
    ("{}", "done"),
    ("{'batchItemFailures': []}", "done"),
    ("{'batchItemFailures': None}", "done"),
    ("{'batchItemFailure': [{'itemIdentifier': n}]}", "done"),
    ("{'batchItemFailures': [{'itemIdentifier': n}]}", "part"),
    ("{'batchItemFailures': [{'itemIdentifier': ''}]}", "whole"),
    ("{'batchItemFailures': [{'itemIdentifier': None}]}", "whole"),
    ("{'batchItemFailures': [{'itemIdentifier': 'unknown'}]}", "whole"),
    ("{'batchItemFailures': [{'sequenceNumber': n}]}", "whole"),
    ("{'batchItemFailures': [{'itemIdentifier': n}, {'itemIdentifier': ''}]}", "whole"),
    ("{'batchItemFailures': 'all'}", "whole"),
    ("'ok'", "whole"),
]


@pytest.mark.parametrize(("answer", "failed"), ANSWERS, ids=[answer for answer, _ in ANSWERS])
def test_each_form_of_answer_counts_as_aws_counts_it(river: River, answer: str, failed: str) -> None:
    """ "Configuring partial batch response with Kinesis Data Streams and Lambda"; what AWS does with a list that is
    none, or a text, is the lab's reading.
    """
    source = (
        f"def handler(event, context):\n    n = event['Records'][1]['kinesis']['sequenceNumber']\n    return {answer}\n"
    )
    river.begin(source, MaximumRetryAttempts=0, **REPORT)
    river.put("a", "b")
    river.settle()
    lost = {"done": [], "part": ["b"], "whole": ["a", "b"]}[failed]
    assert [event.message for event in river.journal.of("dropped")] == [river.names[body] for body in lost]


def test_with_bisect_a_partial_response_splits_at_the_checkpoint_for_free(river: River) -> None:
    """ "The batch is bisected at the returned sequence number and Lambda retries only the remaining records"."""
    river.begin(REPORT_BAD, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, **REPORT)
    river.put("a", "bad", "c")
    river.settle()
    assert [bodies for _, bodies in river.batches()] == ["a bad c", "bad c"]


def test_with_bisect_an_error_splits_in_the_middle_whatever_is_reported(river: River) -> None:
    """ "The batch is bisected regardless of your ReportBatchItemFailures setting"."""
    river.begin(FAIL_ON_BAD, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, **REPORT)
    river.put("a", "b", "c", "bad")
    river.settle()
    assert [bodies for _, bodies in river.batches()] == ["a b c bad", "a b", "c bad", "c", "bad"]


def test_a_timeout_is_a_failure_like_any_other(river: River) -> None:
    """ "Retrying with smaller batches isolates bad records and works around timeout issues"."""
    source = "import time\ndef handler(event, context):\n    time.sleep(len(event['Records']))\n"
    river.stream()
    river.world.deploy(source, timeout=3)
    river.map(BisectBatchOnFunctionError=True)
    river.put(*"abcdefgh")
    river.settle()
    assert {len(bodies.split()) for _, bodies in river.batches()} == {8, 4, 2}
    assert len(river.journal.of("succeeded")) == 8


# -- on-failure destination --------------------------------------------------------------------------------------------


def description(river: River, queue: str) -> dict[str, Any]:
    (found,) = river.told(queue)
    return found


def test_a_destination_is_told_of_the_batch_and_does_not_get_it(river: River) -> None:
    """ "Retain discarded batch records for a Kinesis Data Streams event source in Lambda": where to find the
    records, which stay in the stream.
    """
    queue, destination = river.on_failure()
    river.begin(FAIL_ON_BAD, MaximumRetryAttempts=1, DestinationConfig=destination)
    first, *_, last = river.put("a", "bad", "c")
    river.settle()
    found = description(river, queue)
    request = found["requestContext"].pop("requestId")
    assert request == river.journal.of("invoked")[-1].detail["invocation"]
    assert found == {
        "requestContext": {
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:issue",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-01-01T00:00:01.000Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": first.partition(":")[2],
            "endSequenceNumber": last.partition(":")[2],
            "approximateArrivalOfFirstRecord": "2026-01-01T00:00:00.000Z",
            "approximateArrivalOfLastRecord": "2026-01-01T00:00:00.000Z",
            "batchSize": 3,
            "streamArn": river.arn,
        },
    }


def test_a_description_comes_from_the_records_it_tells_of(river: River) -> None:
    """So the journal leads from a lost record to the queue that knows of it."""
    _, destination = river.on_failure()
    river.begin(FAIL_ON_BAD, MaximumRetryAttempts=0, DestinationConfig=destination)
    records = river.put("bad", "worse")
    river.settle()
    (told,) = river.journal.of("sent", "discarded")
    assert told.parents == tuple(records)
    assert river.world.whys("dropped")[0] == "failed, and is not retried; discarded is told"


def test_records_that_are_too_old_are_told_of_with_their_condition(river: River) -> None:
    """Condition RecordAgeExceeded; nothing is said of a response when the function was never invoked."""
    queue, destination = river.on_failure()
    river.stream()
    river.world.deploy(PASS)
    river.world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    river.map(MaximumRecordAgeInSeconds=60, DestinationConfig=destination)
    river.put("a")
    river.settle()
    found = description(river, queue)
    assert found["requestContext"]["condition"] == "RecordAgeExceeded"
    assert found["requestContext"]["approximateInvokeCount"] == 0
    assert "responseContext" not in found


def test_a_partial_response_that_is_given_up_is_no_function_error(river: River) -> None:
    """responseContext.functionError is there when the function failed."""
    queue, destination = river.on_failure()
    river.begin(REPORT_BAD, MaximumRetryAttempts=0, DestinationConfig=destination, **REPORT)
    river.put("a", "bad")
    river.settle()
    found = description(river, queue)
    assert found["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert found["KinesisBatchInfo"]["batchSize"] == 1


def test_a_topic_can_be_told_too(river: River) -> None:
    """ "Amazon SQS queue or Amazon SNS topic destination for discarded records"."""
    topic = client("sns").create_topic(Name="discarded")["TopicArn"]
    queue = river.world.queue("inbox")
    river.world.let_in(queue, topic)
    client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=river.world.arn(queue), Attributes={"RawMessageDelivery": "true"}
    )
    river.begin(FAIL_ON_BAD, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": topic}})
    river.put("bad")
    river.settle()
    assert description(river, queue)["KinesisBatchInfo"]["batchSize"] == 1


def test_a_destination_that_is_gone_is_an_event_and_no_crash(river: River) -> None:
    """The records are given up all the same."""
    queue, destination = river.on_failure()
    river.begin(FAIL_ON_BAD, MaximumRetryAttempts=0, DestinationConfig=destination)
    river.world.sqs.delete_queue(QueueUrl=queue)
    river.put("bad")
    river.settle()
    assert any("was not told" in why for why in river.world.whys("dropped"))
