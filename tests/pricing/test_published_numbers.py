"""The bill against numbers that others have published: the sources of the course, and AWS's own price examples."""

from decimal import Decimal

import pytest

from waterline.pricing import (
    Profile,
    Use,
    apigateway,
    bill,
    dynamodb,
    eventbridge,
    firehose,
    kinesis,
    lambda_,
    sns,
    sqs,
)
from waterline.pricing import stepfunctions as sfn
from waterline.pricing.profile import chunks

MILLION = 1_000_000


def total(*uses: Use, free_tier: bool = False) -> Decimal:
    return bill(*uses, free_tier=free_tier).total


def a_second(memory_mb: int) -> lambda_.Function:
    return lambda_.Function.carrying(Profile(MILLION, payload=100), duration_ms=1000, memory_mb=memory_mb)


# "Optimizing the cost of serverless web applications", about 2020: a million runs of one second. The post is up to a
# cent higher than its own rate, hence the tolerance.
MEMORY_TABLE = [
    (128, 125_000, "2.08", "2.28"),
    (512, 500_000, "8.34", "8.54"),
    (1024, 1_000_000, "16.67", "16.87"),
    (1536, 1_500_000, "25.01", "25.21"),
    (2048, 2_000_000, "33.34", "33.54"),
    (3008, 2_937_500, "48.97", "49.17"),
]


@pytest.mark.parametrize(("memory", "gb_seconds", "compute", "whole"), MEMORY_TABLE)
def test_the_memory_table_of_the_blog_post(memory: int, gb_seconds: int, compute: str, whole: str) -> None:
    function = a_second(memory)
    assert function.duration == gb_seconds
    requests, duration = bill(function, free_tier=False).lines
    assert requests.amount == Decimal("0.2")
    assert duration.amount is not None
    assert abs(duration.amount - Decimal(compute)) <= Decimal("0.02")
    assert abs(total(function) - Decimal(whole)) <= Decimal("0.02")


@pytest.mark.parametrize(
    ("messages", "payload", "free_tier", "amount"),
    [
        (100 * MILLION, 1024, False, "50"),
        (1_562_500, 64 * 1024, False, "0.78125"),
        (100 * MILLION, 1024, True, "49.5"),
        (1_562_500, 64 * 1024, True, "0.28125"),
    ],
)
def test_combining_messages_before_they_are_published(
    messages: int, payload: int, free_tier: bool, amount: str
) -> None:
    topic = sns.Topic.carrying(Profile(messages, payload), subscribers={"sqs": 1})
    assert total(topic, free_tier=free_tier) == Decimal(amount)


@pytest.mark.parametrize(("kilobytes", "requests"), [(1, 1), (64, 1), (65, 2), (256, 4), (1024, 16)])
def test_an_sqs_message_is_charged_by_64_kb(kilobytes: int, requests: int) -> None:
    assert sqs.Queue.carrying(Profile(1, kilobytes * 1024)).sends == requests


@pytest.mark.parametrize(("kilobytes", "requests"), [(1, 1), (256, 1), (257, 2), (320, 2), (321, 3), (1024, 13)])
def test_a_large_asynchronous_event_is_several_requests(kilobytes: int, requests: int) -> None:
    assert lambda_.asynchronous_requests(kilobytes * 1024) == requests


def test_a_filter_that_keeps_a_quarter_takes_three_quarters_of_the_deliveries_away() -> None:
    profile = Profile(4 * MILLION, 100)
    all_of_them = sns.Topic.carrying(profile, {"https": 1})
    quarter = sns.Topic.carrying(profile, {"https": 1}, kept=0.25)
    assert quarter.deliveries["https"] * 4 == all_of_them.deliveries["https"]


def test_an_http_api_costs_around_seventy_percent_less_than_a_rest_api() -> None:
    profile = Profile(MILLION, 100)
    http, rest = (total(apigateway.Api.carrying(profile, kind)) for kind in ("http", "rest"))
    assert 1 - http / rest == pytest.approx(Decimal("0.714"), abs=Decimal("0.001"))


def test_the_shard_of_the_2018_talk() -> None:
    assert total(kinesis.Stream(shard_hours=Decimal(730))) == Decimal("10.95")
    assert total(kinesis.Stream(shard_hours=Decimal(720))) == Decimal("10.80")
    rate = Profile.per_second(1000, payload=25 * 1024, days=30)
    assert kinesis.Stream.carrying(rate, shards=1).units == 2_592 * MILLION
    assert round(total(kinesis.Stream(units=2_592 * MILLION)), 2) == Decimal("36.29")


def test_a_standard_workflow_against_an_express_one() -> None:
    runs = Profile(MILLION, 100)
    assert total(sfn.Standard.carrying(runs, transitions=5)) == 125
    express = sfn.Express.carrying(runs, duration_ms=2000, memory_mb=64)
    assert express.duration == 125_000
    assert round(total(express), 2) == Decimal("3.08")


# What AWS itself gives as examples, on the pages named. Where a rate has changed since, the tolerance says by how much.


def test_aws_lambda_pricing_page_provisioned_mode_of_an_sqs_mapping() -> None:
    function = lambda_.Function(30 * MILLION, Decimal(30 * MILLION), poller_hours=Decimal(8000))
    amounts = [round(line.amount or 0, 2) for line in bill(function, free_tier=False).lines]
    assert sorted(amounts) == [Decimal(6), Decimal(74), Decimal(500)]
    assert round(total(function), 2) == 580


