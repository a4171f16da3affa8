"""What bare moto does with topics: each row of the ledger that says so, so that a new moto is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from post_office import client, text

QUEUE = "arn:aws:sqs:us-east-1:123456789012:billing"


@pytest.fixture
def moto() -> Iterator[str]:
    """Bare moto with a topic; its ARN."""
    with mock_aws():
        client("sqs").create_queue(QueueName="billing")
        yield client("sns").create_topic(Name="orders")["TopicArn"]


def subscribe(topic: str, endpoint: str = QUEUE, **attributes: Any) -> None:
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
    protocol = "sqs" if endpoint.startswith("arn:") else "https"
    client("sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=values)


def received() -> list[str]:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="billing")["QueueUrl"]
    return [json.loads(m["Body"])["Message"] for m in sqs.receive_message(QueueUrl=url).get("Messages", [])]


def test_a_message_is_delivered_inside_the_publish_whatever_the_queues_policy_says(moto: str) -> None:
    subscribe(moto)
    client("sns").publish(TopicArn=moto, Message="x")
    assert received() == ["x"]


def test_a_queue_that_is_gone_fails_the_publish_and_nothing_is_dead_lettered(moto: str) -> None:
    subscribe(moto, f"{QUEUE}-gone", RedrivePolicy={"deadLetterTargetArn": QUEUE})
    with pytest.raises(ClientError, match="NonExistentQueue"):
        client("sns").publish(TopicArn=moto, Message="x")
    url = client("sqs").get_queue_url(QueueName="billing")["QueueUrl"]
    assert "Messages" not in client("sqs").receive_message(QueueUrl=url)


@pytest.mark.parametrize("entry", [{"cidr": "10.0.0.0/8"}, {"wildcard": "a*"}])
def test_match_types_are_missing(moto: str, entry: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="Unrecognized match type"):
        subscribe(moto, FilterPolicy={"a": [entry]})


def test_or_on_a_body_is_an_error_of_the_publisher(moto: str) -> None:
    subscribe(moto, FilterPolicy={"$or": [{"a": [1]}, {"b": [2]}]}, FilterPolicyScope="MessageBody")
    with pytest.raises((TypeError, AttributeError)):
        client("sns").publish(TopicArn=moto, Message='{"b": 2}')


def test_an_endpoint_is_confirmed_without_being_asked(moto: str) -> None:
    subscribe(moto, "https://hooks.example.com")
    [subscription] = client("sns").list_subscriptions()["Subscriptions"]
    attributes = client("sns").get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    assert attributes["Attributes"]["PendingConfirmation"] == "false"


def test_a_wrong_delivery_policy_is_accepted(moto: str) -> None:
    subscribe(moto, "https://hooks.example.com", DeliveryPolicy={"healthyRetryPolicy": {"numRetries": 1000}})


def test_a_fifo_topic_has_no_sequence_numbers_and_no_deduplication(moto: str) -> None:
    sns, sqs = client("sns"), client("sqs")
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    topic = sns.create_topic(Name="orders.fifo", Attributes=attributes)["TopicArn"]
    subscribe(topic)
    for _ in range(2):
        assert "SequenceNumber" not in sns.publish(TopicArn=topic, Message="x", MessageGroupId="g")
    url = sqs.get_queue_url(QueueName="billing")["QueueUrl"]
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 2


def test_the_signature_is_another_in_every_run() -> None:
    signatures = []
    for _ in range(2):
        with mock_aws():
            sqs, sns = client("sqs"), client("sns")
            url = sqs.create_queue(QueueName="billing")["QueueUrl"]
            topic = sns.create_topic(Name="orders")["TopicArn"]
            subscribe(topic)
            sns.publish(TopicArn=topic, Message="x", MessageAttributes=text(a="b"))
            signatures.append(json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])["Signature"])
    assert signatures[0] != signatures[1]
