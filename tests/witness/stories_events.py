"""Buses and rules (EventBridge Classic). Sources: Amazon EventBridge User Guide and API Reference (read 2026-11)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from stage import Stage, refusal
from telling import Stories, whether

STORIES = Stories("EventBridge")
_TARGETS = "Event bus targets in Amazon EventBridge"
_OPERATORS = "Comparison operators for use in event patterns"
_TRANSFORMATION = "Amazon EventBridge input transformation"


def _rule(stage: Stage, *targets: Mapping[str, Any], name: str = "r", pattern: Any = None, **settings: Any) -> str:
    """A rule of a bus of the story's own, for events of its shop; the bus's name."""
    bus = f"{stage.name}-bus"
    refusal(stage.events.create_event_bus, Name=bus)
    text = json.dumps(pattern or {"source": ["shop"]})
    stage.events.put_rule(Name=f"{stage.name}-{name}", EventBusName=bus, EventPattern=text, **settings)
    numbered = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    stage.events.put_targets(Rule=f"{stage.name}-{name}", EventBusName=bus, Targets=numbered)
    return bus


def _put(stage: Stage, bus: str, detail: Any, kind: str = "order") -> Any:
    entry = {"EventBusName": bus, "Source": "shop", "DetailType": kind, "Detail": json.dumps(detail)}
    return stage.events.put_events(Entries=[entry])


def _handed_over(stage: Stage, detail: Any, **settings: Any) -> Any:
    """What a queue gets of an event with this detail, by the settings of its target; read, if it is JSON."""
    queue = stage.open_queue()
    bus = _rule(stage, {"Arn": stage.arn(queue), **settings})
    _put(stage, bus, detail)
    bodies = stage.arrived(queue, 1)
    if not bodies:
        return "nothing"
    try:
        return json.loads(bodies[0])
    except ValueError:
        return bodies[0]


def _matching(stage: Stage, pattern: Any, *details: Any) -> list[int]:
    """Which of these details a pattern wants, by number."""
    queue = stage.open_queue()
    bus = _rule(
        stage,
        {"Arn": stage.arn(queue), "InputPath": "$.detail.n"},
        pattern={"source": ["shop"], "detail": pattern},
    )
    for number, detail in enumerate(details):
        _put(stage, bus, {"n": number, **detail})
    stage.quiet()
    return sorted(int(body) for body in stage.bodies(queue))


# -- rules and patterns ------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A rule's target gets the whole event.",
    "Event bus targets in Amazon EventBridge",
    [["account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version"], {"n": 1}, "0"],
)
def a_whole_event(stage: Stage) -> Any:
    event = _handed_over(stage, {"n": 1})
    return [sorted(event), event["detail"], event["version"]]


@STORIES.tell(
    "Values of a list are joined by or, keys by and; a key that is not there does not match.",
    "Creating Amazon EventBridge event patterns",
    [0, 1],
)
def pattern_and_or(stage: Stage) -> Any:
    return _matching(
        stage,
        {"kind": ["new", "old"], "to": {"land": ["de"]}},
        {"kind": "new", "to": {"land": "de"}},
        {"kind": "old", "to": {"land": "de"}},
        {"kind": "new", "to": {"land": "fr"}},
        {"kind": "new"},
    )


@STORIES.tell("Of an array one element that matches is enough.", "Creating Amazon EventBridge event patterns", [0])
def pattern_array(stage: Stage) -> Any:
    return _matching(stage, {"tags": ["a"]}, {"tags": ["b", "a"]}, {"tags": ["b"]})


@STORIES.tell("A number is matched as a number: 300 is 3.0e2 and not the text.", _OPERATORS, [0, 1])
def pattern_numbers(stage: Stage) -> Any:
    return _matching(stage, {"price": [{"numeric": ["=", 300]}]}, {"price": 300}, {"price": 3.0e2}, {"price": "300"})


@STORIES.tell("A range leaves out the bounds that it does not name.", _OPERATORS, [1, 2])
def pattern_range(stage: Stage) -> Any:
    prices = [{"price": price} for price in (0, 1, 5, 6)]
    return _matching(stage, {"price": [{"numeric": [">", 0, "<=", 5]}]}, *prices)


@STORIES.tell("Prefix, suffix and wildcard match text.", _OPERATORS, [0, 1, 2])
def pattern_text(stage: Stage) -> Any:
    pattern = {"key": [{"prefix": "ab"}, {"suffix": "yz"}, {"wildcard": "in/*.png"}]}
    return _matching(stage, pattern, *({"key": key} for key in ("abc", "xyz", "in/a/b.png", "in/a.jpg")))


@STORIES.tell("Text may be matched whatever its case.", _OPERATORS, [0, 1])
def pattern_case(stage: Stage) -> Any:
    pattern = {"key": [{"equals-ignore-case": "alice"}]}
    return _matching(stage, pattern, {"key": "Alice"}, {"key": "ALICE"}, {"key": "bob"})


@STORIES.tell("Anything-but wants the key to be there.", _OPERATORS, [1])
def pattern_anything_but(stage: Stage) -> Any:
    return _matching(stage, {"state": [{"anything-but": ["init"]}]}, {"state": "init"}, {"state": "done"}, {})


@STORIES.tell("Exists looks at leaves: an object is no leaf.", _OPERATORS, [[0], [1, 2]])
def pattern_exists(stage: Stage) -> Any:
    queues = [stage.open_queue(name) for name in ("with", "without")]
    bus = ""
    for queue, there in zip(queues, (True, False), strict=True):
        pattern = {"source": ["shop"], "detail": {"key": [{"exists": there}]}}
        target = {"Arn": stage.arn(queue), "InputPath": "$.detail.n"}
        bus = _rule(stage, target, name=str(there), pattern=pattern)
    details: list[dict[str, Any]] = [{"key": 1}, {"other": 1}, {"key": {"inner": 1}}]
    for number, detail in enumerate(details):
        _put(stage, bus, {"n": number, **detail})
    stage.quiet()
    return [sorted(int(body) for body in stage.bodies(queue)) for queue in queues]


@STORIES.tell("Of a $or one alternative is enough.", _OPERATORS, [0, 1])
def pattern_or(stage: Stage) -> Any:
    return _matching(stage, {"$or": [{"a": [1]}, {"b": [2]}]}, {"a": 1}, {"b": 2}, {"a": 2, "b": 1})


@STORIES.tell(
    "An address is matched by its network.",
    _OPERATORS,
    [0],
)
def pattern_network(stage: Stage) -> Any:
    return _matching(stage, {"ip": [{"cidr": "10.0.0.0/24"}]}, {"ip": "10.0.0.255"}, {"ip": "10.0.1.0"})


@STORIES.tell(
    "A pattern with an operator that is none, with a value outside a list or with an empty list is refused.",
    "PutRule",
    ["InvalidEventPatternException"] * 3,
)
def patterns_that_are_wrong(stage: Stage) -> Any:
    wrong: tuple[Any, ...] = ({"source": [{"begins": "x"}]}, {"source": "x"}, {"source": []})
    return [
        refusal(stage.events.put_rule, Name=f"{stage.name}-r", EventPattern=json.dumps(pattern)) for pattern in wrong
    ]


@STORIES.tell("A disabled rule gets nothing until it is enabled.", "DisableRule", ["after"])
def disabled_rule(stage: Stage) -> Any:
    queue = stage.open_queue()
    bus = _rule(stage, {"Arn": stage.arn(queue), "InputPath": "$.detail.when"}, State="DISABLED")
    _put(stage, bus, {"when": "before"})
    stage.quiet()
    stage.events.enable_rule(Name=f"{stage.name}-r", EventBusName=bus)
    _put(stage, bus, {"when": "after"})
    return [json.loads(body) for body in stage.arrived(queue, 1)]


@STORIES.tell("Every target of every rule that matches gets the event.", "PutTargets", [1, 1, 1])
def several_targets(stage: Stage) -> Any:
    queues = [stage.open_queue(name) for name in "abc"]
    first, second, third = ({"Arn": stage.arn(queue)} for queue in queues)
    _rule(stage, first, second)
    bus = _rule(stage, third, name="other")
    _put(stage, bus, {})
    return [len(stage.arrived(queue, 1)) for queue in queues]


@STORIES.tell("A rule has five targets at most.", "PutTargets", "LimitExceededException")
def six_targets(stage: Stage) -> Any:
    return refusal(_rule, stage, *({"Arn": stage.arn(stage.queue(f"q{n}"))} for n in range(6)))


@STORIES.tell("A rule that has targets is not deleted.", "DeleteRule", ["refused", "accepted"])
def rule_with_targets(stage: Stage) -> Any:
    bus = _rule(stage, {"Arn": stage.arn(stage.open_queue())})
    name = f"{stage.name}-r"
    with_target = refusal(stage.events.delete_rule, Name=name, EventBusName=bus)
    stage.events.remove_targets(Rule=name, EventBusName=bus, Ids=["0"])
    return [whether(with_target), refusal(stage.events.delete_rule, Name=name, EventBusName=bus)]


@STORIES.tell(
    "An entry that is wrong fails alone, in an answer with status 200.",
    "PutEvents",
    [200, 2, ["accepted", "MalformedDetail", "accepted", "InvalidArgument"]],
)
def entries_that_are_wrong(stage: Stage) -> Any:
    good = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    answer = stage.events.put_events(Entries=[good, {**good, "Detail": "no JSON"}, good, {**good, "Source": ""}])
    codes = [entry.get("ErrorCode", "accepted") for entry in answer["Entries"]]
    return [answer["ResponseMetadata"]["HTTPStatusCode"], answer["FailedEntryCount"], codes]


@STORIES.tell("A call takes ten entries at most.", "PutEvents", "refused")
def eleven_entries(stage: Stage) -> Any:
    entry = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    return whether(refusal(stage.events.put_events, Entries=[entry] * 11))


@STORIES.tell(
    "A pattern is tested against a whole event, and an event that lacks a field is refused.",
    "TestEventPattern",
    [True, False, "refused"],
)
def pattern_test(stage: Stage) -> Any:
    event = {"id": "1", "account": "123456789012", "source": "shop", "detail-type": "order", "region": "us-east-1"}
    event |= {"time": "2026-11-01T00:00:00Z"}
    whole = json.dumps({**event, "resources": [], "detail": {"n": 1}})
    test = stage.events.test_event_pattern
    told = [test(EventPattern=json.dumps({"detail": {"n": [n]}}), Event=whole)["Result"] for n in (1, 2)]
    return [*told, whether(refusal(test, EventPattern='{"source": ["shop"]}', Event='{"source": "shop"}'))]


# -- what a target gets ------------------------------------------------------------------------------------------------


@STORIES.tell("A constant input replaces the event.", _TARGETS, {"fixed": True})
def constant_input(stage: Stage) -> Any:
    return _handed_over(stage, {"n": 1}, Input='{"fixed": true}')


@STORIES.tell("An input path hands over a part of the event.", _TARGETS, {"n": 1})
def input_path(stage: Stage) -> Any:
    return _handed_over(stage, {"order": {"n": 1}}, InputPath="$.detail.order")


@STORIES.tell(
    "A template that is JSON is filled: text in its own quotes or the template's, numbers and objects as they are.",
    _TRANSFORMATION,
    {"who": "ann", "line": "ann has 3", "count": 3, "whole": {"n": 1}},
)
def input_transformer(stage: Stage) -> Any:
    paths = {"who": "$.detail.who", "count": "$.detail.count", "whole": "$.detail.inner"}
    template = '{"who": <who>, "line": "<who> has <count>", "count": <count>, "whole": <whole>}'
    detail = {"who": "ann", "count": 3, "inner": {"n": 1}}
    return _handed_over(stage, detail, InputTransformer={"InputPathsMap": paths, "InputTemplate": template})


@STORIES.tell("A template may be one line of text.", _TRANSFORMATION, "order of ann")
def input_transformer_of_text(stage: Stage) -> Any:
    transformer = {"InputPathsMap": {"who": "$.detail.who"}, "InputTemplate": '"order of <who>"'}
    return _handed_over(stage, {"who": "ann"}, InputTransformer=transformer)


@STORIES.tell(
    "A template may name its rule, the event without its detail and the whole event, without naming a path.",
    _TRANSFORMATION,
    [True, False, {"n": 1}],
)
def input_transformer_with_reserved_names(stage: Stage) -> Any:
    template = '{"rule": <aws.events.rule-name>, "event": <aws.events.event>, "whole": <aws.events.event.json>}'
    told = _handed_over(stage, {"n": 1}, InputTransformer={"InputTemplate": template})
    if not isinstance(told, dict):
        return "no JSON"
    return [told["rule"] == f"{stage.name}-r", "detail" in told["event"], told["whole"].get("detail")]


@STORIES.tell("A path that finds nothing leaves its place in the template empty.", _TRANSFORMATION, "order of ")
def input_transformer_that_finds_nothing(stage: Stage) -> Any:
    transformer = {"InputPathsMap": {"who": "$.detail.who"}, "InputTemplate": '"order of <who>"'}
    return _handed_over(stage, {"other": "ann"}, InputTransformer=transformer)


@STORIES.tell("A target has one way to shape its input.", "PutTargets", "refused")
def two_inputs(stage: Stage) -> Any:
    queue = stage.open_queue()
    return whether(refusal(_rule, stage, {"Arn": stage.arn(queue), "Input": "{}", "InputPath": "$.detail"}))


@STORIES.tell("A FIFO queue gets the message group that the target names.", "PutTargets", ["orders"])
def fifo_target(stage: Stage) -> Any:
    queue = stage.open_queue("q.fifo", ContentBasedDeduplication="true")
    bus = _rule(stage, {"Arn": stage.arn(queue), "SqsParameters": {"MessageGroupId": "orders"}})
    _put(stage, bus, {})
    stage.quiet()
    return [message["Attributes"]["MessageGroupId"] for message in stage.receive(queue)]


@STORIES.tell(
    "A function is invoked asynchronously with the event itself: what it fails with goes to its destination.",
    _TARGETS,
    {"n": 1},
)
def function_target(stage: Stage) -> Any:
    queue = stage.open_queue()
    arn = stage.informer(queue)
    stage.awslambda.add_permission(
        FunctionName=arn, StatementId="rule", Action="lambda:InvokeFunction", Principal="events.amazonaws.com"
    )
    _put(stage, _rule(stage, {"Arn": arn}), {"n": 1})
    event = stage.informed(queue)
    return event["detail"] if event else "nothing"


@STORIES.tell(
    "A bus may be a target: its rules see the event with its source unchanged.",
    "Sending events between event buses in the same account and Region in Amazon EventBridge",
    ["shop", {"n": 1}],
)
def bus_target(stage: Stage) -> Any:
    queue = stage.open_queue()
    other = stage.events.create_event_bus(Name=f"{stage.name}-other")["EventBusArn"]
    rule = {"Name": f"{stage.name}-there", "EventBusName": f"{stage.name}-other"}
    stage.events.put_rule(**rule, EventPattern='{"source": ["shop"]}')
    stage.events.put_targets(
        Rule=rule["Name"], EventBusName=rule["EventBusName"], Targets=[{"Id": "1", "Arn": stage.arn(queue)}]
    )
    _put(stage, _rule(stage, {"Arn": other, "RoleArn": stage.role}), {"n": 1})
    event = json.loads(stage.arrived(queue, 1)[0])
    return [event["source"], event["detail"]]


@STORIES.tell(
    "An event whose target is gone moves to the target's dead-letter queue at once.",
    "Using dead-letter queues to process undelivered events in EventBridge",
    [{"n": 1}],
)
def target_that_is_gone(stage: Stage) -> Any:
    queue, dead = stage.open_queue(), stage.open_queue("dead")
    bus = _rule(stage, {"Arn": stage.arn(queue), "DeadLetterConfig": {"Arn": stage.arn(dead)}})
    stage.sqs.delete_queue(QueueUrl=queue)
    stage.quiet()
    _put(stage, bus, {"n": 1})
    return [json.loads(body)["detail"] for body in stage.arrived(dead, 1, within=5)]


@STORIES.tell(
    "A queue whose policy does not let the rule in gets nothing.",
    "Using resource-based policies for Amazon EventBridge",
    0,
)
def target_without_a_policy(stage: Stage) -> Any:
    queue = stage.queue()
    _put(stage, _rule(stage, {"Arn": stage.arn(queue)}), {})
    stage.quiet()
    return len(stage.bodies(queue))


# -- archives ----------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "A replay brings back what an archive kept of a window, with the replay's name.",
    "Archiving and replaying events in Amazon EventBridge",
    [["kept"], [True]],
)
def archive_and_replay(stage: Stage) -> Any:
    queue, name = stage.open_queue(), f"{stage.name}-archive"
    bus = _rule(stage, {"Arn": stage.arn(queue)})
    arn = stage.events.describe_event_bus(Name=bus)["Arn"]
    pattern = json.dumps({"detail-type": ["kept"]})
    archive = stage.events.create_archive(ArchiveName=name, EventSourceArn=arn, EventPattern=pattern)["ArchiveArn"]
    for kind in ("kept", "other"):
        _put(stage, bus, {}, kind)
    (first, _) = (json.loads(body) for body in stage.arrived(queue, 2))
    stage.wait(2)
    stage.events.start_replay(
        ReplayName=f"{stage.name}-again",
        EventSourceArn=archive,
        EventStartTime=_seconds(first["time"]) - 60,
        EventEndTime=_seconds(first["time"]) + 1,
        Destination={"Arn": arn},
    )
    again = [json.loads(body) for body in stage.arrived(queue, 1, within=30)]
    return [
        [event["detail-type"] for event in again],
        [event.get("replay-name") == f"{stage.name}-again" for event in again],
    ]


def _seconds(time: str) -> float:
    """Since 1970, of an event's time."""
    return dt.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
