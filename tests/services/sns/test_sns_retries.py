"""When a delivery is tried again: phases, client errors, HTTP policies, dead-letter queues."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from post_office import HOST, URL, PostOffice, refused

from waterline.services.sns import retries
from waterline.services.sns.retries import BACKOFFS, CUSTOMER, MANAGED

DAY = 86_400


def attempts(office: PostOffice) -> list[float]:
    """The seconds at which the site was asked."""
    return [event.seconds for event in office.journal if event.kind in ("requested", "refused")]


def waits_of(office: PostOffice) -> list[float]:
    """The seconds between the attempts at a message, after the confirmation."""
    asked = [event.at for event in office.journal.of("requested")][1:]
    return [(after - before) / 1e6 for before, after in itertools.pairwise(asked)]


def confirmed_site(office: PostOffice, *statuses: int, policy: dict[str, Any] | None = None, **attributes: Any) -> str:
    """A topic with a confirmed HTTPS endpoint, which answers with these statuses."""
    topic = office.topic(**attributes)
    office.site(*statuses)
    settings = {} if policy is None else {"DeliveryPolicy": {"healthyRetryPolicy": policy}}
    office.subscribe(topic, URL, **settings)
    office.cloud.settle()
    return topic


# -- phases ------------------------------------------------------------------------------------------------------------


def test_the_phases_of_an_aws_managed_endpoint() -> None:
    """Source: "Amazon SNS message delivery retries"; fact ``sns.retry_managed_phases``."""
    waits = [wait / 1e6 for wait in MANAGED.waits()]
    assert len(waits) == 100_015
    assert waits[:5] == [0, 0, 0, 1, 1]
    backoff = waits[5:15]
    assert (backoff[0], backoff[-1]) == (1, 20)
    steps = [after - before for before, after in itertools.pairwise(backoff)]
    assert all(later == pytest.approx(2 * step) for step, later in itertools.pairwise(steps))
    assert set(waits[15:]) == {20}
    assert 23 <= sum(waits) / DAY < 24


def test_the_phases_of_a_customer_managed_endpoint() -> None:
    """Source: "Amazon SNS message delivery retries"; fact ``sns.retry_customer_phases``."""
    waits = [wait / 1e6 for wait in CUSTOMER.waits()]
    assert len(waits) == 50
    assert waits[:3] == [10, 10, 10]
    assert (waits[11], set(waits[12:])) == (600, {600})
    assert 6 * 3600 < sum(waits) < 7.5 * 3600


def test_a_queue_that_is_down_for_twenty_days_gets_its_message(office: PostOffice) -> None:
    """Source: "Amazon SNS message delivery retries"."""
    topic, queue = office.fan_out()
    office.cloud.faults.outage("sqs", end=20 * DAY)
    office.publish(topic, "at last")
    office.cloud.settle()
    assert office.journal.of("delivered")[0].seconds == pytest.approx(20 * DAY, abs=20)
    assert office.messages(queue) == ["at last"]


def test_a_queue_that_stays_down_is_given_up_after_100_015_retries_in_23_days(office: PostOffice) -> None:
    """Source: facts ``sns.retry_managed_total``, ``sns.retry_managed_duration``."""
    topic, _queue = office.fan_out()
    office.cloud.faults.outage("sqs")
    office.publish(topic)
    office.cloud.settle()
    dropped = office.only("dropped")
    assert len(office.journal.of("retried")) == 100_015
    assert 23 * DAY < dropped.seconds < 24 * DAY
    assert dropped.detail["count"] == 100_016  # the first attempt, and the retries


CLIENT_ERRORS = ["the queue is gone", "its policy changed"]


@pytest.mark.parametrize("error", CLIENT_ERRORS)
def test_a_client_error_is_not_retried(office: PostOffice, error: str) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)", client-side errors; fact ``sns.retry_client_error``."""
    topic, queue = office.fan_out()
    if error == CLIENT_ERRORS[0]:
        office.sqs.delete_queue(QueueUrl=office.url(queue))
    else:
        office.sqs.set_queue_attributes(QueueUrl=office.url(queue), Attributes={"Policy": ""})
    office.publish(topic)
    office.cloud.settle()
    assert office.only("dropped").seconds == 0
    assert office.only("dropped").detail["count"] == 1


def test_a_failed_delivery_does_not_change_the_subscription(office: PostOffice) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)"."""
    topic, queue = office.fan_out()
    office.sqs.set_queue_attributes(QueueUrl=office.url(queue), Attributes={"Policy": ""})
    office.publish(topic, "lost")
    office.cloud.settle()
    office.let_in(queue, topic)
    office.publish(topic, "found")
    office.cloud.settle()
    assert office.messages(queue) == ["found"]


