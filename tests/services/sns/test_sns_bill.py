"""What a run with topics costs: the bill reads the journal that topics write."""

from __future__ import annotations

from decimal import Decimal

from post_office import URL, PostOffice

from waterline.pricing import bill


def test_a_fan_out_is_charged_for_publishes_and_http_deliveries_and_its_queues_for_their_own_requests(
    office: PostOffice,
) -> None:
    """Source: facts ``price.sns.publish``, ``price.sns.http``; see ``waterline.pricing.sns``."""
    topic = office.topic()
    for name in ("one", "two"):
        office.subscribe(topic, office.queue(name, lets=topic))
    office.site()
    office.subscribe(topic, URL)
    office.cloud.settle()
    for number in range(4):
        office.publish(topic, str(number))
    office.cloud.settle()
    quantities = {line.what: line.quantity for line in bill(office.journal, free_tier=False).lines}
    assert quantities["SNS: publishes"] == 4
    assert quantities["SNS: deliveries by sqs"] == 8
    assert quantities["SNS: deliveries by https"] == 4
    assert quantities["SQS standard: requests"] == 8


def test_a_fifo_topic_has_its_own_prices(office: PostOffice) -> None:
    topic = office.topic("orders.fifo", ContentBasedDeduplication="true")
    office.subscribe(topic, office.queue("billing.fifo", lets=topic), RawMessageDelivery="true")
    office.publish(topic, "x" * 1024, MessageGroupId="g")
    office.publish(topic, "x" * 1024, MessageGroupId="g")
    office.cloud.settle()
    quantities = {line.what: line.quantity for line in bill(office.journal, free_tier=False).lines}
    assert quantities["SNS FIFO: publishes"] == 1
    assert quantities["SNS FIFO: payload of deliveries"] == Decimal(1024) / 2**30
