"""SNS: topics, subscriptions and topic policies.

Source: CloudFormation Template Reference Guide, "AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
"AWS::SNS::TopicInlinePolicy" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Site, Wanted, Written, only, shaped

_TOPIC = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_STATUS_PREFIX = {
    "http/s": "HTTP",
    "sqs": "SQS",
    "lambda": "Lambda",
    "firehose": "Firehose",
    "application": "Application",
}
_SUBSCRIPTION = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)
_FIXED = frozenset({"TopicName", "FifoTopic", "Subscription"})
_LONGEST_NAME = 256  # characters; CreateTopic of the API reference


class Topic(Kind):
    type = "AWS::SNS::Topic"
    named = "TopicName"
    takes = MappingProxyType(
        {
            **dict.fromkeys((*_TOPIC, "DeliveryStatusLogging")),
            **shaped("sns", "CreateTopic", "Tags"),
            "TopicName": None,
            "Subscription": None,
        }
    )
    attributes = frozenset({"TopicArn", "TopicName"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        ending = ".fifo" if _text(given.get("FifoTopic", False)) == "true" else ""
        name = given.get("TopicName") or site.generated(wanted.logical_id, _LONGEST_NAME, ending)
        asked = {"Name": name, "Attributes": _attributes(given), **only(given, "Tags")}
        arn = site.call("sns", "CreateTopic", asked)["TopicArn"]
        for one in given.get("Subscription") or []:
            asked = {"TopicArn": arn, "Protocol": one["Protocol"], "Endpoint": one["Endpoint"]}
            site.call("sns", "Subscribe", {**asked, "ReturnSubscriptionArn": True})
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        attributes = _attributes(wanted.properties)
        if changed & _FIXED or not changed <= set(attributes):
            return None
        _set(made.physical_id, {name: attributes[name] for name in sorted(changed)}, site)
        return made

    def delete(self, made: Made, site: Site) -> None:
        # CloudFormation takes a topic's subscriptions away with it.
        subscriptions = site.call("sns", "ListSubscriptionsByTopic", {"TopicArn": made.physical_id})["Subscriptions"]
        for one in subscriptions:
            if one["SubscriptionArn"].startswith("arn:"):
                site.call("sns", "Unsubscribe", {"SubscriptionArn": one["SubscriptionArn"]})
        site.call("sns", "DeleteTopic", {"TopicArn": made.physical_id})


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    attributes = {name: _text(properties[name]) for name in _TOPIC if name in properties}
    for one in properties.get("DeliveryStatusLogging") or []:
        prefix = _STATUS_PREFIX[one["Protocol"].lower()]
        attributes |= {f"{prefix}{name}": _text(value) for name, value in one.items() if name != "Protocol"}
    if attributes.get("FifoTopic") == "false":
        del attributes["FifoTopic"]
    return attributes


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _set(topic: str, attributes: Mapping[str, str], site: Site) -> None:
    for name, value in attributes.items():
        site.call("sns", "SetTopicAttributes", {"TopicArn": topic, "AttributeName": name, "AttributeValue": value})


class Subscription(Kind):
    type = "AWS::SNS::Subscription"
    takes = MappingProxyType(
        {
            **dict.fromkeys(_SUBSCRIPTION),
            **shaped("sns", "Subscribe", "TopicArn", "Protocol", "Endpoint"),
            "Region": None,
        }
    )
    idle = frozenset({"Region"})
    attributes = frozenset({"Arn"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        attributes = {name: _text(given[name]) for name in _SUBSCRIPTION if name in given}
        asked = {**only(given, "TopicArn", "Protocol", "Endpoint"), "Attributes": attributes}
        arn = site.call("sns", "Subscribe", {**asked, "ReturnSubscriptionArn": True})["SubscriptionArn"]
        return Made(arn, {"Arn": arn})

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if not changed <= set(_SUBSCRIPTION):
            return None
        for name in sorted(changed):
            value = _text(wanted.properties[name]) if name in wanted.properties else ""
            asked = {"SubscriptionArn": made.physical_id, "AttributeName": name, "AttributeValue": value}
            site.call("sns", "SetSubscriptionAttributes", asked)
        return made

    def delete(self, made: Made, site: Site) -> None:
        site.call("sns", "Unsubscribe", {"SubscriptionArn": made.physical_id})


class TopicPolicy(Written):
    """The policy of several topics."""

    def __init__(self, type: str, which: str) -> None:
        self.type = type
        self._which = which
        self.takes = dict.fromkeys(("PolicyDocument", which))

    def create(self, wanted: Wanted, site: Site) -> Made:
        named = wanted.properties[self._which]
        topics = named if isinstance(named, list) else [named]
        before = {}
        for topic in topics:
            before[topic] = site.call("sns", "GetTopicAttributes", {"TopicArn": topic})["Attributes"]["Policy"]
            _set(topic, {"Policy": _text(wanted.properties["PolicyDocument"])}, site)
        return Made(site.generated(wanted.logical_id, _LONGEST_NAME), facts={"before": before})

    def delete(self, made: Made, site: Site) -> None:
        for topic, policy in made.facts["before"].items():
            _set(topic, {"Policy": policy}, site)


KINDS: tuple[Kind, ...] = (
    Topic(),
    Subscription(),
    TopicPolicy("AWS::SNS::TopicPolicy", "Topics"),
    TopicPolicy("AWS::SNS::TopicInlinePolicy", "TopicArn"),
)
