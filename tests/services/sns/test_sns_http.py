"""HTTP and HTTPS endpoints: confirmation, headers, raw delivery, goodbye."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from post_office import HOST, URL, PostOffice, refused

from waterline.web import Request, Response

DAY = 86_400


def keeps(office: PostOffice, *, visits: bool = False) -> list[tuple[Request, dict[str, Any]]]:
    """A site that keeps what it is sent; `visits`: and visits the SubscribeURL of each confirmation."""
    seen: list[tuple[Request, dict[str, Any]]] = []

    def answer(request: Request) -> Response:
        message = json.loads(request.body or b"{}")
        seen.append((request, message))
        if visits and message["Type"] == "SubscriptionConfirmation":
            with urllib.request.urlopen(message["SubscribeURL"]) as said:
                assert b"<SubscriptionArn>arn:aws:sns:" in said.read()
        return Response(200)

    office.cloud.web.open(HOST, answer)
    return seen


def test_an_endpoint_is_sent_a_confirmation_when_it_is_subscribed(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats", SubscriptionConfirmation."""
    topic, seen = office.topic(), keeps(office)
    answer = office.sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=URL)
    assert answer["SubscriptionArn"] == "pending confirmation"
    assert seen == []
    office.cloud.settle()
    [(request, message)] = seen
    assert request.method == "POST"
    assert request.header("x-amz-sns-message-type") == "SubscriptionConfirmation"
    assert request.header("x-amz-sns-message-id") == message["MessageId"]
    assert request.header("x-amz-sns-topic-arn") == topic
    assert request.header("x-amz-sns-subscription-arn") is None
    assert request.header("content-type") == "text/plain; charset=UTF-8"
    assert request.header("user-agent") == "Amazon Simple Notification Service Agent"
    assert message["Type"] == "SubscriptionConfirmation"
    assert message["SubscribeURL"].endswith(f"Action=ConfirmSubscription&TopicArn={topic}&Token={message['Token']}")
    assert message["Message"].startswith(f"You have chosen to subscribe to the topic {topic}.\nTo confirm")


def test_nothing_is_sent_before_the_subscription_is_confirmed(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats"; ConfirmSubscription."""
    topic, seen = office.topic(), keeps(office)
    office.sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=URL)
    office.publish(topic, "too early")
    office.cloud.settle()
    [(_request, message)] = seen
    [listed] = office.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    arn = office.sns.confirm_subscription(TopicArn=topic, Token=message["Token"])["SubscriptionArn"]
    assert office.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"
    office.publish(topic, "in time")
    office.cloud.settle()
    assert [message["Type"] for _, message in seen] == ["SubscriptionConfirmation", "Notification"]
    assert seen[1][1]["Message"] == "in time"


def test_an_endpoint_may_visit_the_url_instead(office: PostOffice) -> None:
    """Source: "Making sure your endpoint is ready to process Amazon SNS messages"."""
    topic, seen = office.topic(), keeps(office, visits=True)
    office.subscribe(topic, URL)
    office.cloud.settle()
    office.publish(topic)
    office.cloud.settle()
    assert [message["Type"] for _, message in seen] == ["SubscriptionConfirmation", "Notification"]


def test_a_wrong_token_confirms_nothing(office: PostOffice) -> None:
    """Source: ConfirmSubscription."""
    topic = office.topic()
    keeps(office)
    office.subscribe(topic, URL)
    with refused("Token"):
        office.sns.confirm_subscription(TopicArn=topic, Token="0" * 64)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(
            f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token=0"
        )


def test_a_token_is_good_for_two_days(office: PostOffice) -> None:
    """Source: Subscribe; fact ``sns.confirmation_token_life``."""
    topic, seen = office.topic(), keeps(office)
    office.subscribe(topic, URL)
    office.cloud.advance(days=2, seconds=1)
    with refused("Token"):
        office.sns.confirm_subscription(TopicArn=topic, Token=seen[0][1]["Token"])


def test_subscribing_again_sends_another_confirmation_with_another_token(office: PostOffice) -> None:
    """Source: Subscribe; "Making sure your endpoint is ready to process Amazon SNS messages"."""
    topic, seen = office.topic(), keeps(office)
    first = office.subscribe(topic, URL)
    office.cloud.advance(days=3)
    assert office.subscribe(topic, URL) == first
    office.cloud.settle()
    tokens = [message["Token"] for _, message in seen]
    assert len(set(tokens)) == 2
    with refused("Token"):
        office.sns.confirm_subscription(TopicArn=topic, Token=tokens[0])
    assert office.sns.confirm_subscription(TopicArn=topic, Token=tokens[1])["SubscriptionArn"] == first


def test_a_confirmation_is_tried_again_like_a_message(office: PostOffice) -> None:
    """Source: "Making sure your endpoint is ready to process Amazon SNS messages": this applies to all messages."""
    topic = office.topic()
    office.subscribe(topic, URL)
    office.cloud.advance(seconds=30)
    seen = office.site()
    office.cloud.settle()
    assert office.only("delivered").seconds == 40
    office.publish(topic)
    office.cloud.settle()
    assert len(seen) == 1