def test_aws_lambda_pricing_page_three_million_runs_of_a_second() -> None:
    """The page of before 2020, at 0.00001667 USD a GB-second: 18.34 + 0.40 = 18.74 USD, free tier taken off."""
    function = lambda_.Function.carrying(Profile(3 * MILLION, 100), duration_ms=1000, memory_mb=512)
    assert function.duration == 1_500_000
    lines = bill(function).lines
    charged = {line.unit: line for line in lines if line.amount}
    assert charged["GB-s"].quantity == 1_100_000
    assert charged["requests"].amount == Decimal("0.40")
    assert total(function, free_tier=True) == pytest.approx(Decimal("18.74"), abs=Decimal("0.01"))


@pytest.mark.parametrize(("payload", "units"), [(5 * 1024, 1), (45 * 1024, 2), (MILLION, 40)])
def test_aws_kinesis_pricing_page_payload_units(payload: int, units: int) -> None:
    assert kinesis.Stream.carrying(Profile(1, payload)).units == units


def test_aws_kinesis_pricing_page_a_hundred_records_of_35_kb_a_second() -> None:
    """Its input is 3.4 MB/s, so four shards."""
    profile = Profile.per_second(100, payload=35 * 1024)
    assert kinesis.shards_for(profile) == 4
    stream = kinesis.Stream.carrying(profile)
    assert stream.shard_hours == 4 * 730
    assert stream.units == 2 * profile.messages


def test_aws_kinesis_pricing_page_a_thousand_puts_of_5_kb_a_second() -> None:
    """Its input is 4.9 MB/s, so five shards."""
    assert kinesis.shards_for(Profile.per_second(1000, payload=5 * 1024)) == 5


def test_aws_kinesis_pricing_page_on_demand_rounds_4_5_kb_to_5() -> None:
    stream = kinesis.OnDemand.carrying(Profile(2**20, payload=4608), consumers=1)
    assert stream.written == 5
    assert stream.read == Decimal("4.5")


@pytest.mark.parametrize(("kilobytes", "charged"), [(3, 5), (5, 5), (12, 15)])
def test_aws_firehose_pricing_page_rounds_to_5_kb(kilobytes: int, charged: int) -> None:
    assert firehose.Delivery.carrying(Profile(2**20, kilobytes * 1024)).ingested == charged


def test_aws_eventbridge_pricing_page_five_million_management_events() -> None:
    assert total(eventbridge.Bus(aws_events=5 * MILLION)) == 0


@pytest.mark.parametrize(("kilobytes", "events"), [(64, 1), (65, 2), (256, 4)])
def test_aws_eventbridge_pricing_page_counts_chunks_of_64_kb(kilobytes: int, events: int) -> None:
    assert eventbridge.Bus.carrying(Profile(1, kilobytes * 1024, batch=10)).events == events


@pytest.mark.parametrize(
    ("kind", "calls", "amount"),
    [
        ("rest", 333 * MILLION, "1165.5"),
        ("rest", 1000 * MILLION, "3033.1"),  # 333 M at 3.50 and 667 M at 2.80
        ("rest", 20_000 * MILLION, "48253.1"),  # and 19 billion at 2.38
        ("rest", 20_001 * MILLION, "48254.61"),
        ("http", 300 * MILLION, "300"),
        ("http", 301 * MILLION, "300.9"),
    ],
)
def test_aws_api_gateway_whitepaper_tiers(kind: apigateway.Kind, calls: int, amount: str) -> None:
    assert total(apigateway.Api(calls, kind)) == Decimal(amount)


# Prices whose example was not found, worked out by hand from the price list's rates.
BY_HAND = [
    (sqs.Queue(sends=101_000 * MILLION), "40300"),  # 100 billion at 0.40, one at 0.30
    (sqs.Queue(sends=201_000 * MILLION), "70240"),
    (sqs.Queue(sends=201_000 * MILLION, kind="fifo"), "90350"),
    (sqs.Queue(MILLION, MILLION, MILLION, kind="fair"), "1.5"),
    (sns.FifoTopic(MILLION, Decimal(10), MILLION, Decimal(10)), "0.49"),  # 0.30 + 0.17 + 0.01 + 0.01
    (sns.Topic(MILLION, {"https": 2 * MILLION, "email": 100_000, "lambda": MILLION}), "3.7"),
    (eventbridge.Bus(events=MILLION, aws_events=MILLION, api_calls=MILLION), "1.2"),
    (eventbridge.Bus(archived=Decimal(100), stored=Decimal(100), replayed=MILLION), "13.3"),
    (eventbridge.Pipe(MILLION), "0.4"),
    (eventbridge.Scheduler(MILLION), "1"),
    (kinesis.Stream.carrying(Profile(0, 0), shards=2, retention_hours=48, fan_out_consumers=3), "116.8"),
    (kinesis.OnDemand(Decimal(730), Decimal(100), Decimal(200), Decimal(10)), "45.7"),
    (kinesis.OnDemand(written=Decimal(100), read=Decimal(100), advantage=True), "4.8"),
    (firehose.Delivery(Decimal(2_049_000)), "53268"),  # 512,000 at 0.029, 1,536,000 at 0.025, 1,000 at 0.020
    (sfn.Express(0, Decimal(5_001 * 3600)), "180.028416"),
    (dynamodb.Table(MILLION, Decimal(MILLION), Decimal(25)), "7.0"),
    (lambda_.Function(duration=Decimal(16_000 * MILLION), architecture="arm"), "202001.35"),
    (lambda_.Function(duration=Decimal(16_000 * MILLION)), "248333.6"),
    (apigateway.WebSocket(MILLION, Decimal(MILLION)), "1.25"),
]


@pytest.mark.parametrize(("use", "amount"), BY_HAND, ids=lambda value: type(value).__name__)
def test_worked_out_by_hand(use: Use, amount: str) -> None:
    assert total(use) == Decimal(amount)


def test_one_megabyte_is_sixteen_chunks_of_64_kb() -> None:
    assert chunks(2**20, 64 * 2**10) == 16
