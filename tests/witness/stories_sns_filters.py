"""Filter policies of subscriptions. Sources: Amazon SNS Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import json
from typing import Any

from sns_words import message_attributes, subscribe, subscribed_queue, topic_of
from stage import Stage, refusal
from telling import Stories

STORIES = Stories("SNS")


def _wanted(stage: Stage, policy: Any, **messages: dict[str, object]) -> list[str]:
    """The names of the messages that a filter policy on attributes lets through."""
    topic, queue = subscribed_queue(stage, FilterPolicy=json.dumps(policy))
    for name, values in messages.items():
        stage.sns.publish(TopicArn=topic, Message=name, MessageAttributes=message_attributes(**values))
    stage.quiet()
    return sorted(stage.bodies(queue))


def _wanted_bodies(stage: Stage, policy: Any, *bodies: Any) -> list[int]:
    """Which of the bodies a filter policy on the body lets through, by number."""
    topic, queue = subscribed_queue(stage, FilterPolicy=json.dumps(policy), FilterPolicyScope="MessageBody")
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    for text in texts:
        stage.sns.publish(TopicArn=topic, Message=text)
    stage.quiet()
    return sorted(texts.index(text) for text in stage.bodies(queue))


@STORIES.tell(
    "Keys are joined by and, values by or; a message without the attribute is not delivered.",
    "AND/OR logic",
    ["both", "either"],
)
def filter_and_or(stage: Stage) -> Any:
    return _wanted(
        stage,
        {"kind": ["new", "old"], "land": ["de"]},
        both={"kind": "new", "land": "de"},
        either={"kind": "old", "land": "de", "more": "x"},
        half={"kind": "new"},
        none={},
    )


@STORIES.tell("Of a $or one alternative is enough.", "AND/OR logic", ["first", "second"])
def filter_or_of_keys(stage: Stage) -> Any:
    policy = {"$or": [{"a": ["1"]}, {"b": ["2"]}]}
    return _wanted(stage, policy, first={"a": "1"}, second={"b": "2"}, neither={"a": "2", "b": "1"})


@STORIES.tell("A numeric filter takes numbers only, within its bounds.", "Numeric value matching", ["edge", "middle"])
def filter_numeric(stage: Stage) -> Any:
    policy = {"price": [{"numeric": [">", 0, "<=", 100]}]}
    return _wanted(stage, policy, below={"price": 0}, middle={"price": 50.5}, edge={"price": 100}, text={"price": "50"})


@STORIES.tell(
    "Prefix, suffix, anything-but and equals-ignore-case match text.",
    "String value matching",
    [["prefix"], ["suffix"], ["other"], ["upper"]],
)
def filter_text(stage: Stage) -> Any:
    policies: dict[str, Any] = {
        "prefix": "ab",
        "suffix": "yz",
        "anything-but": ["ab", "yz"],
        "equals-ignore-case": "AB",
    }
    queues, topic = [], topic_of(stage)
    for name, value in policies.items():
        queue = stage.open_queue(name)
        policy = json.dumps({"key": [{name: value}]})
        subscribe(stage, topic, queue, RawMessageDelivery="true", FilterPolicy=policy)
        queues.append(queue)
    for name, key in (("prefix", "abc"), ("suffix", "xyz"), ("upper", "aB"), ("other", "q")):
        stage.sns.publish(TopicArn=topic, Message=name, MessageAttributes=message_attributes(key=key))
    stage.quiet()
    found = [set(stage.bodies(queue)) for queue in queues]
    return [
        sorted(found[0]),
        sorted(found[1]),
        sorted(found[2] - {"prefix", "suffix", "upper"}),
        sorted(found[3]),
    ]


@STORIES.tell("A filter may ask that an attribute is there, or is not.", "Key matching", [["with"], ["without"]])
def filter_exists(stage: Stage) -> Any:
    queues, topic = [], topic_of(stage)
    for there in (True, False):
        queue = stage.open_queue(str(there))
        policy = json.dumps({"key": [{"exists": there}]})
        subscribe(stage, topic, queue, RawMessageDelivery="true", FilterPolicy=policy)
        queues.append(queue)
    stage.sns.publish(TopicArn=topic, Message="with", MessageAttributes=message_attributes(key="x"))
    stage.sns.publish(TopicArn=topic, Message="without", MessageAttributes=message_attributes(other="x"))
    stage.quiet()
    return [stage.bodies(queue) for queue in queues]


@STORIES.tell("Of an array one element that matches is enough.", "String value matching", ["one"])
def filter_array(stage: Stage) -> Any:
    return _wanted(stage, {"tags": ["a"]}, one={"tags": ["b", "a"]}, none={"tags": ["b"]})


@STORIES.tell(
    "By default a filter looks at the attributes and not at the body.",
    "Amazon SNS subscription filter policy scope",
    [],
)
def filter_scope(stage: Stage) -> Any:
    topic, queue = subscribed_queue(stage, FilterPolicy=json.dumps({"kind": ["new"]}))
    stage.sns.publish(TopicArn=topic, Message=json.dumps({"kind": "new"}))
    stage.quiet()
    return stage.bodies(queue)


@STORIES.tell(
    "A filter on the body matches nested keys; a body that is no JSON is not delivered.",
    "Amazon SNS subscription filter policy scope",
    [0],
)
def filter_body(stage: Stage) -> Any:
    policy = {"order": {"kind": ["paid"], "price": [{"numeric": [">=", 100]}]}}
    return _wanted_bodies(
        stage,
        policy,
        {"order": {"kind": "paid", "price": 100}},
        {"order": {"kind": "paid", "price": 99}},
        {"kind": "paid", "price": 100},
        "order paid",
    )


@STORIES.tell(
    "A filter with an operator that is none, or with values that are no list, is refused.",
    "Filter policy constraints",
    ["InvalidParameter", "InvalidParameter"],
)
def filters_that_are_wrong(stage: Stage) -> Any:
    topic, queue = topic_of(stage), stage.open_queue()
    wrong: tuple[Any, ...] = ({"key": [{"begins": "x"}]}, {"key": "x"})
    return [refusal(subscribe, stage, topic, queue, FilterPolicy=json.dumps(policy)) for policy in wrong]
