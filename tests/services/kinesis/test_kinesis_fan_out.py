"""Enhanced fan-out: registered consumers, subscriptions, and consumers as event sources.

Amazon Kinesis Data Streams Developer Guide, "Develop enhanced fan-out consumers with dedicated throughput" (read
2026-11).
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from shore import FIRST, MIB, Shore, client, number, refused

COUNT = "def handler(event, context):\n    return len(event['Records'])\n"


def told(events: list[dict[str, Any]]) -> list[str]:
    return [record["Data"].decode() for event in events for record in event["Records"]]


def map_to(shore: Shore, source: str, function: str = "count") -> str:
    shore.cloud.deploy(function, COUNT)
    answer = client("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=function, StartingPosition="TRIM_HORIZON"
    )
    return str(answer["UUID"])


def test_a_consumer_s_arn_holds_when_it_was_registered(shore: Shore) -> None:
    """Source: RegisterStreamConsumer: registered again under the same name it is another consumer."""
    shore.stream()
    first = shore.register()
    assert first == f"{shore.arn}/consumer/dashboard:1767225600"
    shore.kinesis.deregister_stream_consumer(ConsumerARN=first)
    shore.advance(60)
    assert shore.register() == f"{shore.arn}/consumer/dashboard:1767225660"


def test_consumers_are_described_listed_and_deregistered(shore: Shore) -> None:
    """Source: DescribeStreamConsumer, ListStreamConsumers, DeregisterStreamConsumer: by ARN, or by stream and name."""
    shore.stream()
    arns = [shore.register(name) for name in ("a", "b", "c")]
    shore.kinesis.deregister_stream_consumer(StreamARN=shore.arn, ConsumerName="b")
    shore.kinesis.deregister_stream_consumer(ConsumerARN=arns[2])
    listed = shore.kinesis.list_stream_consumers(StreamARN=shore.arn)["Consumers"]
    assert [(each["ConsumerName"], each["ConsumerStatus"]) for each in listed] == [("a", "ACTIVE")]
    described = shore.kinesis.describe_stream_consumer(ConsumerARN=arns[0])["ConsumerDescription"]
    assert described["StreamARN"] == shore.arn
    assert shore.summary()["ConsumerCount"] == 1
    with refused("ResourceNotFoundException"):
        shore.kinesis.describe_stream_consumer(ConsumerARN=arns[1])


def test_a_stream_has_twenty_consumers(shore: Shore) -> None:
    """Source: fact ``kinesis.efo_consumers``, RegisterStreamConsumer."""
    shore.stream()
    for each in range(20):
        shore.register(f"reader-{each}")
    with refused("LimitExceededException"):
        shore.register("one-more")
    with refused("ResourceInUseException"):
        shore.register("reader-3")


def test_records_are_pushed_as_they_come(shore: Shore) -> None:
    """Source: SubscribeToShard: what is there, then each record at the instant at which it is put."""
    shore.stream()
    shore.put("a")
    shore.cloud.clock.after(10_500_000, lambda: shore.put("b"))
    shore.cloud.clock.after(42_000_000, lambda: shore.put("c"))
    pushed = shore.subscribe(shore.register())
    seen = [(shore.cloud.clock.now / 1e6, told([event])) for event in pushed]
    assert seen == [(0.0, ["a"]), (10.5, ["b"]), (42.0, ["c"])]


def test_a_subscription_ends_after_five_minutes(shore: Shore) -> None:
    """Source: fact ``kinesis.efo_subscription``."""
    shore.stream()
    assert list(shore.subscribe(shore.register())) == []
    assert shore.cloud.clock.now == 300_000_000


def test_a_continuation_number_goes_on_where_a_subscription_ended(shore: Shore) -> None:
    """Source: SubscribeToShard: with AFTER_SEQUENCE_NUMBER in the next call."""
    shore.stream()
    consumer = shore.register()
    shore.put("a")
    last = list(shore.subscribe(consumer))[-1]["ContinuationSequenceNumber"]
    shore.put("b")
    again = shore.subscribe(consumer, "AFTER_SEQUENCE_NUMBER", SequenceNumber=last)
    assert told(list(again)) == ["b"]


def test_each_consumer_has_a_throughput_of_its_own(shore: Shore) -> None:
    """Source: fact ``kinesis.efo_throughput``: five GetRecords and another consumer take nothing from it."""
    shore.stream()
    for _ in range(4):
        shore.put(b"x" * (MIB - 1))
        shore.advance(1)
    began = shore.cloud.clock.now
    first, second = shore.register("a"), shore.register("b")
    iterator = shore.iterator()
    shore.read(iterator)
    for consumer in (first, second):
        assert len(next(shore.subscribe(consumer))["Records"]) == 2
    assert shore.cloud.clock.now == began


def test_a_consumer_gets_two_megabytes_a_second_from_a_shard(shore: Shore) -> None:
    """Source: fact ``kinesis.efo_throughput``, SubscribeToShard."""
    shore.stream()
    for _ in range(6):
        shore.put(b"x" * (MIB - 1))
        shore.advance(1)
    pushed, instants = shore.subscribe(shore.register()), []
    for _ in range(3):
        event = next(pushed)
        instants.append((shore.cloud.clock.now / 1e6 - 6, len(event["Records"])))
    assert instants == [(0, 2), (1, 2), (2, 2)]


def test_a_second_subscription_is_refused_for_five_seconds(shore: Shore) -> None:
    """Source: fact ``kinesis.efo_resubscribe``: for the same consumer and shard; others are free."""
    shore.stream(2)
    consumer = shore.register()
    shore.put("a", ExplicitHashKey="0")
    next(shore.subscribe(consumer))
    shore.subscribe(consumer, shard=number(1))
    shore.advance(4.9)
    with refused("ResourceInUseException", "Another active subscription"):
        next(shore.subscribe(consumer))
    shore.advance(0.1)
    assert told([next(shore.subscribe(consumer))]) == ["a"]


def test_a_later_subscription_takes_over(shore: Shore) -> None:
    """Source: SubscribeToShard: five seconds after the first, which then ends with ResourceInUseException."""
    shore.stream()
    consumer = shore.register()
    shore.put("a")
    first = shore.subscribe(consumer)
    next(first)
    shore.advance(5)
    second = shore.subscribe(consumer)
    assert told([next(second)]) == ["a"]
    with pytest.raises(EventStreamError, match="ResourceInUseException"):
        next(first)


def test_the_end_of_a_closed_shard_ends_a_subscription_with_its_children(shore: Shore) -> None:
    """Source: SubscribeToShard: ``ChildShards`` in the last event."""
    shore.stream()
    shore.put("a")
    shore.cloud.clock.after(5_000_000, shore.split)
    events = list(shore.subscribe(shore.register()))
    assert told(events) == ["a"]
    assert [child["ShardId"] for child in events[-1]["ChildShards"]] == [number(1), number(2)]
    assert shore.cloud.clock.now == 5_000_000


def test_only_a_registered_consumer_subscribes(shore: Shore) -> None:
    """Source: SubscribeToShard: ResourceNotFoundException."""
    shore.stream()
    with refused("ResourceNotFoundException"):
        next(shore.subscribe(f"{shore.arn}/consumer/nobody:1"))


def test_a_function_subscribes_as_a_consumer(shore: Shore) -> None:
    """Source: "Using Lambda to process records from Amazon Kinesis Data Streams": with a consumer's ARN as source.

    Records are pushed to it, so it does not wait for the next poll, and takes none of the shard's five reads.
    """
    shore.stream()
    consumer = shore.register()
    uuid = map_to(shore, consumer)
    assert client("lambda").get_event_source_mapping(UUID=uuid)["EventSourceArn"] == consumer
    shore.advance(0.3)
    shore.put("a")
    shore.advance(0.1)
    shore.put("b")
    iterator = shore.iterator()
    for _ in range(5):
        shore.read(iterator)
    shore.cloud.settle()
    assert [event.seconds for event in shore.events.of("invoked")] == [0.3, 0.4]


def test_a_poll_waits_where_a_push_does_not(shore: Shore) -> None:
    """Source: fact ``esm.kinesis_poll_rate``: the same record, once by polling and once by fan-out."""
    shore.stream()
    map_to(shore, shore.arn, "polled")
    map_to(shore, shore.register(), "pushed")
    shore.advance(0.3)
    shore.put("a")
    shore.cloud.settle()
    assert {event.name: event.seconds for event in shore.events.of("invoked")} == {"pushed": 0.3, "polled": 1.0}


def test_a_function_reads_on_after_a_split_as_a_consumer(shore: Shore) -> None:
    """Source: "Reshard a stream": parents before children, for whoever reads."""
    shore.stream()
    map_to(shore, shore.register())
    shore.put("a")
    shore.split()
    shore.put("b", ExplicitHashKey="0")
    shore.cloud.settle()
    shards = [event.message.partition(":")[0] for event in shore.events.of("invoked") if event.message]
    assert shards == [FIRST, number(1)]


def test_a_mapping_ends_with_its_consumer(shore: Shore) -> None:
    """Source: DeregisterStreamConsumer: nothing is pushed to a consumer that is gone."""
    shore.stream()
    consumer = shore.register()
    map_to(shore, consumer)
    shore.put("a")
    shore.advance(1)
    shore.kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    shore.advance(1)
    shore.put("b")
    shore.cloud.settle()
    assert len(shore.events.of("invoked")) == 1
    assert "consumer was deregistered" in shore.events.of("ended")[0].detail["why"]


def test_a_consumer_that_is_not_there_is_no_event_source(shore: Shore) -> None:
    """Source: CreateEventSourceMapping."""
    shore.stream()
    with pytest.raises(Exception, match=r"EventSourceArn|not found|this source"):
        map_to(shore, f"{shore.arn}/consumer/nobody:1")


def test_a_stream_with_consumers_is_deleted_on_purpose_only(shore: Shore) -> None:
    """Source: DeleteStream: ResourceInUseException, unless EnforceConsumerDeletion is set."""
    shore.stream()
    map_to(shore, shore.register())
    shore.advance(1)
    with refused("ResourceInUseException"):
        shore.kinesis.delete_stream(StreamName="clicks")
    shore.kinesis.delete_stream(StreamName="clicks", EnforceConsumerDeletion=True)
    shore.cloud.settle()
    assert "the stream was deleted" in shore.events.of("ended")[0].detail["why"]
