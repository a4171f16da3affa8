"""Rules: which events they want, and what PutRule, PutTargets and TestEventPattern refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from eventlab import ROLE, Lab, arn_of, client

from waterline.facts import facts

DETAIL = {
    "price": 12.5,
    "city": "Berlin",
    "tags": ["new", "red"],
    "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}],
}


@pytest.mark.parametrize(
    ("detail", "wanted"),
    [
        ({"city": ["Berlin"]}, True),
        ({"city": ["berlin"]}, False),
        ({"city": [{"equals-ignore-case": "berlin"}]}, True),
        ({"city": [{"prefix": "Ber"}]}, True),
        ({"city": [{"prefix": {"equals-ignore-case": "BER"}}]}, True),
        ({"city": [{"suffix": "lin"}]}, True),
        ({"city": [{"wildcard": "B*n"}]}, True),
        ({"city": [{"anything-but": ["Bonn", "Köln"]}]}, True),
        ({"city": [{"anything-but": {"prefix": "B"}}]}, False),
        ({"price": [{"numeric": [">", 10, "<=", 12.5]}]}, True),
        ({"price": [{"numeric": ["<", 10]}]}, False),
        ({"tags": ["red"]}, True),
        ({"coupon": [{"exists": False}]}, True),
        ({"price": [{"exists": True}], "city": ["Bonn"]}, False),
        ({"lines": {"sku": ["a"], "n": [1]}}, True),
        ({"lines": {"sku": ["a"], "n": [2]}}, False),
        ({"$or": [{"city": ["Bonn"]}, {"price": [12.5]}]}, True),
    ],
)
def test_a_rule_gets_the_events_that_match_its_pattern(lab: Lab, detail: Any, wanted: bool) -> None:
    """Source: "Comparison operators for use in event patterns"; "Creating Amazon EventBridge event patterns"."""
    pattern = {"source": ["shop"], "detail": detail}
    lab.rule(lab.queue(), pattern=pattern)
    lab.put(DETAIL)
    lab.put(DETAIL, source="bank")
    lab.cloud.settle()
    assert len(lab.bodies()) == wanted
    tested = {
        "id": "1", "account": "1", "source": "shop", "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1", "resources": [], "detail-type": "Order", "detail": DETAIL,
    }  # fmt: skip
    answer = client("events").test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(tested))
    assert answer["Result"] is wanted


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "must be an object"),
        ("{}", "empty"),
        ({"source": "shop"}, "'source' must be an object or an array"),
        ({"source": []}, "empty array"),
        ({"detail": {}}, "empty object"),
        ({"source": [{"beginning": "s"}]}, "unknown match type beginning"),
        ({"detail": {"n": [{"numeric": [">"]}]}}, "numeric"),
        ({"detail": {"n": [{"numeric": [">", "1"]}]}}, "numeric"),
        ({"detail": {"n": [{"prefix": 1}]}}, "prefix takes a string"),
        ({"detail": {"n": [{"cidr": "home"}]}}, "cidr"),
    ],
)
def test_a_wrong_pattern_is_refused_with_a_reason(lab: Lab, pattern: Any, reason: str) -> None:
    """Source: PutRule; TestEventPattern; "Comparison operators for use in event patterns"."""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    for call in (
        lambda: client("events").put_rule(Name="rule", EventPattern=text),
        lambda: client("events").test_event_pattern(EventPattern=text, Event="{}"),
        lambda: client("events").create_archive(
            ArchiveName="all", EventSourceArn=arn_of("events", "event-bus/default"), EventPattern=text
        ),
    ):
        with pytest.raises(ClientError, match=r"Event pattern is not valid\. Reason:") as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "InvalidEventPatternException"
        assert reason in str(caught.value)


def test_a_pattern_is_tested_against_a_whole_event(lab: Lab) -> None:
    """Source: TestEventPattern."""
    for event, why in (("{", "Parameter Event is not valid"), ('{"id": "1"}', "it has no account, source, time")):
        with pytest.raises(ClientError, match=why):
            client("events").test_event_pattern(EventPattern='{"source": ["a"]}', Event=event)


def test_a_pattern_has_a_longest_length(lab: Lab) -> None:
    """Source: fact ``eventbridge.pattern_max``."""
    with pytest.raises(ClientError, match="less than or equal to 4096"):
        lab.rule(pattern={"source": ["x" * facts["eventbridge.pattern_max"].count]})


def test_a_disabled_rule_gets_nothing_until_it_is_enabled(lab: Lab) -> None:
    """Source: DisableRule; EnableRule; PutRule."""
    lab.rule(lab.queue(), State="DISABLED")
    lab.put({"n": 1})
    client("events").enable_rule(Name="rule")
    lab.put({"n": 2})
    client("events").disable_rule(Name="rule")
    lab.put({"n": 3})
    lab.cloud.settle()
    assert lab.details() == [{"n": 2}]


def test_every_rule_that_matches_has_the_event(lab: Lab) -> None:
    """Source: "Creating Amazon EventBridge event patterns"."""
    for name in ("one", "two"):
        lab.rule(lab.queue(name), name=name)
    lab.put({"n": 1})
    lab.cloud.settle()
    assert lab.details("one") == lab.details("two") == [{"n": 1}]


def test_a_rule_that_is_put_again_is_replaced_and_keeps_its_targets(lab: Lab) -> None:
    """Source: PutRule."""
    lab.rule(lab.queue())
    lab.rule(pattern={"source": ["bank"]})
    lab.put({"n": 1})
    lab.put({"n": 2}, source="bank")
    lab.cloud.settle()
    assert lab.details() == [{"n": 2}]


def test_a_target_that_was_removed_gets_nothing(lab: Lab) -> None:
    """Source: RemoveTargets; DeleteRule."""
    lab.rule(lab.queue())
    with pytest.raises(ClientError, match="it has targets"):
        client("events").delete_rule(Name="rule")
    client("events").remove_targets(Rule="rule", Ids=["1"])
    lab.put()
    client("events").delete_rule(Name="rule")
    lab.put()
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "sent", "filtered"]


def test_a_rule_has_at_most_five_targets(lab: Lab) -> None:
    """Source: fact ``eventbridge.targets_per_rule``."""
    most = facts["eventbridge.targets_per_rule"].count
    lab.rule(*[arn_of("sqs", f"queue-{number}") for number in range(most)])
    with pytest.raises(ClientError, match=r"LimitExceededException.*exceeds the maximum number allowed"):
        client("events").put_targets(Rule="rule", Targets=[{"Id": "more", "Arn": arn_of("sqs", "more")}])
    client("events").put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn_of("sqs", "instead")}])


def test_a_call_takes_ten_targets(lab: Lab) -> None:
    """Source: fact ``eventbridge.put_targets_entries``."""
    lab.rule()
    targets = [{"Id": str(n % 3), "Arn": arn_of("sqs", "q")} for n in range(11)]
    with pytest.raises(ClientError, match="less than or equal to 10"):
        client("events").put_targets(Rule="rule", Targets=targets)
    client("events").put_targets(Rule="rule", Targets=targets[:10])


def test_a_bus_has_so_many_rules(lab: Lab) -> None:
    """Source: fact ``eventbridge.rules_per_bus``."""
    for number in range(facts["eventbridge.rules_per_bus"].count):
        lab.rule(name=f"rule-{number}")
    with pytest.raises(ClientError, match="LimitExceededException"):
        lab.rule(name="one-more")
    lab.rule(name="rule-0", pattern={"source": ["again"]})


QUEUE = arn_of("sqs", "orders")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"Arn": "orders"}, "Parameter orders is not valid. Reason: Provided Arn is not in correct format."),
        ({"Arn": QUEUE, "Input": "{}", "InputPath": "$.detail"}, "Only one of Input, InputPath, or InputTransformer"),
        ({"Arn": QUEUE, "Input": "{not json"}, "JSON syntax error in input for target 1."),
        ({"Arn": QUEUE, "InputPath": "detail"}, "Invalid JSONPath"),
        ({"Arn": QUEUE, "InputTransformer": {"InputTemplate": '{"a": <b>'}}, "Invalid InputTemplate for target 1"),
        ({"Arn": QUEUE, "InputTransformer": {"InputTemplate": '{<b>: "a"}'}}, "Invalid InputTemplate for target 1"),
        (
            {"Arn": QUEUE, "InputTransformer": {"InputPathsMap": {"aws.x": "$.id"}, "InputTemplate": '"<aws.x>"'}},
            "must not have names that begin with AWS",
        ),
        ({"Arn": QUEUE, "InputTransformer": {"InputTemplate": "x" * 8193}}, "less than or equal to 8192"),
        ({"Arn": QUEUE + ".fifo"}, "SqsParameters must be specified for target: 1"),
        ({"Arn": QUEUE, "RetryPolicy": {"MaximumRetryAttempts": 186}}, "less than or equal to 185"),
        ({"Arn": QUEUE, "RetryPolicy": {"MaximumEventAgeInSeconds": 86401}}, "less than or equal to 86400"),
        ({"Arn": QUEUE, "DeadLetterConfig": {"Arn": QUEUE + ".fifo"}}, "must be a standard SQS queue"),
        ({"Arn": arn_of("kinesis", "stream/clicks")}, "RoleArn is required for target arn:aws:kinesis"),
        ({"Arn": arn_of("states", "stateMachine:flow")}, "RoleArn is required for target arn:aws:states"),
        ({"Arn": arn_of("firehose", "deliverystream/lake")}, "RoleArn is required for target arn:aws:firehose"),
        ({"Arn": arn_of("events", "api-destination/bank/1")}, "RoleArn is required for target arn:aws:events"),
        (
            {"Arn": arn_of("events", "event-bus/other"), "RoleArn": ROLE, "InputPath": "$.detail"},
            "Modifying the input for target 1 is not supported",
        ),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_wrong_target_is_refused_in_a_sentence(lab: Lab, target: dict[str, Any], why: str) -> None:
    """Source: PutTargets; "Event bus targets in Amazon EventBridge"; fact ``eventbridge.input_template_max``."""
    with pytest.raises(ClientError) as caught:
        lab.rule(target)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert why in caught.value.response["Error"]["Message"]
