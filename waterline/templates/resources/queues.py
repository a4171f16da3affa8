"""SQS: queues and their policies.

Source: CloudFormation Template Reference Guide, "AWS::SQS::Queue", "AWS::SQS::QueuePolicy",
"AWS::SQS::QueueInlinePolicy" (read 2026-11).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from waterline.templates.resources.kind import Kind, Made, Site, Wanted, Written, shaped

_TEXT = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)
_JSON = ("RedrivePolicy", "RedriveAllowPolicy")
_FIXED = frozenset({"QueueName", "FifoQueue"})
_LONGEST_NAME = 80  # characters; its quota is "Queue name" of the SQS guide


class Queue(Kind):
    type = "AWS::SQS::Queue"
    named = "QueueName"
    takes = MappingProxyType(
        {**dict.fromkeys((*_TEXT, *_JSON)), **shaped("sqs", "CreateQueue", "QueueName"), "Tags": None}
    )
    attributes = frozenset({"Arn", "QueueName", "QueueUrl"})

    def create(self, wanted: Wanted, site: Site) -> Made:
        given = wanted.properties
        ending = ".fifo" if _text(given.get("FifoQueue", False)) == "true" else ""
        name = given.get("QueueName") or site.generated(wanted.logical_id, _LONGEST_NAME, ending)
        tags = {tag["Key"]: _text(tag["Value"]) for tag in given.get("Tags") or []}
        asked = {"QueueName": name, "Attributes": _attributes(given), "tags": tags}
        url = site.call("sqs", "CreateQueue", asked)["QueueUrl"]
        return _made(name, url, site)

    def update(self, wanted: Wanted, made: Made, changed: frozenset[str], site: Site) -> Made | None:
        if changed & _FIXED or not changed <= set(wanted.properties):
            return None
        site.call(
            "sqs", "SetQueueAttributes", {"QueueUrl": made.physical_id, "Attributes": _attributes(wanted.properties)}
        )
        return made

    def delete(self, made: Made, site: Site) -> None:
        site.call("sqs", "DeleteQueue", {"QueueUrl": made.physical_id})


def _made(name: str, url: str, site: Site) -> Made:
    return Made(url, {"Arn": site.arn("sqs", name), "QueueName": name, "QueueUrl": url})


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    attributes = {name: _text(properties[name]) for name in _TEXT if name in properties}
    if attributes.get("FifoQueue") == "false":  # SQS knows true only
        del attributes["FifoQueue"]
    return attributes | {name: json.dumps(properties[name]) for name in _JSON if properties.get(name)}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class QueuePolicy(Written):
    """The policy of several queues, which the property `which` names by their URLs."""

    takes: Mapping[str, None]

    def __init__(self, type: str, which: str) -> None:
        self.type = type
        self._which = which
        self.takes = dict.fromkeys(("PolicyDocument", which))

    def create(self, wanted: Wanted, site: Site) -> Made:
        named = wanted.properties[self._which]
        queues = named if isinstance(named, list) else [named]
        policy = wanted.properties["PolicyDocument"]
        for queue in queues:
            _set_policy(queue, policy if isinstance(policy, str) else json.dumps(policy), site)
        return Made(site.generated(wanted.logical_id, _LONGEST_NAME), facts={"queues": queues})

    def delete(self, made: Made, site: Site) -> None:
        for queue in made.facts["queues"]:
            _set_policy(queue, "", site)


def _set_policy(queue: str, policy: str, site: Site) -> None:
    site.call("sqs", "SetQueueAttributes", {"QueueUrl": queue, "Attributes": {"Policy": policy}})


KINDS: tuple[Kind, ...] = (
    Queue(),
    QueuePolicy("AWS::SQS::QueuePolicy", "Queues"),
    QueuePolicy("AWS::SQS::QueueInlinePolicy", "Queue"),
)
