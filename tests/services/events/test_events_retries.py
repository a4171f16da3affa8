"""Attempts, retry policies and dead letters."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from eventlab import Lab, allowing, arn_of, client

from waterline.facts import facts

MOST = int(facts["eventbridge.retry_attempts_range"].high)
DAY = int(facts["eventbridge.retry_age_range"].high)


def target(lab: Lab, **policy: int) -> dict[str, Any]:
    """A queue, with a dead-letter queue in another Region's service that no fault strikes."""
    return {"Arn": lab.queue(), "RetryPolicy": policy} if policy else {"Arn": lab.queue()}


def buried(lab: Lab, **policy: int) -> dict[str, Any]:
    """A topic as target, which can be made to fail, and a dead-letter queue, which works."""
    topic = client("sns").create_topic(Name="news")["TopicArn"]
    client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=allowing("sns:Publish", topic)
    )
    whole: dict[str, Any] = {"Arn": topic, "DeadLetterConfig": {"Arn": lab.queue("dead")}}
    return whole | ({"RetryPolicy": policy} if policy else {})


def attempts(lab: Lab) -> list[float]:
    """When attempts failed that were tried again."""
    return [event.seconds for event in lab.of("retried")]


def test_by_default_an_event_is_tried_again_for_a_day(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"; facts ``eventbridge.retry_attempts_range``,
    ``eventbridge.retry_age_range``.
    """
    lab.rule(buried(lab))
    lab.cloud.faults.outage("sns")
    lab.put()
    lab.cloud.settle()
    (letter,) = lab.letters()
    (end,) = lab.of("dead-lettered")
    assert 0.9 * DAY < end.seconds <= DAY
    assert MOST - 10 <= int(letter["RETRY_ATTEMPTS"]) <= MOST
    assert end.detail["count"] == int(letter["RETRY_ATTEMPTS"]) + 1


def test_waits_grow_and_are_never_the_same_twice(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"."""
    lab.rule(buried(lab))
    lab.cloud.faults.outage("sns")
    lab.put()
    lab.cloud.settle()
    waits = [after - before for before, after in pairwise(attempts(lab))]
    assert len(set(waits)) == len(waits), "jitter"
    assert sum(waits[:5]) < sum(waits[5:10]) < sum(waits[10:15])
    assert max(waits) <= 2 * min(waits[20:]), "it does not grow for ever"


def test_a_retry_that_succeeds_ends_the_retries(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"."""
    lab.rule(buried(lab))
    lab.cloud.faults.outage("sns", end=60)
    lab.put()
    lab.cloud.settle()
    assert lab.kinds()[-1] == "delivered"
    (delivered,) = lab.of("delivered")
    assert delivered.detail["count"] == len(attempts(lab)) + 1
    assert delivered.seconds > 60
    assert lab.letters() == []


@pytest.mark.parametrize(
    ("policy", "condition"),
    [
        ({"MaximumRetryAttempts": 3}, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, "MaximumEventAgeInSeconds"),
        ({"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 120}, "MaximumEventAgeInSeconds"),
        ({"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 86400}, "MaximumRetryAttempts"),
    ],
)
def test_a_retry_policy_ends_at_whichever_limit_comes_first(lab: Lab, policy: dict[str, int], condition: str) -> None:
    """Source: "How EventBridge retries delivering events"; PutTargets."""
    lab.rule(buried(lab, **policy))
    lab.cloud.faults.outage("sns")
    lab.put()
    lab.cloud.settle()
    (letter,) = lab.letters()
    assert letter["EXHAUSTED_RETRY_CONDITION"] == condition
    assert int(letter["RETRY_ATTEMPTS"]) <= policy.get("MaximumRetryAttempts", MOST)
    (end,) = lab.of("dead-lettered")
    assert end.seconds <= policy.get("MaximumEventAgeInSeconds", DAY)


def test_no_retries_means_one_attempt(lab: Lab) -> None:
    """Source: fact ``eventbridge.retry_attempts_range``."""
    lab.rule(buried(lab, MaximumRetryAttempts=0))
    lab.cloud.faults.outage("sns")
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "dead-lettered"]
    assert lab.of("dead-lettered")[0].seconds == 0


def test_a_dead_letter_is_the_event_with_its_story_as_attributes(lab: Lab) -> None:
    """Source: "Using dead-letter queues to process undelivered events in EventBridge"."""
    whole = buried(lab, MaximumRetryAttempts=2) | {"Input": '{"not": "this"}'}
    rule = lab.rule(whole)
    lab.cloud.faults.outage("sns")
    event = lab.put({"order": 7})
    lab.cloud.settle()
    (message,) = lab.received("dead")
    body = json.loads(message["Body"])
    assert (body["id"], body["detail"]) == (event, {"order": 7})
    attributes = message["MessageAttributes"]
    assert {value["DataType"] for value in attributes.values()} == {"String"}
    assert {name: value["StringValue"] for name, value in attributes.items()} == {
        "RULE_ARN": rule,
        "TARGET_ARN": whole["Arn"],
        "ERROR_CODE": "ERROR_FROM_TARGET",
        "ERROR_MESSAGE": "sns answered ServiceUnavailable (outage by cloud.faults)",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "2",
    }


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (arn_of("sqs", "nobody"), "NO_RESOURCE"),
        (arn_of("sns", "nobody"), "NO_RESOURCE"),
        (arn_of("lambda", "function:nobody"), "NO_RESOURCE"),
        (arn_of("logs", "log-group:nobody"), "NO_RESOURCE"),
        (arn_of("sqs", "closed"), "NO_PERMISSIONS"),
        (arn_of("lambda", "function:closed"), "NO_PERMISSIONS"),
    ],
)
def test_what_another_attempt_cannot_mend_goes_to_the_dead_letter_queue_at_once(lab: Lab, arn: str, code: str) -> None:
    """Source: fact ``eventbridge.retry_client_error``; "Using dead-letter queues to process undelivered events in
    EventBridge".
    """
    lab.queue("closed", open_to_rules=False)
    lab.cloud.deploy("closed", "def handler(event, context):\n    pass\n")
    lab.rule({"Arn": arn, "DeadLetterConfig": {"Arn": lab.queue("dead")}})
    lab.put()
    lab.cloud.settle()
    (letter,) = lab.letters()
    assert (letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) == (code, "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in letter
    assert lab.of("dead-lettered")[0].seconds == 0


def test_a_throttle_of_the_target_is_tried_again(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"."""
    lab.rule(buried(lab, MaximumRetryAttempts=1))
    lab.cloud.faults.throttles("sns")
    lab.put()
    lab.cloud.settle()
    assert [letter["ERROR_CODE"] for letter in lab.letters()] == ["THROTTLING"]
    assert len(attempts(lab)) == 1


def test_without_a_dead_letter_queue_the_event_is_dropped(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"."""
    lab.rule(target(lab, MaximumRetryAttempts=1))
    lab.cloud.faults.outage("sqs")
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "retried", "dropped"]


def test_a_dead_letter_queue_must_let_the_rule_in(lab: Lab) -> None:
    """Source: "Using dead-letter queues to process undelivered events in EventBridge"."""
    dead = lab.queue("dead", open_to_rules=False)
    lab.rule({"Arn": arn_of("sqs", "nobody"), "DeadLetterConfig": {"Arn": dead}})
    lab.put()
    lab.cloud.settle()
    (dropped,) = lab.of("dropped")
    assert "its dead-letter queue did not take it" in dropped.detail["why"]
    assert lab.letters() == []
    assert lab.of("denied", "sqs:dead")


def test_a_failing_target_holds_up_no_other(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"."""
    lab.rule(buried(lab), lab.queue())
    lab.cloud.faults.outage("sns", end=3600)
    for n in range(3):
        lab.put({"n": n})
    assert lab.details() == []
    lab.cloud.advance(seconds=1)
    assert [detail["n"] for detail in lab.details()] == [0, 1, 2]


def test_events_that_are_retried_overtake_one_another(lab: Lab) -> None:
    """Source: "How EventBridge retries delivering events"."""
    lab.rule(target(lab))
    lab.cloud.faults.outage("sqs", end=100)
    for n in range(20):
        lab.put({"n": n})
    lab.cloud.settle()
    order = [detail["n"] for detail in lab.details()]
    assert sorted(order) == list(range(20))
    assert order != sorted(order)
