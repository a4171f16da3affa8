"""A bill: its sum, its marks, its words; and what holds for every bill there could be."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waterline.facts import Facts, facts
from waterline.pricing import (
    Bill,
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
    stepfunctions,
)
from waterline.pricing.bill import money
from waterline.pricing.profile import chunks

CARRIERS: dict[str, Callable[[Profile], Use]] = {
    "sqs": sqs.Queue.carrying,
    "sqs fifo": lambda profile: sqs.Queue.carrying(profile, "fifo"),
    "sqs fair": lambda profile: sqs.Queue.carrying(profile, "fair", receives=3),
    "sns": lambda profile: sns.Topic.carrying(profile, {"sqs": 2, "https": 1, "email": 1}, 0.3, body_filters=1),
    "sns fifo": sns.FifoTopic.carrying,
    "lambda": lambda profile: lambda_.Function.carrying(profile, 123.4, 512),
    "lambda arm": lambda profile: lambda_.Function.carrying(profile, 50, 2048, "arm", asynchronous=True),
    "bus": lambda profile: eventbridge.Bus.carrying(profile, 1, 2, 1),
    "pipe": eventbridge.Pipe.carrying,
    "kinesis": lambda profile: kinesis.Stream.carrying(profile, retention_hours=200, fan_out_consumers=1),
    "kinesis on demand": kinesis.OnDemand.carrying,
    "kinesis advantage": lambda profile: kinesis.OnDemand.carrying(profile, advantage=True),
    "firehose": firehose.Delivery.carrying,
    "sfn": lambda profile: stepfunctions.Standard.carrying(profile, 3.5),
    "sfn express": lambda profile: stepfunctions.Express.carrying(profile, 250, 65),
    "http": apigateway.Api.carrying,
    "rest": lambda profile: apigateway.Api.carrying(profile, "rest"),
    "dynamodb": lambda profile: dynamodb.Table.carrying(profile, 1, 2),
}

profiles = st.builds(
    Profile,
    messages=st.one_of(st.integers(0, 30_000_000), st.integers(0, 10**13)),
    payload=st.integers(0, 100_000),
    batch=st.integers(1, 10),
)


@pytest.mark.parametrize("name", CARRIERS)
@given(profile=profiles, more=st.integers(0, 10**12), free_tier=st.booleans())
def test_more_messages_never_cost_less(name: str, profile: Profile, more: int, free_tier: bool) -> None:
    larger = Profile(profile.messages + more, profile.payload, profile.batch)
    costs = [bill(CARRIERS[name](one), free_tier=free_tier).total for one in (profile, larger)]
    assert costs[0] <= costs[1]


@given(uses=st.lists(st.tuples(st.sampled_from(sorted(CARRIERS)), profiles), max_size=5))
def test_the_free_tier_never_raises_a_bill_and_the_lines_make_the_total(uses: list[tuple[str, Profile]]) -> None:
    used = [CARRIERS[name](profile) for name, profile in uses]
    free, full = bill(*used), bill(*used, free_tier=False)
    assert free.total <= full.total
    for one in (free, full):
        assert one.total == sum(line.amount for line in one.lines if line.amount is not None)
        assert all(line.quantity > 0 for line in one.lines)
        assert all(line.fact_id in facts for line in one.lines)


@given(uses=st.lists(st.tuples(st.sampled_from(sorted(CARRIERS)), profiles), max_size=4))
def test_what_is_free_and_what_is_charged_add_up_to_what_was_used(uses: list[tuple[str, Profile]]) -> None:
    used = [CARRIERS[name](profile) for name, profile in uses]
    free, full = (sum(line.quantity for line in bill(*used, free_tier=tier).lines) for tier in (True, False))
    assert float(free) == pytest.approx(float(full), rel=1e-12)


@given(messages=st.integers(0, 300), payload=st.integers(0, 3000), batch=st.integers(1, 12), size=st.integers(1, 4000))
def test_chunks_are_what_cutting_each_payload_up_gives(messages: int, payload: int, batch: int, size: int) -> None:
    def pieces(length: int) -> int:
        return max(1, len(range(0, length, size)))

    profile = Profile(messages, payload, batch)
    batches = [min(batch, messages - first) for first in range(0, messages, batch)]
    assert profile.batches == len(batches)
    assert profile.chunks(size) == messages * pieces(payload)
    assert profile.chunks_of_batches(size) == sum(pieces(count * payload) for count in batches)
    assert chunks(payload, size) == pieces(payload)


def test_two_queues_share_the_free_million() -> None:
    both = bill(sqs.Queue(sends=800_000), sqs.Queue(sends=800_000, kind="fifo"))
    given_free = [line.quantity for line in both.lines if line.fact_id == "price.sqs.free"]
    assert given_free == [800_000, 200_000]
    assert both.total == Decimal("0.3")


def test_two_queues_share_the_tiers() -> None:
    half = sqs.Queue(sends=60_000_000_000)
    assert bill(half, half, free_tier=False).total == Decimal(100_000) * Decimal("0.4") + 20_000 * Decimal("0.3")


def test_a_bill_reads_as_text() -> None:
    orders = Profile.per_second(20, payload=1000, batch=10)
    month = bill(sqs.Queue.carrying(orders), title="Orders", messages=orders.messages)
    assert repr(month) == (
        "Orders\n"
        "what                                quantity              price          amount   fact\n"
        "SQS standard: requests, free tier   1,000,000 requests    free           $0.00    price.sqs.free\n"
        "SQS standard: requests              14,768,000 requests   0.4 USD / 1M   $5.91    price.sqs.standard\n"
        "total                                                                    $5.91\n"
        "for a million messages                                                   $0.11\n"
        "Not counted: data transfer, logs, taxes."
    )


UNVERIFIED_USES: list[tuple[Use, str]] = [
    (firehose.Delivery(Decimal(1)), "price.firehose.ingest"),
    (eventbridge.Pipe(1), "price.pipes"),
    (eventbridge.Bus(api_calls=1), "price.eventbridge.api_destination"),
    (eventbridge.CustomBus(Decimal(1)), "eventbridge.custom_bus_price"),
    (sns.Topic(scanned=Decimal(1)), "price.sns.payload_filter"),
    (sns.Topic.carrying(Profile(10**7, 70_000)), "price.sns.publish"),
    (kinesis.OnDemand(written=Decimal(1), advantage=True), "price.kinesis.ondemand_advantage"),
]


@pytest.mark.parametrize(("use", "fact"), UNVERIFIED_USES, ids=[fact for _, fact in UNVERIFIED_USES])
def test_an_unverified_price_is_marked_in_text_and_in_html(use: Use, fact: str) -> None:
    month = bill(use)
    assert {line.fact_id for line in month.unverified} >= {fact}
    for shown in (repr(month), month._repr_html_()):
        row = next(line for line in shown.replace("<tr>", "\n<tr>").splitlines() if fact in line)
        assert "(unverified)" in row
        assert "in part unverified" in shown
    assert any(fact in note and note.startswith("Unverified") for note in month.notes)


def test_every_unverified_fact_among_the_prices_marks_the_lines_that_it_prices() -> None:
    everything = [carry(Profile(10**7, 70_000)) for carry in CARRIERS.values()]
    for line in bill(*everything, eventbridge.Scheduler(10**8)).lines:
        if not facts[line.fact_id].verified:
            assert not line.verified


def test_verified_prices_carry_no_mark() -> None:
    assert "nverified" not in repr(bill(sqs.Queue(10**7), lambda_.Function(10**7))) + bill(sqs.Queue(1))._repr_html_()


def test_small_publishes_do_not_rest_on_the_unverified_chunk() -> None:
    assert not bill(sns.Topic.carrying(Profile(10**7, 1000))).unverified


def test_a_price_that_nobody_found_makes_the_bill_a_lower_bound() -> None:
    month = bill(eventbridge.CustomBus(Decimal(5)), sqs.Queue(2_000_000))
    assert not month.complete
    assert month.total == Decimal("0.4")
    assert "total, at least" in repr(month)
    assert "unknown (unverified)" in repr(month)


def test_the_prices_are_those_of_the_registry() -> None:
    text = (
        "[[fact]]\n"
        + "\n".join(
            f'{key} = "{value}"' for key, value in {"id": "price.pipes", "service": "pipes", "axis": "pricing"}.items()
        )
        + '\ntitle = "a"\nvalue = 7\nunit = "USD / 1M"\nas_of = "2030-01"\nas_of_basis = "read"\nsource = "s"\n'
        'evidence = "primary"\nverified = true\n'
    )
    assert bill(eventbridge.Pipe(1_000_000), registry=Facts(text)).total == 7


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Profile(-1, 1), "fewer than no messages"),
        (lambda: Profile(1, 1, 0), "at least one message, not 0"),
        (lambda: sqs.Queue.carrying(Profile(1, 1, 11)), "at most 10 messages, not 11"),
        (lambda: sqs.Queue.carrying(Profile(1, 200_000, 10)), "larger than the 1,048,576 bytes"),
        (lambda: lambda_.Function.carrying(Profile(1, 1), 1, 64), "128 to 10,240 MB of memory, not 64"),
        (lambda: lambda_.Function.carrying(Profile(1, 1), 901_000, 128), "runs 900 s at most"),
        (lambda: kinesis.Stream.carrying(Profile(1, 1), retention_hours=1), "at least 24 hours, not 1"),
        (lambda: stepfunctions.Express.carrying(Profile(1, 1), 301_000), "runs 300 s at most"),
        (lambda: sns.Topic.carrying(Profile(1, 1), kept=2), "between 0 and 1, not 2"),
        (lambda: bill(sns.Topic(1, {"sms": 1})), "no price for deliveries by 'sms'"),
        (lambda: bill(lambda_.Function(provisioned=Decimal(1), architecture="arm")), "for x86 only"),
    ],
)
def test_what_no_service_takes_is_refused_with_a_sentence(made: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made()


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "$0.00"), ("0.004", "$0.0040"), ("0.000781", "$0.00078"), ("1234.5", "$1,234.50"), (None, "unknown")],
)
def test_money_is_told_to_the_cent_and_less_to_two_digits(amount: str | None, text: str) -> None:
    assert money(None if amount is None else Decimal(amount)) == text


def test_an_empty_bill_is_nothing() -> None:
    assert bill().total == 0
    assert isinstance(bill(), Bill)