def test_a_slow_subscriber_keeps_no_other_waiting(office: PostOffice) -> None:
    topic, queue = office.fan_out()
    office.subscribe(topic, office.deploy("def handler(event, context): pass\n", lets=topic))
    office.cloud.faults.outage("lambda", end=100)
    office.publish(topic)
    office.cloud.advance(seconds=1)
    assert office.messages(queue) == ["hello"]
    office.cloud.settle()
    assert len(office.journal.of("succeeded")) == 1


# -- HTTP policies -----------------------------------------------------------------------------------------------------


def test_by_default_three_retries_twenty_seconds_apart(office: PostOffice) -> None:
    """Source: fact ``sns.retry_http_default``; "Making sure your endpoint is ready to process Amazon SNS messages"."""
    topic = confirmed_site(office, 500)
    office.publish(topic)
    office.cloud.settle()
    assert attempts(office)[1:] == [0, 20, 40, 60]
    assert office.only("dropped").seconds == 60


def test_an_endpoint_that_comes_back_is_delivered_to(office: PostOffice) -> None:
    """Source: "Amazon SNS message delivery retries"."""
    topic = confirmed_site(office, 500, 503, 200)
    office.publish(topic)
    office.cloud.settle()
    assert attempts(office)[1:] == [0, 20, 40]
    assert office.journal.of("delivered")[-1].detail["count"] == 3


STATUSES = [(200, 1), (204, 1), (301, 1), (400, 1), (403, 1), (404, 1), (429, 4), (500, 4), (503, 4)]


@pytest.mark.parametrize(("status", "times"), STATUSES)
def test_a_server_error_is_retried_and_a_client_error_is_not(office: PostOffice, status: int, times: int) -> None:
    """Source: "Making sure your endpoint is ready to process Amazon SNS messages"."""
    topic = confirmed_site(office, status)
    office.publish(topic)
    office.cloud.settle()
    assert len(attempts(office)) - 1 == times
    ends = [event.kind for event in office.journal if event.kind in ("delivered", "dropped")]
    assert ends == ["delivered", "delivered" if status < 300 else "dropped"]


def test_an_answer_that_takes_longer_than_fifteen_seconds_is_a_failed_attempt(office: PostOffice) -> None:
    """Source: fact ``sns.http_timeout``: so a retry comes 35 seconds after the attempt."""
    topic = confirmed_site(office)
    office.cloud.faults.slow(HOST, seconds=60)
    office.publish(topic)
    office.cloud.settle()
    assert attempts(office)[1:] == [0, 35, 70, 105]


@pytest.mark.parametrize("trouble", ["nobody answers", "refused"])
def test_an_endpoint_that_cannot_be_reached_is_tried_again(office: PostOffice, trouble: str) -> None:
    """Source: "Amazon SNS message delivery retries"."""
    topic = confirmed_site(office)
    if trouble == "refused":
        office.cloud.faults.outage(HOST, end=30)
    else:
        office.cloud.web.close(HOST)
    office.publish(topic)
    office.cloud.advance(seconds=30)
    if trouble != "refused":
        office.site(confirms=False)
    office.cloud.settle()
    assert office.journal.of("delivered")[-1].seconds == 40


GUIDE = {
    "minDelayTarget": 1,
    "maxDelayTarget": 60,
    "numRetries": 50,
    "numNoDelayRetries": 3,
    "numMinDelayRetries": 2,
    "numMaxDelayRetries": 35,
    "backoffFunction": "exponential",
}


def test_the_policy_of_the_guide(office: PostOffice) -> None:
    """Source: "Amazon SNS message delivery retries": 3 at once, 2 a second apart, 10 growing to 60 s, 35 at 60 s."""
    topic = confirmed_site(office, 500, policy=GUIDE)
    office.publish(topic)
    office.cloud.settle()
    waits = waits_of(office)
    assert len(waits) == 50
    assert waits[:6] == [0, 0, 0, 1, 1, 1]
    assert waits[14] == 60
    assert set(waits[15:]) == {60}


FIGURE = {"minDelayTarget": 5, "maxDelayTarget": 260, "numRetries": 10}


@pytest.mark.parametrize("function", BACKOFFS)
def test_a_backoff_function_leads_from_the_minimum_to_the_maximum(office: PostOffice, function: str) -> None:
    """Source: "Amazon SNS message delivery retries", its figure: ten retries from 5 to 260 seconds."""
    topic = confirmed_site(office, 500, policy={**FIGURE, "backoffFunction": function})
    office.publish(topic)
    office.cloud.settle()
    waits = waits_of(office)
    assert len(waits) == 10
    assert (waits[0], waits[-1]) == (5, 260)
    assert waits == sorted(waits)


def test_the_backoff_functions_differ_in_the_middle() -> None:
    """Source: "Amazon SNS message delivery retries", its figure."""
    middle = {name: function(5, 9, 5, 260) for name, function in BACKOFFS.items()}
    assert middle["exponential"] < middle["geometric"] < middle["arithmetic"] < middle["linear"]


