"""Filter policies: which messages a subscription gets, and which policies are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from post_office import PostOffice, refused, text

WANTS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    # "String value matching"
    ("exact", {"store": ["example_corp"]}, text(store="example_corp"), True),
    ("exact, one of several", {"interests": ["rugby", "tennis"]}, text(interests="tennis"), True),
    ("exact, none of them", {"interests": ["rugby", "tennis"]}, text(interests="baseball"), False),
    ("case matters", {"store": ["example_corp"]}, text(store="Example_corp"), False),
    ("element of an array", {"interests": ["rugby"]}, text(interests=["soccer", "rugby"]), True),
    ("no element of an array", {"interests": ["rugby"]}, text(interests=["soccer"]), False),
    ("anything-but", {"interests": [{"anything-but": ["rugby", "tennis"]}]}, text(interests="baseball"), True),
    ("anything-but, unwanted", {"interests": [{"anything-but": ["rugby"]}]}, text(interests="rugby"), False),
    ("anything-but one", {"interests": [{"anything-but": "rugby"}]}, text(interests="tennis"), True),
    ("anything-but, array of unwanted", {"interests": [{"anything-but": ["rugby"]}]}, text(interests=["rugby"]), False),
    ("anything-but prefix", {"event": [{"anything-but": {"prefix": "order-"}}]}, text(event="data-entry"), True),
    ("anything-but prefix, no", {"event": [{"anything-but": {"prefix": "order-"}}]}, text(event="order-1"), False),
    ("anything-but suffix", {"file": [{"anything-but": {"suffix": ".tmp"}}]}, text(file="a.txt"), True),
    ("equals-ignore-case", {"sport": [{"equals-ignore-case": "tennis"}]}, text(sport="TENNIS"), True),
    ("equals-ignore-case, upper", {"sport": [{"equals-ignore-case": "TENNIS"}]}, text(sport="Tennis"), True),
    ("cidr", {"source": [{"cidr": "10.0.0.0/24"}]}, text(source="10.0.0.255"), True),
    ("cidr, outside", {"source": [{"cidr": "10.0.0.0/24"}]}, text(source="10.1.1.0"), False),
    ("cidr, no address", {"source": [{"cidr": "10.0.0.0/24"}]}, text(source="here"), False),
    ("prefix", {"interests": [{"prefix": "bas"}]}, text(interests="baseball"), True),
    ("prefix, no", {"interests": [{"prefix": "bas"}]}, text(interests="rugby"), False),
    ("suffix", {"interests": [{"suffix": "ball"}]}, text(interests="baseball"), True),
    ("wildcard", {"file": [{"wildcard": "*/report-*.csv"}]}, text(file="in/report-7.csv"), True),
    # "Numeric value matching"
    ("equal", {"price": [{"numeric": ["=", 301.5]}]}, text(price=301.5), True),
    (
        "equal, exponent",
        {"price": [{"numeric": ["=", 301.5]}]},
        {"price": {"DataType": "Number", "StringValue": "3.015e2"}},
        True,
    ),
    ("a number as it is", {"price": [100]}, text(price=100), True),
    ("a string of digits is no number", {"price": [{"numeric": ["=", 100]}]}, text(price="100"), False),
    ("anything-but numbers", {"price": [{"anything-but": [100, 500]}]}, text(price=101), True),
    ("anything-but numbers, no", {"price": [{"anything-but": [100, 500]}]}, text(price=500), False),
    ("below", {"price": [{"numeric": ["<", 10]}]}, text(price=9.99), True),
    ("below, the bound", {"price": [{"numeric": ["<", 10]}]}, text(price=10), False),
    ("range", {"price": [{"numeric": [">", 0, "<=", 150]}]}, text(price=150), True),
    ("range, outside", {"price": [{"numeric": [">", 0, "<=", 150]}]}, text(price=0), False),
    ("range in an array", {"price": [{"numeric": [">", 100]}]}, text(price=[1, 200]), True),
    # "Key matching"
    ("exists", {"store": [{"exists": True}]}, text(store="fans"), True),
    ("exists, not", {"store": [{"exists": True}]}, text(customer="x"), False),
    ("must not be there", {"store": [{"exists": False}]}, text(customer="x"), True),
    ("must not be there, but is", {"store": [{"exists": False}]}, text(store="fans"), False),
    ("binary attributes do not count", {"bits": [{"exists": True}]}, text(bits=b"x", other="y"), False),
    # "AND/OR logic"
    ("and", {"a": ["1"], "b": ["2"]}, text(a="1", b="2"), True),
    ("and, one missing", {"a": ["1"], "b": ["2"]}, text(a="1"), False),
    ("or", {"a": ["1", {"prefix": "x"}]}, text(a="xyz"), True),
    ("$or", {"$or": [{"a": ["1"]}, {"b": ["2"]}]}, text(b="2"), True),
    ("$or, neither", {"$or": [{"a": ["1"]}, {"b": ["2"]}]}, text(a="2"), False),
    ("$or and another", {"c": ["3"], "$or": [{"a": ["1"]}, {"b": ["2"]}]}, text(b="2"), False),
    # others
    ("true", {"flags": [True]}, text(flags=[True, "x"]), True),
    ("true is no string", {"flags": [True]}, text(flags="true"), False),
    ("null", {"flags": [None]}, text(flags=[None]), True),
    ("attributes not in the policy are ignored", {"a": ["1"]}, text(a="1", z="9"), True),
    ("no attributes at all", {"a": ["1"]}, {}, False),
]


@pytest.mark.parametrize(("what", "policy", "attributes", "wanted"), WANTS, ids=[row[0] for row in WANTS])
def test_a_policy_on_attributes(
    office: PostOffice, what: str, policy: dict[str, Any], attributes: dict[str, Any], wanted: bool
) -> None:
    """Source: "String value matching", "Numeric value matching", "Key matching", "AND/OR logic"."""
    topic, queue = office.fan_out(FilterPolicy=policy)
    message = office.publish(topic, MessageAttributes=attributes)
    office.cloud.settle()
    assert len(office.received(queue)) == wanted
    assert [event.kind for event in office.journal.of(message=message)] == ["sent", *["filtered"] * (not wanted)]


BODIES: list[tuple[str, dict[str, Any], Any, bool]] = [
    ("nested", {"order": {"kind": ["paid"]}}, {"order": {"kind": "paid", "n": 1}}, True),
    ("nested, no", {"order": {"kind": ["paid"]}}, {"order": {"kind": "open"}}, False),
    ("nested, elsewhere", {"order": {"kind": ["paid"]}}, {"kind": "paid"}, False),
    (
        "array of objects",
        {"lines": {"sku": ["a"], "n": [2]}},
        {"lines": [{"sku": "a", "n": 1}, {"sku": "a", "n": 2}]},
        True,
    ),
    (
        "fields of one element",
        {"lines": {"sku": ["a"], "n": [2]}},
        {"lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]},
        False,
    ),
    ("number", {"price": [{"numeric": [">=", 100]}]}, {"price": 100}, True),
    ("true", {"rush": [True]}, {"rush": True}, True),
    ("null", {"gone": [None]}, {"gone": None}, True),
    ("not there", {"gone": [{"exists": False}]}, {"here": 1}, True),
    ("$or", {"$or": [{"a": [1]}, {"b": {"c": [2]}}]}, {"b": {"c": 2}}, True),
    ("prefix or suffix", {"key": [{"prefix": "a"}, {"suffix": "z"}]}, {"key": "bz"}, True),
    ("an array is no object", {"a": [1]}, [{"a": 1}], False),
    ("text is no JSON", {"a": [1]}, "a=1", False),
]


@pytest.mark.parametrize(("what", "policy", "body", "wanted"), BODIES, ids=[row[0] for row in BODIES])
def test_a_policy_on_the_body(office: PostOffice, what: str, policy: dict[str, Any], body: Any, wanted: bool) -> None:
    """Source: "Amazon SNS subscription filter policy scope"; fact ``sns.filter_scope``."""
    topic, queue = office.fan_out(FilterPolicy=policy, FilterPolicyScope="MessageBody")
    office.publish(topic, body if isinstance(body, str) else json.dumps(body))
    office.cloud.settle()
    assert len(office.received(queue)) == wanted


def test_a_policy_on_the_body_does_not_look_at_attributes(office: PostOffice) -> None:
    """Source: "Amazon SNS subscription filter policy scope"."""
    topic, queue = office.fan_out(FilterPolicy={"kind": ["paid"]}, FilterPolicyScope="MessageBody")
    office.publish(topic, "{}", MessageAttributes=text(kind="paid"))
    office.publish(topic, '{"kind": "paid"}')
    office.cloud.settle()
    assert office.messages(queue) == ['{"kind": "paid"}']


def test_a_policy_on_the_body_sees_the_text_for_its_protocol(office: PostOffice) -> None:
    topic, queue = office.fan_out(FilterPolicy={"n": [1]}, FilterPolicyScope="MessageBody")
    office.publish(topic, json.dumps({"default": "{}", "sqs": '{"n": 1}'}), MessageStructure="json")
    office.cloud.settle()
    assert office.messages(queue) == ['{"n": 1}']


REASONS = [
    ({"a": ["1"]}, "MessageAttributes", "{}", {}, "NoMessageAttributes"),
    ({"a": ["1"]}, "MessageAttributes", "{}", text(a="2"), None),
    (
        {"a": ["1"]},
        "MessageAttributes",
        "{}",
        {"a": {"DataType": "String.Array", "StringValue": "[1,"}},
        "InvalidAttributes",
    ),
    ({"a": ["1"]}, "MessageBody", "a", {}, "InvalidMessageBody"),
    ({"a": ["1"]}, "MessageBody", '{"a": "2"}', {}, None),
]


@pytest.mark.parametrize(("policy", "scope", "body", "attributes", "reason"), REASONS)
def test_the_journal_says_for_whom_and_why_a_message_was_filtered(
    office: PostOffice, policy: dict[str, Any], scope: str, body: str, attributes: dict[str, Any], reason: str | None
) -> None:
    """Source: "Monitoring Amazon SNS topics using CloudWatch"."""
    topic, _queue = office.fan_out(FilterPolicy=policy, FilterPolicyScope=scope)
    message = office.publish(topic, body, MessageAttributes=attributes)
    filtered = office.only("filtered")
    assert (filtered.message, filtered.place) == (message, "sns:orders")
    assert (filtered.detail["to"], filtered.detail["scope"]) == ("sqs:billing", scope)
    assert filtered.detail.get("reason") == reason


# -- what is refused ---------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, Any, str]] = [
    ("no JSON", "{", "FilterPolicy: failed to parse JSON"),
    ("no object", "[1]", "FilterPolicy: Filter is not an object"),
    ("six keys", {key: ["x"] for key in "abcdef"}, "FilterPolicy: Filter policy can not have more than 5 keys"),
    ("too many", {key: list("abcdef") for key in "abc"}, "FilterPolicy: Filter policy is too complex"),
    ("an empty array", {"a": []}, "FilterPolicy: Empty arrays are not allowed"),
    ("no array", {"a": "x"}, 'FilterPolicy: "a" must be an object or an array'),
    ("nested", {"a": {"b": ["x"]}}, "FilterPolicy: Filter policy scope MessageAttributes does not support nested"),
    ("an array in it", {"a": [["x"]]}, "FilterPolicy: Match value must be String, number, true, false, or null"),
    ("unknown type", {"a": [{"like": "x"}]}, "FilterPolicy: Unrecognized match type like"),
    ("two types", {"a": [{"prefix": "x", "suffix": "y"}]}, "FilterPolicy: Only one key allowed in match expression"),
    ("exists", {"a": [{"exists": "yes"}]}, "FilterPolicy: exists match pattern must be either true or false."),
    ("prefix", {"a": [{"prefix": 1}]}, "FilterPolicy: prefix match pattern must be a string"),
    ("numeric, empty", {"a": [{"numeric": []}]}, "FilterPolicy: Invalid member in numeric match: ]"),
    ("numeric, operator", {"a": [{"numeric": ["<>", 1]}]}, "FilterPolicy: Unrecognized numeric range operator: <>"),
    ("numeric, text", {"a": [{"numeric": ["<", "1"]}]}, "FilterPolicy: Value of < must be numeric"),
    ("numeric, nothing", {"a": [{"numeric": ["<"]}]}, "FilterPolicy: Value of < must be numeric"),
    ("numeric, number first", {"a": [{"numeric": [1, "<"]}]}, "FilterPolicy: Invalid member in numeric match: 1"),
    (
        "two upper bounds",
        {"a": [{"numeric": ["<", 1, "<", 2]}]},
        "FilterPolicy: Too many elements in numeric expression",
    ),
    ("two lower bounds", {"a": [{"numeric": [">", 1, ">", 2]}]}, "FilterPolicy: Bad numeric range operator: >"),
    ("upside down", {"a": [{"numeric": [">", 5, "<", 1]}]}, "FilterPolicy: Bottom must be less than top"),
    (
        "anything-but",
        {"a": [{"anything-but": {"exists": True}}]},
        "FilterPolicy: 'a': anything-but takes no such match",
    ),
    ("cidr", {"a": [{"cidr": "ten"}]}, "FilterPolicy: 'a': cidr takes a block of addresses"),
]


@pytest.mark.parametrize(("what", "policy", "sentence"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_wrong_policy_is_refused_when_it_is_set(office: PostOffice, what: str, policy: Any, sentence: str) -> None:
    """Source: "Filter policy constraints"; Subscribe, SetSubscriptionAttributes."""
    topic = office.topic()
    queue, given = office.queue(), policy if isinstance(policy, str) else json.dumps(policy)
    with refused(f"Invalid parameter: Attributes Reason: {sentence}"):
        office.subscribe(topic, queue, FilterPolicy=given)
    assert office.sns.list_subscriptions()["Subscriptions"] == []
    subscription = office.subscribe(topic, queue)
    with refused(f"Invalid parameter: {sentence}"):
        office.sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=given
        )
    assert "FilterPolicy" not in office.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]


COMBINATIONS: list[tuple[str, dict[str, Any], int]] = [
    ("the guide's example", {"a": ["1", "2", "3"], "b": ["1"], "c": ["1", "2"]}, 6),
    ("nested, times depth", {"a": {"b": {"c": list("1234")}}, "d": {"e": list("123")}}, 72),
    ("$or adds", {"$or": [{"a": ["1", "2"]}, {"b": ["1", "2", "3"]}], "c": ["1", "2"]}, 10),
]


@pytest.mark.parametrize(("what", "policy", "combinations"), COMBINATIONS, ids=[row[0] for row in COMBINATIONS])
def test_combinations_are_counted_up_to_150(
    office: PostOffice, what: str, policy: dict[str, Any], combinations: int
) -> None:
    """Source: "Filter policy constraints"; fact ``sns.filter_combinations_max``."""
    topic, most = office.topic(), 150 // combinations
    values = [str(number) for number in range(most + 1)]
    fitting, too_many = {**policy, "z": values[:most]}, {**policy, "z": values}
    office.subscribe(topic, office.queue("first"), FilterPolicy=fitting, FilterPolicyScope="MessageBody")
    with refused("Filter policy is too complex"):
        office.subscribe(topic, office.queue("second"), FilterPolicy=too_many, FilterPolicyScope="MessageBody")


def test_five_keys_are_allowed_and_of_a_nested_policy_the_outer_ones_count(office: PostOffice) -> None:
    """Source: "Filter policy constraints"; fact ``sns.filter_keys_max``."""
    topic = office.topic()
    office.subscribe(topic, office.queue("five"), FilterPolicy={key: ["x"] for key in "abcde"})
    nested = {key: {"x": ["1"], "y": ["1"]} for key in "abcde"}
    with refused("too complex"):  # two values, each two deep, of five keys: 4 to the fifth
        office.subscribe(topic, office.queue("nested"), FilterPolicy=nested, FilterPolicyScope="MessageBody")
    few = {key: {"x": ["1"]} for key in "abcde"}
    office.subscribe(topic, office.queue("few"), FilterPolicy=few, FilterPolicyScope="MessageBody")


def test_the_scope_is_one_of_two(office: PostOffice) -> None:
    """Source: fact ``sns.filter_scope``."""
    topic, queue = office.topic(), office.queue()
    with refused("FilterPolicyScope: Invalid value [Body]. Please use either MessageBody or MessageAttributes"):
        office.subscribe(topic, queue, FilterPolicy={"a": ["1"]}, FilterPolicyScope="Body")


def test_a_policy_that_changes_holds_for_the_next_message_and_an_empty_one_is_none(office: PostOffice) -> None:
    """Source: SetSubscriptionAttributes."""
    topic, queue = office.topic(), office.queue()
    office.let_in(queue, topic)
    subscription = office.subscribe(topic, queue, FilterPolicy={"a": ["1"]})
    office.publish(topic, "one")
    for policy in ('{"a": ["2"]}', "{}"):
        office.sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=policy
        )
        office.publish(topic, "two", MessageAttributes=text(a="2"))
    office.cloud.settle()
    assert office.messages(queue) == ["two", "two"]
    assert "FilterPolicy" not in office.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]


def test_a_topic_has_at_most_200_filter_policies(office: PostOffice) -> None:
    """Source: fact ``sns.filter_policies_default``."""
    topic = office.topic()
    for number in range(200):
        office.sns.subscribe(
            TopicArn=topic,
            Protocol="sms",
            Endpoint=f"+120655{number:05}",
            Attributes={"FilterPolicy": '{"a": ["1"]}'},
        )
    with refused("Filter policy limit of 200", "FilterPolicyLimitExceeded"):
        office.subscribe(topic, office.queue(), FilterPolicy={"a": ["1"]})
    office.subscribe(topic, office.queue())