def test_a_notification_names_its_subscription(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats", headers."""
    topic, seen = office.topic(), office.site()
    subscription = office.subscribe(topic, URL)
    office.cloud.settle()
    message = office.publish(topic, "42", Subject="paid")
    office.cloud.settle()
    [request] = seen
    assert request.header("x-amz-sns-message-type") == "Notification"
    assert request.header("x-amz-sns-message-id") == message
    assert request.header("x-amz-sns-subscription-arn") == subscription
    assert request.header("x-amz-sns-rawdelivery") is None
    body = json.loads(request.body or b"")
    assert (body["Type"], body["MessageId"], body["Subject"], body["Message"]) == (
        "Notification",
        message,
        "paid",
        "42",
    )


def test_a_retry_has_the_identifier_of_the_original(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats", x-amz-sns-message-id."""
    topic, seen = office.topic(), office.site(500, 200)
    office.subscribe(topic, URL)
    office.cloud.settle()
    message = office.publish(topic)
    office.cloud.settle()
    assert [request.header("x-amz-sns-message-id") for request in seen] == [message, message]


def test_raw_delivery_says_so_in_a_header(office: PostOffice) -> None:
    """Source: "Amazon SNS raw message delivery"."""
    topic, seen = office.topic(), office.site()
    office.subscribe(topic, URL, RawMessageDelivery="true")
    office.cloud.settle()
    office.publish(topic, "as is")
    office.cloud.settle()
    [request] = seen
    assert (request.header("x-amz-sns-rawdelivery"), request.body) == ("true", b"as is")


def test_the_content_type_can_be_set(office: PostOffice) -> None:
    """Source: "Creating an HTTP/S delivery policy", requestPolicy."""
    topic, seen = office.topic(), office.site()
    office.subscribe(topic, URL, DeliveryPolicy={"requestPolicy": {"headerContentType": "application/json"}})
    office.cloud.settle()
    office.publish(topic)
    office.cloud.settle()
    assert seen[0].header("content-type") == "application/json"


def test_an_endpoint_is_told_that_it_was_unsubscribed_and_can_come_back(office: PostOffice) -> None:
    """Source: "Parsing Amazon SNS message formats", UnsubscribeConfirmation."""
    topic, seen = office.topic(), keeps(office, visits=True)
    subscription = office.subscribe(topic, URL)
    office.cloud.settle()
    office.sns.unsubscribe(SubscriptionArn=subscription)
    office.publish(topic, "not for you")
    office.cloud.settle()
    [_, (request, goodbye)] = seen
    assert request.header("x-amz-sns-message-type") == goodbye["Type"] == "UnsubscribeConfirmation"
    assert goodbye["Message"].startswith(f"You have chosen to deactivate subscription {subscription}.")
    back = office.sns.confirm_subscription(TopicArn=topic, Token=goodbye["Token"])["SubscriptionArn"]
    assert back == subscription
    office.publish(topic, "for you")
    office.cloud.settle()
    assert seen[-1][1]["Message"] == "for you"


def test_a_mail_address_must_confirm_with_the_token_that_it_was_sent(office: PostOffice) -> None:
    """Source: Subscribe; ConfirmSubscription."""
    topic = office.topic()
    office.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    office.publish(topic, "too early")
    office.cloud.settle()
    [invitation] = office.journal.of("sent", "email:ops@example.com")
    office.sns.confirm_subscription(TopicArn=topic, Token=json.loads(invitation.detail["body"])["Token"])
    office.publish(topic, "in time", Subject="News")
    office.cloud.settle()
    mail = office.journal.of("sent", "email:ops@example.com")[1]
    assert (mail.detail["body"], mail.detail["subject"]) == ("in time", "News")


ENDPOINTS = [
    ("http", URL, "Endpoint must match the specified protocol"),
    ("https", f"http://{HOST}", "Endpoint must match the specified protocol"),
    ("carrier-pigeon", "here", "Amazon SNS does not support this protocol string: carrier-pigeon"),
    ("sqs", "billing", "SQS endpoint ARN"),
    (
        "sqs",
        "arn:aws:sqs:us-east-1:123456789012:q.fifo",
        "FIFO SQS Queues can not be subscribed to standard SNS topics",
    ),
    ("lambda", "bill", "Lambda endpoint ARN"),
    ("firehose", "arn:aws:firehose:us-east-1:123456789012:deliverystream/d", "SubscriptionRoleArn is required"),
    ("email", "nobody", "Email address"),
    ("sms", "home", "Invalid SMS endpoint: home"),
]


@pytest.mark.parametrize(("protocol", "endpoint", "sentence"), ENDPOINTS)
def test_an_endpoint_must_fit_its_protocol(office: PostOffice, protocol: str, endpoint: str, sentence: str) -> None:
    """Source: Subscribe; fact ``sns.protocols``."""
    topic = office.topic()
    with refused(sentence):
        office.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
