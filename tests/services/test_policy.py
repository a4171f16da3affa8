"""Resource policies: whom a policy lets do what, sentence by sentence of the IAM guide."""

from __future__ import annotations

import json
from typing import Any

import pytest

from waterline.services.policy import Request, judged, like

TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:billing"
REQUEST = Request(
    "sns.amazonaws.com",
    "sqs:SendMessage",
    QUEUE,
    {"aws:sourcearn": TOPIC, "aws:sourceaccount": "123456789012", "aws:securetransport": "true", "size": "10"},
)
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "sns.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": QUEUE,
}
DENY = {**ALLOW, "Effect": "Deny"}


def allowed(*statements: dict[str, Any], request: Request = REQUEST) -> bool:
    return judged({"Version": "2012-10-17", "Statement": list(statements)}, request).allowed


# -- evaluation logic --------------------------------------------------------------------------------------------------

POLICIES: list[tuple[str, list[dict[str, Any]], bool]] = [
    ("by default all requests are denied", [], False),
    ("an explicit allow overrides the default", [ALLOW], True),
    ("an explicit deny overrides any allow", [ALLOW, DENY], False),
    ("also when it comes first", [DENY, ALLOW], False),
    ("one allow of several suffices", [{**ALLOW, "Action": "sqs:DeleteMessage"}, ALLOW], True),
    ("a deny about something else does not count", [ALLOW, {**DENY, "Action": "sqs:DeleteMessage"}], True),
    (
        "a deny whose condition does not hold does not count",
        [ALLOW, {**DENY, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
        True,
    ),
    (
        "an allow whose condition does not hold does not count",
        [{**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
        False,
    ),
]


@pytest.mark.parametrize(("sentence", "statements", "verdict"), POLICIES, ids=[row[0] for row in POLICIES])
def test_evaluation_logic(sentence: str, statements: list[dict[str, Any]], verdict: bool) -> None:
    """Source: "Policy evaluation logic"."""
    assert allowed(*statements) == verdict


FORMS: list[tuple[str, Any, bool]] = [
    ("a document", {"Statement": [ALLOW]}, True),
    ("its text", json.dumps({"Statement": [ALLOW]}), True),
    ("one statement without a list", {"Statement": ALLOW}, True),
    ("statements alone", [ALLOW], True),
    ("none", None, False),
    ("an empty text", "", False),
    ("an empty document", {}, False),
]


@pytest.mark.parametrize(("what", "policy", "verdict"), FORMS, ids=[row[0] for row in FORMS])
def test_forms_of_a_policy(what: str, policy: Any, verdict: bool) -> None:
    assert judged(policy, REQUEST).allowed == verdict


# -- principal, action, resource ---------------------------------------------------------------------------------------

PRINCIPALS: list[tuple[str, dict[str, Any], bool]] = [
    ("everybody", {"Principal": "*"}, True),
    ("everybody, as an AWS principal", {"Principal": {"AWS": "*"}}, True),
    ("one of several services", {"Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}}, True),
    ("another service", {"Principal": {"Service": "events.amazonaws.com"}}, False),
    ("an account", {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
    ("no wildcard within a name", {"Principal": {"Service": "*.amazonaws.com"}}, False),
    ("everybody but others", {"NotPrincipal": {"Service": "events.amazonaws.com"}}, True),
    ("everybody but this one", {"NotPrincipal": {"Service": "sns.amazonaws.com"}}, False),
    ("nobody", {"Principal": None}, False),
]


@pytest.mark.parametrize(("who", "part", "verdict"), PRINCIPALS, ids=[row[0] for row in PRINCIPALS])
def test_principals(who: str, part: dict[str, Any], verdict: bool) -> None:
    """Source: "AWS JSON policy elements: Principal"."""
    statement = {key: value for key, value in ALLOW.items() if key != "Principal"}
    assert allowed({**statement, **part}) == verdict


ACTIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("exact", {"Action": "sqs:SendMessage"}, True),
    ("prefix and name are case-insensitive", {"Action": "SQS:sendmessage"}, True),
    ("a wildcard", {"Action": "sqs:*"}, True),
    ("a wildcard in the name", {"Action": "sqs:Send*"}, True),
    ("one character", {"Action": "sqs:SendMessag?"}, True),
    ("one character is not two", {"Action": "sqs:SendMessa?"}, False),
    ("one of several", {"Action": ["sqs:ReceiveMessage", "sqs:SendMessage"]}, True),
    ("another", {"Action": "sqs:ReceiveMessage"}, False),
    ("another service's", {"Action": "sns:SendMessage"}, False),
    ("all but others", {"NotAction": "sqs:ReceiveMessage"}, True),
    ("all but this", {"NotAction": ["sqs:Send*"]}, False),
]


@pytest.mark.parametrize(("what", "part", "verdict"), ACTIONS, ids=[row[0] for row in ACTIONS])
def test_actions(what: str, part: dict[str, Any], verdict: bool) -> None:
    """Source: "IAM JSON policy elements: Action", "IAM JSON policy elements: NotAction"."""
    statement = {key: value for key, value in ALLOW.items() if key != "Action"}
    assert allowed({**statement, **part}) == verdict


RESOURCES: list[tuple[str, dict[str, Any], bool]] = [
    ("the queue", {"Resource": QUEUE}, True),
    ("all", {"Resource": "*"}, True),
    ("a wildcard in the name", {"Resource": "arn:aws:sqs:us-east-1:123456789012:bill*"}, True),
    ("another", {"Resource": QUEUE + "-2"}, False),
    ("names are case-sensitive", {"Resource": QUEUE.upper()}, False),
    ("one of several", {"Resource": [QUEUE + "-2", QUEUE]}, True),
    ("all but another", {"NotResource": QUEUE + "-2"}, True),
    ("all but this", {"NotResource": QUEUE}, False),
    ("left out, as a queue's policy may", {}, True),
]


@pytest.mark.parametrize(("what", "part", "verdict"), RESOURCES, ids=[row[0] for row in RESOURCES])
def test_resources(what: str, part: dict[str, Any], verdict: bool) -> None:
    """Source: "IAM JSON policy elements: Resource", "IAM JSON policy elements: NotResource"."""
    statement = {key: value for key, value in ALLOW.items() if key != "Resource"}
    assert allowed({**statement, **part}) == verdict


# -- conditions --------------------------------------------------------------------------------------------------------

CONDITIONS: list[tuple[str, Any, bool]] = [
    ("StringEquals", {"aws:SourceAccount": "123456789012"}, True),
    ("StringEquals", {"aws:SourceAccount": "1234567890*"}, False),
    ("StringEquals", {"aws:SourceAccount": ["1", "123456789012"]}, True),
    ("StringEquals", {"AWS:SOURCEACCOUNT": "123456789012"}, True),
    ("StringEquals", {"aws:SourceArn": TOPIC.upper()}, False),
    ("StringNotEquals", {"aws:SourceAccount": "123456789012"}, False),
    ("StringNotEquals", {"aws:SourceAccount": ["1", "123456789012"]}, False),
    ("StringNotEquals", {"aws:SourceAccount": "1"}, True),
    ("StringEqualsIgnoreCase", {"aws:SourceArn": TOPIC.upper()}, True),
    ("StringNotEqualsIgnoreCase", {"aws:SourceArn": TOPIC.upper()}, False),
    ("StringLike", {"aws:SourceArn": "*:orders"}, True),
    ("StringLike", {"aws:SourceArn": "*:bills"}, False),
    ("StringNotLike", {"aws:SourceArn": "*:orders"}, False),
    ("ArnEquals", {"aws:SourceArn": TOPIC}, True),
    ("ArnEquals", {"aws:SourceArn": "arn:aws:sns:*:123456789012:ord*"}, True),
    ("ArnLike", {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:*"}, True),
    ("ArnLike", {"aws:SourceArn": "arn:aws:sns:*"}, False),
    ("ArnLike", {"aws:SourceArn": "arn:*:orders"}, False),
    ("ArnNotEquals", {"aws:SourceArn": TOPIC}, False),
    ("ArnNotLike", {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:bills"}, True),
    ("Bool", {"aws:SecureTransport": "true"}, True),
    ("Bool", {"aws:SecureTransport": True}, True),
    ("Bool", {"aws:SecureTransport": "false"}, False),
    ("NumericEquals", {"size": 10}, True),
    ("NumericNotEquals", {"size": 10}, False),
    ("NumericLessThan", {"size": "10"}, False),
    ("NumericLessThanEquals", {"size": "10"}, True),
    ("NumericGreaterThan", {"size": "9.5"}, True),
    ("NumericGreaterThanEquals", {"size": "11"}, False),
    ("Null", {"aws:SourceVpc": "true"}, True),
    ("Null", {"aws:SourceVpc": "false"}, False),
    ("Null", {"aws:SourceArn": "true"}, False),
    ("Null", {"aws:SourceArn": "false"}, True),
    # "a missing key: the values do not match"; for a negated operator they therefore do
    ("StringEquals", {"aws:SourceVpc": "vpc-1"}, False),
    ("StringNotEquals", {"aws:SourceVpc": "vpc-1"}, True),
    ("ArnNotLike", {"aws:SourceVpcArn": TOPIC}, True),
    ("StringEqualsIfExists", {"aws:SourceVpc": "vpc-1"}, True),
    ("StringEqualsIfExists", {"aws:SourceAccount": "1"}, False),
    ("ArnLikeIfExists", {"aws:SourceArn": TOPIC}, True),
    # several keys of one operator, all must hold
    ("StringEquals", {"aws:SourceAccount": "123456789012", "aws:SourceArn": TOPIC}, True),
    ("StringEquals", {"aws:SourceAccount": "123456789012", "aws:SourceArn": "x"}, False),
    # what the lab does not know never holds
    ("DateLessThan", {"aws:SourceArn": "2030-01-01"}, False),
    ("ForAnyValue:StringEquals", {"aws:SourceArn": TOPIC}, False),
]


@pytest.mark.parametrize(("operator", "tests", "holds"), CONDITIONS)
def test_condition_operators(operator: str, tests: dict[str, Any], holds: bool) -> None:
    """Source: "IAM JSON policy elements: Condition operators"."""
    assert allowed({**ALLOW, "Condition": {operator: tests}}) == holds


ADDRESSES = [
    ("IpAddress", "203.0.113.0/24", True),
    ("IpAddress", "198.51.100.7", False),
    ("NotIpAddress", "203.0.113.0/24", False),
]


@pytest.mark.parametrize(("operator", "block", "holds"), ADDRESSES)
def test_addresses(operator: str, block: str, holds: bool) -> None:
    """Source: "IAM JSON policy elements: Condition operators", IP address condition operators."""
    request = Request(REQUEST.principal, REQUEST.action, REQUEST.resource, {"aws:sourceip": "203.0.113.9"})
    assert allowed({**ALLOW, "Condition": {operator: {"aws:SourceIp": block}}}, request=request) == holds


def test_several_operators_must_all_hold() -> None:
    """Source: "IAM JSON policy elements: Condition operators": evaluated with a logical AND."""
    both = {"ArnEquals": {"aws:SourceArn": TOPIC}, "StringEquals": {"aws:SourceAccount": "1"}}
    assert not allowed({**ALLOW, "Condition": both})
    both["StringEquals"]["aws:SourceAccount"] = "123456789012"
    assert allowed({**ALLOW, "Condition": both})


# -- why not -----------------------------------------------------------------------------------------------------------

WHY: list[tuple[list[dict[str, Any]], str]] = [
    ([], "nothing allows sns.amazonaws.com to sqs:SendMessage"),
    ([DENY], "statement 1 of its policy denies it"),
    ([{**DENY, "Sid": "Closed"}], "statement Closed of its policy denies it"),
    (
        [{**ALLOW, "Sid": "Mine", "Condition": {"ArnEquals": {"aws:SourceArn": "x"}}}],
        f"statement Mine of its policy would, but aws:SourceArn is {TOPIC}",
    ),
    (
        [{**ALLOW, "Condition": {"StringEquals": {"aws:SourceVpc": "x"}}}],
        "statement 1 of its policy would, but aws:SourceVpc is not known of the request",
    ),
    (
        [{**ALLOW, "Condition": {"DateLessThan": {"aws:SourceArn": "x"}}}],
        "the lab does not know the operator DateLessThan",
    ),
]


@pytest.mark.parametrize(("statements", "why"), WHY)
def test_a_refusal_says_why(statements: list[dict[str, Any]], why: str) -> None:
    assert why in judged(statements, REQUEST).why


def test_an_allowed_request_needs_no_reason() -> None:
    assert judged([ALLOW], REQUEST).why == ""


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("a?c", "ac", False),
        ("a.c", "abc", False),
        ("a*", "a\nb", True),
        ("[a]", "a", False),
    ],
)
def test_wildcards(pattern: str, text: str, matches: bool) -> None:
    """Source: "IAM JSON policy elements: Resource": a star for any characters, a question mark for one."""
    assert like(pattern, text) == matches
