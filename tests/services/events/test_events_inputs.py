"""What a target gets: the event, a constant, a part of it, or what a template makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eventlab import Lab, arn_of, client

DETAIL = {"instance-id": "i-0123", "state": "RUNNING", "count": 3, "ok": True, "tags": ["a", "b"], "owner": {"n": "x"}}
PATHS = {
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "count": "$.detail.count",
    "owner": "$.detail.owner",
    "tags": "$.detail.tags",
    "missing": "$.detail.nothing",
    "kind": "$.detail-type",
}


def got(lab: Lab, detail: Any = None, **target: Any) -> str:
    """The one body that a queue gets with these settings of the target."""
    lab.rule({"Arn": lab.queue(), **target})
    lab.put(DETAIL if detail is None else detail)
    lab.cloud.settle()
    (body,) = lab.bodies()
    return body


def transformed(lab: Lab, template: str, detail: Any = None) -> str:
    return got(lab, detail, InputTransformer={"InputPathsMap": PATHS, "InputTemplate": template})


def test_without_settings_a_target_gets_the_whole_event(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"."""
    event = json.loads(got(lab))
    assert list(event) == [
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    ]  # fmt: skip
    assert event["detail"] == DETAIL


def test_an_input_replaces_the_event(lab: Lab) -> None:
    """Source: "Event bus targets in Amazon EventBridge"; PutTargets."""
    assert got(lab, Input='{"constant": 1}') == '{"constant": 1}'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("$.detail.owner", '{"n":"x"}'),
        ("$.detail.state", '"RUNNING"'),
        ("$.detail.count", "3"),
        ("$.detail.tags[1]", '"b"'),
        ("$.detail.tags[*]", '["a","b"]'),
        ("$.detail['instance-id']", '"i-0123"'),
        ("$.detail.nothing", "null"),
    ],
)
def test_an_input_path_hands_over_a_part_as_json(lab: Lab, path: str, body: str) -> None:
    """Source: "Event bus targets in Amazon EventBridge"; "Amazon EventBridge input transformation"; PutTargets."""
    assert got(lab, InputPath=path) == body


@pytest.mark.parametrize(
    ("template", "body"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123 is in RUNNING"'),
        ('{"instance": <instance>, "state": <state>}', '{"instance":"i-0123","state":"RUNNING"}'),
        ('{"instance": <instance>, "state": "<state>"}', '{"instance":"i-0123","state":"RUNNING"}'),
        ('{"s": "instance \\"<instance>\\" is in <state>"}', '{"s":"instance \\"i-0123\\" is in RUNNING"}'),
        ('{"state": [9, <state>, true], "T": "Yes"}', '{"state":[9,"RUNNING",true],"T":"Yes"}'),
        ('{"n": <count>, "text": "<count> of them"}', '{"n":3,"text":"3 of them"}'),
        ('{"owner": <owner>, "tags": <tags>}', '{"owner":{"n":"x"},"tags":["a","b"]}'),
        ('[<instance>, "<kind>"]', '["i-0123","Order"]'),
        ('{"a": <missing>, "b": "x<missing>y"}', '{"a":"","b":"xy"}'),
        ('"<state> <unknown>"', '"RUNNING <unknown>"'),
        ('"owner: <owner>"', '"owner: {n:x}"'),
        ("<instance> is in state <state>", "i-0123 is in state RUNNING"),
        ('"<aws.events.rule-name> triggered"', '"rule triggered"'),
        ('{"arn": <aws.events.rule-arn>}', '{"arn":"arn:aws:events:us-east-1:123456789012:rule/rule"}'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at":"2026-01-01T00:00:00.000Z"}'),
    ],
)
def test_a_template_is_filled_with_what_paths_find(lab: Lab, template: str, body: str) -> None:
    """Source: "Amazon EventBridge input transformation"; PutTargets."""
    assert transformed(lab, template) == body


def test_a_template_may_hold_the_whole_event_with_or_without_its_detail(lab: Lab) -> None:
    """Source: "Amazon EventBridge input transformation"."""
    made = json.loads(transformed(lab, '{"all": <aws.events.event.json>, "head": <aws.events.event>}'))
    assert made["all"]["detail"] == DETAIL
    assert made["head"] == {name: value for name, value in made["all"].items() if name != "detail"}


def test_values_are_not_escaped_so_that_a_quote_can_break_the_input(lab: Lab) -> None:
    """Source: "Amazon EventBridge input transformation"; "Using dead-letter queues to process undelivered events in
    EventBridge".
    """
    dead = lab.queue("dead")
    transformer = {"InputPathsMap": PATHS, "InputTemplate": '{"state": "<state>"}'}
    lab.rule({"Arn": lab.queue(), "InputTransformer": transformer, "DeadLetterConfig": {"Arn": dead}})
    lab.put({"state": 'a "quoted" word'})
    lab.cloud.settle()
    assert lab.bodies() == []
    (letter,) = lab.letters()
    assert (letter["ERROR_CODE"], letter["RETRY_ATTEMPTS"]) == ("INVALID_JSON", "0")


def test_a_function_takes_json_only(lab: Lab) -> None:
    lab.cloud.deploy("work", "def handler(event, context):\n    return event\n")
    arn = arn_of("lambda", "function:work")
    client("lambda").add_permission(
        FunctionName="work", StatementId="r", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    lab.rule({"Arn": arn, "InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": "<state> now"}})
    lab.put(DETAIL)
    lab.cloud.settle()
    assert lab.kinds() == ["sent", "routed", "dropped"]
    assert "no JSON" in lab.of("dropped")[0].detail["why"]
