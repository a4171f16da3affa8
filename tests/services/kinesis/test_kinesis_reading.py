"""Iterators and what they find, how long they live, and how long records do.

Amazon Kinesis Data Streams Developer Guide, "Change the data retention period" (read 2026-11).
"""

from __future__ import annotations

import datetime as dt

import pytest
from shore import FIRST, Shore, refused

HOUR = 3600


def at(shore: Shore, seconds: float) -> dt.datetime:
    return shore.cloud.clock.start + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("kind", "option", "found"),
    [
        ("TRIM_HORIZON", None, "abcd"),
        ("LATEST", None, "d"),
        ("AT_SEQUENCE_NUMBER", "b", "bcd"),
        ("AFTER_SEQUENCE_NUMBER", "b", "cd"),
        ("AT_TIMESTAMP", 10, "bcd"),
        ("AT_TIMESTAMP", 10.5, "cd"),
        ("AT_TIMESTAMP", 0, "abcd"),
    ],
)
def test_every_iterator_type_begins_where_it_says(shore: Shore, kind: str, option: object, found: str) -> None:
    """Source: GetShardIterator. ``a`` is put at 0 s, ``b`` at 10 s, ``c`` at 20 s, ``d`` after that."""
    shore.stream()
    numbers = {}
    for body in "abc":
        numbers[body] = shore.put(body)
        shore.advance(10)
    options = {}
    if isinstance(option, str):
        options["StartingSequenceNumber"] = numbers[option]
    elif isinstance(option, int | float):
        options["Timestamp"] = at(shore, option)
    iterator = shore.iterator(kind, **options)
    shore.put("d")
    assert "".join(shore.bodies(iterator)) == found


def test_the_shard_s_first_number_is_before_its_first_record(shore: Shore) -> None:
    """Source: DescribeStream: ``StartingSequenceNumber`` can be read at and after."""
    shore.stream()
    shore.put("a")
    first = shore.kinesis.list_shards(StreamName="clicks")["Shards"][0]["SequenceNumberRange"]["StartingSequenceNumber"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        assert shore.bodies(shore.iterator(kind, StartingSequenceNumber=first)) == ["a"]


def test_a_number_of_another_stream_is_refused(shore: Shore) -> None:
    """Source: GetShardIterator."""
    shore.stream()
    shore.put("a")
    with refused("InvalidArgumentException", "did not come from this stream"):
        shore.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber="12345")


def test_a_timestamp_to_come_is_refused(shore: Shore) -> None:
    """Source: GetShardIterator."""
    shore.stream()
    with refused("InvalidArgumentException", "cannot be greater than the currentTimestampInMillis"):
        shore.iterator("AT_TIMESTAMP", Timestamp=at(shore, 1))


def test_a_shard_that_is_not_there_has_no_iterator(shore: Shore) -> None:
    """Source: GetShardIterator."""
    shore.stream()
    with refused("ResourceNotFoundException", "does not exist"):
        shore.iterator(shard="shardId-000000000009")


@pytest.mark.parametrize(("seconds", "good"), [(300, True), (300.001, False)])
def test_an_iterator_expires_after_five_minutes(shore: Shore, seconds: float, good: bool) -> None:
    """Source: fact ``kinesis.iterator_expiry``, GetShardIterator."""
    shore.stream()
    iterator = shore.iterator()
    shore.advance(seconds)
    if good:
        assert shore.read(iterator)["NextShardIterator"] != iterator
    else:
        with refused("ExpiredIteratorException", "tolerated delay of 300000 milliseconds"):
            shore.read(iterator)


def test_the_next_iterator_lives_five_minutes_of_its_own(shore: Shore) -> None:
    """Source: GetRecords: each answer has a new one."""
    shore.stream()
    iterator = shore.iterator()
    for _ in range(3):
        shore.advance(200)
        iterator = shore.read(iterator)["NextShardIterator"]


def test_an_iterator_reads_the_same_again(shore: Shore) -> None:
    """Source: "Terminology and concepts": reading takes nothing away, so two readers see the same."""
    shore.stream()
    shore.put("a")
    iterator = shore.iterator()
    assert shore.bodies(iterator) == shore.bodies(iterator) == ["a"]


def test_what_is_no_iterator_is_refused(shore: Shore) -> None:
    """Source: GetRecords: InvalidArgumentException."""
    shore.stream()
    with refused("InvalidArgumentException", "Invalid ShardIterator"):
        shore.read("not one")


def test_an_iterator_of_a_deleted_stream_does_not_read_its_successor(shore: Shore) -> None:
    """Source: DeleteStream: a new stream of the same name is another stream."""
    shore.stream()
    iterator = shore.iterator()
    shore.kinesis.delete_stream(StreamName="clicks")
    shore.stream()
    with refused("InvalidArgumentException", "Invalid ShardIterator"):
        shore.read(iterator)