def test_no_retry_comes_later_than_an_hour_after_the_message(office: PostOffice) -> None:
    """Source: fact ``sns.retry_http_max_total``."""
    policy = {"minDelayTarget": 600, "maxDelayTarget": 600, "numRetries": 100}
    topic = confirmed_site(office, 500, policy=policy)
    office.publish(topic)
    office.cloud.settle()
    assert attempts(office)[-1] == 3600
    assert len(attempts(office)) - 1 == 7


def test_a_policy_of_the_topic_holds_for_its_subscriptions_and_one_of_a_subscription_before_it(
    office: PostOffice,
) -> None:
    """Source: "Creating an HTTP/S delivery policy"; SetTopicAttributes."""
    two = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 2}}}
    topic = confirmed_site(office, 500, DeliveryPolicy=json.dumps(two))
    office.publish(topic)
    office.cloud.settle()
    assert attempts(office)[1:] == [0, 20, 40]
    [subscription] = office.sns.list_subscriptions()["Subscriptions"]
    arn = subscription["SubscriptionArn"]
    one = json.dumps({"healthyRetryPolicy": {"numRetries": 1}})
    office.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="DeliveryPolicy", AttributeValue=one)
    office.publish(topic)
    office.cloud.settle()
    assert attempts(office)[4:] == [40, 60]
    effective = office.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["EffectiveDeliveryPolicy"]
    assert json.loads(effective)["healthyRetryPolicy"]["numRetries"] == 1
    two["http"]["disableSubscriptionOverrides"] = True  # type: ignore[assignment]
    office.sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(two))
    office.publish(topic)
    office.cloud.settle()
    assert len(attempts(office)) == 9


def test_a_throttle_policy_spaces_deliveries(office: PostOffice) -> None:
    """Source: "Creating an HTTP/S delivery policy", maxReceivesPerSecond."""
    topic = office.topic()
    seen = office.site()
    office.subscribe(topic, URL, DeliveryPolicy={"throttlePolicy": {"maxReceivesPerSecond": 2}})
    office.cloud.settle()
    for number in range(6):
        office.publish(topic, str(number))
    office.cloud.settle()
    assert [round(at, 1) for at in attempts(office)[1:]] == [0, 0.5, 1, 1.5, 2, 2.5]
    assert [json.loads(request.body or b"")["Message"] for request in seen] == list("012345")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"numRetries": 101}, "numRetries must be less than or equal to 100"),
    ({"numRetries": 2, "numNoDelayRetries": 3}, "numRetries must be at least the sum"),
    ({"minDelayTarget": 0}, "minDelayTarget must be between 1 and the maxDelayTarget"),
    ({"minDelayTarget": 30, "maxDelayTarget": 20}, "minDelayTarget must be between 1 and the maxDelayTarget"),
    ({"maxDelayTarget": 3601}, "maxDelayTarget must be less than or equal to 3600"),
    ({"numRetries": -1}, "numRetries must be 0 or greater"),
    ({"numRetries": "3"}, "numRetries must be 0 or greater"),
    ({"backoffFunction": "square"}, "backoffFunction must be one of linear, arithmetic, geometric, exponential"),
    ({"retries": 3}, "retries is not a known property"),
]


@pytest.mark.parametrize(("policy", "sentence"), WRONG)
def test_a_wrong_policy_is_refused(office: PostOffice, policy: dict[str, Any], sentence: str) -> None:
    """Source: "Creating an HTTP/S delivery policy", its table; fact ``sns.retry_http_numretries_max``."""
    topic = office.topic()
    with refused(f"DeliveryPolicy: healthyRetryPolicy.{sentence}"):
        office.subscribe(topic, URL, DeliveryPolicy={"healthyRetryPolicy": policy})
    with refused(f"DeliveryPolicy: http.defaultHealthyRetryPolicy.{sentence}"):
        office.sns.set_topic_attributes(
            TopicArn=topic,
            AttributeName="DeliveryPolicy",
            AttributeValue=json.dumps({"http": {"defaultHealthyRetryPolicy": policy}}),
        )


def test_one_delay_alone_moves_the_other() -> None:
    assert retries.of_subscription('{"healthyRetryPolicy": {"minDelayTarget": 60}}').retry["maxDelayTarget"] == 60
    assert retries.of_subscription('{"healthyRetryPolicy": {"maxDelayTarget": 5}}').retry["minDelayTarget"] == 5


def test_an_email_that_cannot_be_sent_has_the_policy_of_customer_managed_endpoints() -> None:
    """Source: "Amazon SNS message delivery retries", and its footnote on Firehose."""
    assert sum(1 for _ in retries.for_protocol("email", "ServiceUnavailable").waits) == 50
    assert sum(1 for _ in retries.for_protocol("firehose", "ServiceUnavailableException").waits) == 50
    assert sum(1 for _ in retries.for_protocol("firehose", "InternalFailure").waits) == 100_015


