"""What a profile takes of each service: the rules of counting that no published example shows."""

from decimal import Decimal

import pytest

from waterline.pricing import Profile, bill, dynamodb, eventbridge, kinesis, lambda_, sns, sqs, stepfunctions

MILLION = 1_000_000


def test_what_is_free_is_taken_from_the_beginning_of_the_first_tier() -> None:
    queue = sqs.Queue(sends=101_000 * MILLION)
    assert bill(queue, free_tier=False).total - bill(queue).total == Decimal("0.4")
    assert [line.quantity for line in bill(queue).lines] == [MILLION, 99_999 * MILLION, 1_000 * MILLION]


def test_a_free_line_that_was_counted_by_an_unverified_rule_says_so() -> None:
    [line] = bill(sns.Topic.carrying(Profile(10, 70_000))).lines
    assert line.fact_id == "price.sns.free"
    assert not line.verified
    assert "Counted by price.sns.chunk, which is not verified." in line.note


def test_a_batch_of_small_messages_is_one_request_to_a_queue_and_ten_events_on_a_bus() -> None:
    profile = Profile(10, 1000, batch=10)
    queue = sqs.Queue.carrying(profile)
    assert (queue.sends, queue.receives, queue.deletes) == (1, 1, 1)
    assert eventbridge.Bus.carrying(profile).events == 10


@pytest.mark.parametrize(("hours", "extended", "stored"), [(24, 0, 0), (25, 730, 0), (168, 730, 0), (898, 730, 5)])
def test_long_term_retention_begins_after_seven_days(hours: int, extended: int, stored: int) -> None:
    stream = kinesis.Stream.carrying(Profile(5 * 1024, 2**20), shards=1, retention_hours=hours)
    assert (stream.extended_hours, stream.stored) == (extended, stored)


@pytest.mark.parametrize(
    ("rate", "payload", "shards"), [(1, 1, 1), (1000, 10, 1), (3500, 10, 4), (10, 2**20, 10), (10, 2**20 + 1, 11)]
)
def test_a_stream_has_shards_for_its_records_and_for_its_megabytes(rate: int, payload: int, shards: int) -> None:
    assert kinesis.shards_for(Profile.per_second(rate, payload)) == shards


def test_on_demand_advantage_is_charged_for_its_least_throughput() -> None:
    stream = kinesis.OnDemand.carrying(Profile(1, 1), advantage=True)
    assert stream.written == stream.read == Decimal(25 * 730 * 3600) / 1024


@pytest.mark.parametrize(
    ("duration", "memory", "gb_seconds"),
    [(100, 64, "0.00625"), (101, 64, "0.0125"), (100, 65, "0.0125"), (1, 1, "0.00625")],
)
def test_an_express_workflow_is_rounded_up_to_64_mb_and_100_ms(duration: int, memory: int, gb_seconds: str) -> None:
    assert stepfunctions.Express.carrying(Profile(1, 1), duration, memory).duration == Decimal(gb_seconds)


@pytest.mark.parametrize(
    ("how", "writes", "reads"),
    [({}, 5, "1"), ({"consistent": True}, 5, "2"), ({"transactional": True}, 10, "4")],
)
def test_an_item_of_5_kb_is_five_units_to_write_and_two_to_read(how: dict[str, bool], writes: int, reads: str) -> None:
    table = dynamodb.Table.carrying(Profile(1, 5 * 1024), writes=1, reads=1, **how)
    assert (table.writes, table.reads) == (writes, Decimal(reads))


@pytest.mark.parametrize(("duration", "milliseconds"), [(1, 1), (1.2, 2), (Decimal("99.01"), 100)])
def test_lambda_rounds_up_to_a_millisecond(duration: float, milliseconds: int) -> None:
    function = lambda_.Function.carrying(Profile(1000, 1), duration, memory_mb=1024)
    assert function.duration == milliseconds


def test_a_month_has_730_hours_or_the_days_that_are_given() -> None:
    assert Profile.per_second(1, 1).messages == 730 * 3600
    assert Profile.per_second(1, 1, days=30).messages == 30 * 86_400
    assert Profile.per_second(0.1, 1, days=1).messages == 8640


def test_a_filter_that_keeps_a_third_delivers_whole_messages() -> None:
    assert sns.Topic.carrying(Profile(10, 1), {"sqs": 2}, kept=0.33).deliveries == {"sqs": 8}