def test_a_limit_cuts_a_read_and_the_next_goes_on(shore: Shore) -> None:
    """Source: GetRecords."""
    shore.stream()
    for body in "abcde":
        shore.put(body)
    answer = shore.read(Limit=2)
    assert [record["Data"] for record in answer["Records"]] == [b"a", b"b"]
    assert shore.bodies(answer["NextShardIterator"]) == ["c", "d", "e"]


def test_milliseconds_behind_say_how_late_a_reader_is(shore: Shore) -> None:
    """Source: GetRecords: 0 when there is nothing more to read, else how far behind the present the answer is."""
    shore.stream()
    for body in "abc":
        shore.put(body)
        shore.advance(10)
    first = shore.read(Limit=1)
    assert first["MillisBehindLatest"] == 30_000
    assert shore.read(first["NextShardIterator"])["MillisBehindLatest"] == 0


def test_a_record_says_when_it_came(shore: Shore) -> None:
    """Source: GetRecords: ``ApproximateArrivalTimestamp``."""
    shore.stream()
    shore.advance(12.5)
    shore.put("a", key="user-1")
    record = shore.read()["Records"][0]
    assert record["ApproximateArrivalTimestamp"] == at(shore, 12.5)
    assert record["PartitionKey"] == "user-1"


def test_records_are_gone_after_a_day(shore: Shore) -> None:
    """Source: fact ``kinesis.retention_default``: at that instant, read or not; who read nothing lost them."""
    shore.stream()
    shore.put("a")
    shore.advance(23 * HOUR)
    shore.put("b")
    shore.advance(HOUR)
    assert shore.bodies() == ["b"]
    assert [event.seconds for event in shore.of("expired")] == [24 * HOUR]


def test_longer_retention_keeps_what_is_there(shore: Shore) -> None:
    """Source: IncreaseStreamRetentionPeriod, "Change the data retention period": at once, for records not yet gone."""
    shore.stream()
    shore.put("a")
    shore.advance(23 * HOUR)
    shore.kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    shore.advance(24 * HOUR)
    assert shore.bodies() == ["a"]
    shore.advance(HOUR)
    assert shore.bodies() == []


def test_longer_retention_brings_nothing_back(shore: Shore) -> None:
    """Source: IncreaseStreamRetentionPeriod: what had expired before stays inaccessible."""
    shore.stream()
    shore.put("a")
    shore.advance(25 * HOUR)
    shore.kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=168)
    assert shore.bodies() == []


def test_shorter_retention_lets_go_at_once(shore: Shore) -> None:
    """Source: DecreaseStreamRetentionPeriod: this may lose data."""
    shore.stream()
    shore.kinesis.increase_stream_retention_period(StreamARN=shore.arn, RetentionPeriodHours=48)
    shore.put("a")
    shore.advance(30 * HOUR)
    shore.kinesis.decrease_stream_retention_period(StreamARN=shore.arn, RetentionPeriodHours=24)
    assert shore.bodies() == []
    assert [event.seconds for event in shore.of("expired")] == [30 * HOUR]


@pytest.mark.parametrize(
    ("verb", "hours", "words"),
    [
        ("increase", 8761, "Maximum allowed retention period is 8760 hours"),
        ("decrease", 23, "Minimum allowed retention period is 24 hours"),
        ("decrease", 72, "can not be longer than existing retention period"),
    ],
)
def test_retention_lies_between_a_day_and_a_year(shore: Shore, verb: str, hours: int, words: str) -> None:
    """Source: facts ``kinesis.retention_min``, ``kinesis.retention_max``."""
    shore.stream()
    change = getattr(shore.kinesis, f"{verb}_stream_retention_period")
    with refused("InvalidArgumentException", words):
        change(StreamName="clicks", RetentionPeriodHours=hours)


def test_a_sequence_number_that_is_trimmed_leads_to_the_oldest_record(shore: Shore) -> None:
    """Source: GetShardIterator: the record is gone, so reading begins with the oldest that is left."""
    shore.stream()
    number = shore.put("a")
    shore.advance(23 * HOUR)
    shore.put("b")
    shore.advance(2 * HOUR)
    assert shore.bodies(shore.iterator("AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)) == ["b"]


def test_a_read_record_is_nobody_s_loss(shore: Shore) -> None:
    """The journal calls ``expired`` only what nobody had read."""
    shore.stream()
    shore.put("a")
    shore.bodies()
    shore.advance(25 * HOUR)
    assert not shore.of("expired")
    assert shore.of("read")[0].detail["shard"] == FIRST