# -- dead-letter queues ------------------------------------------------------------------------------------------------


def with_dead_letters(office: PostOffice, *, lets: bool = True, **attributes: Any) -> tuple[str, str, str]:
    """A topic, a queue that is subscribed and gone, and its dead-letter queue."""
    topic = office.topic()
    queue, dead = office.queue(lets=topic), office.queue("dead", lets=topic if lets else None)
    office.subscribe(topic, queue, RedrivePolicy={"deadLetterTargetArn": dead}, **attributes)
    office.sqs.delete_queue(QueueUrl=office.url(queue))
    return topic, queue, dead


def test_what_could_not_be_delivered_is_in_the_dead_letter_queue_as_it_would_have_been_delivered(
    office: PostOffice,
) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)"; fact ``sns.dlq_per_subscription``."""
    topic, _queue, dead = with_dead_letters(office)
    message = office.publish(topic, "to be looked at")
    office.cloud.settle()
    [letter] = office.received(dead)
    envelope = json.loads(letter["Body"])
    assert (envelope["MessageId"], envelope["Message"]) == (message, "to be looked at")
    assert "MessageAttributes" not in letter
    buried = office.only("dead-lettered")
    assert (buried.place, buried.detail["to"], buried.detail["count"]) == ("sns:orders", "dead", 1)


def test_a_raw_subscription_has_raw_dead_letters_with_their_attributes(office: PostOffice) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)"."""
    topic, _queue, dead = with_dead_letters(office, RawMessageDelivery="true")
    attributes = {"kind": {"DataType": "String", "StringValue": "paid"}}
    office.publish(topic, "raw", MessageAttributes=attributes)
    office.cloud.settle()
    [letter] = office.received(dead)
    assert (letter["Body"], letter["MessageAttributes"]) == ("raw", attributes)


def test_only_the_subscription_that_failed_has_a_dead_letter(office: PostOffice) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)": attached to a subscription rather than a topic."""
    topic, _queue, dead = with_dead_letters(office)
    other = office.queue("other", lets=topic)
    office.subscribe(topic, other, RedrivePolicy={"deadLetterTargetArn": dead})
    office.publish(topic)
    office.cloud.settle()
    assert (len(office.received(other)), len(office.received(dead))) == (1, 1)


def test_a_dead_letter_queue_needs_a_policy_too(office: PostOffice) -> None:
    """Source: "Configuring an Amazon SNS dead-letter queue for a subscription"."""
    topic, _queue, dead = with_dead_letters(office, lets=False)
    office.publish(topic)
    office.cloud.settle()
    assert office.received(dead) == []
    dropped = office.only("dropped")
    assert "its dead-letter queue did not take it" in dropped.detail["why"]
    assert "sqs:dead" in dropped.detail["dead_letter_error"]


def test_an_endpoint_that_stays_down_has_its_dead_letter_after_the_last_retry(office: PostOffice) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)", server-side errors."""
    topic = office.topic()
    office.site(500)
    dead = office.queue("dead", lets=topic)
    office.subscribe(topic, URL, RedrivePolicy={"deadLetterTargetArn": dead})
    office.cloud.settle()
    office.publish(topic)
    office.cloud.settle()
    assert (office.only("dead-lettered").seconds, len(office.received(dead))) == (60, 1)


def test_a_function_that_is_gone_leaves_the_envelope_for_functions(office: PostOffice) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)", client-side errors."""
    topic = office.topic()
    dead = office.queue("dead", lets=topic)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:nowhere"
    office.subscribe(topic, arn, RedrivePolicy={"deadLetterTargetArn": dead})
    office.publish(topic, "42")
    office.cloud.settle()
    assert office.messages(dead) == ["42"]
    assert "does not exist" in office.only("dead-lettered").detail["why"]


REDRIVE = [
    ("{", "RedrivePolicy: failed to parse JSON."),
    ('{"deadLetterTargetArn": "dead"}', "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
    (
        '{"deadLetterTargetArn": "arn:aws:sns:us-east-1:123456789012:t"}',
        "RedrivePolicy: deadLetterTargetArn is an invalid",
    ),
    ('{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:q"}', "must be in the same account and Region"),
    ('{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:q.fifo"}', "must use a standard queue as DLQ"),
]


@pytest.mark.parametrize(("policy", "sentence"), REDRIVE)
def test_a_wrong_redrive_policy_is_refused(office: PostOffice, policy: str, sentence: str) -> None:
    """Source: "Amazon SNS dead-letter queues (DLQs)"; SetSubscriptionAttributes."""
    with refused(sentence):
        office.subscribe(office.topic(), office.queue(), RedrivePolicy=policy)
