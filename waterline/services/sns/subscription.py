"""One subscription: what it may be set to, and whether it is confirmed.

Words
-----
pending
    not confirmed: it gets nothing yet. HTTP endpoints and mail addresses must confirm with the token that they are sent
    (fact ``sns.confirmation_token_life``); all others are confirmed from the beginning.
redrive policy
    names the queue for what could not be delivered to this subscription.
raw message delivery
    without the envelope, to queues, HTTP endpoints and Firehose.

Source: Subscribe and SetSubscriptionAttributes, API reference; Amazon SNS Developer Guide, "Amazon SNS dead-letter
queues (DLQs)" (read 2026-11). A change holds from the next message on; AWS may take 15 minutes over a filter policy.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from moto.sns.models import Subscription as MotoSubscription

from waterline.services.sns import filters, limits, replay, retries
from waterline.services.sns.errors import invalid_parameter

SETTABLE = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)
_RAW = ("sqs", "http", "https", "firehose")
_TO_CONFIRM = ("http", "https", "email", "email-json")
_PLACES = {"http": "http", "https": "http", "email-json": "email"}


class CloudSubscription(MotoSubscription):  # type: ignore[misc]
    """A subscription of moto's whose messages are delivered on the cloud's clock. `place` names its endpoint."""

    @classmethod
    def taking_over(cls, subscription: MotoSubscription, token: str, token_until: int) -> CloudSubscription:
        """Make a subscription that moto has just created one of ours. The token is good until an instant."""
        subscription.__class__ = cls
        ours: CloudSubscription = subscription
        ours._open(token, token_until)
        return ours

    def _open(self, token: str, token_until: int) -> None:
        self.token, self.token_until = token, token_until
        self.confirmed = self.protocol not in _TO_CONFIRM
        self.place = f"{_PLACES.get(self.protocol, self.protocol)}:{_name(self.protocol, self.endpoint)}"
        self.deleted = False
        self.filter: filters.Filter | None = None
        self.policy: retries.DeliveryPolicy | None = None
        self.dead_letter_queue: str | None = None
        self.given: dict[str, str] = {}
        self.replay_status: str | None = None
        self.ends_at: dt.datetime | None = None
        self.free_at = 0

    def listens(self, date: dt.datetime) -> bool:
        """Whether it gets what is published now: it is confirmed, and the ending point of its replay has not passed."""
        return self.confirmed and (self.ends_at is None or date <= self.ends_at)

    @property
    def raw(self) -> bool:
        return self.given.get("RawMessageDelivery") == "true"

    @property
    def scope(self) -> str:
        return self.given.get("FilterPolicyScope", filters.ATTRIBUTES)

    def as_attributes(self, effective: retries.DeliveryPolicy) -> dict[str, Any]:
        """What GetSubscriptionAttributes answers."""
        answer: dict[str, Any] = {
            "SubscriptionArn": self.arn,
            "TopicArn": self.topic.arn,
            "Owner": self.owner,
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "ConfirmationWasAuthenticated": "true" if self.confirmed else "false",
            "PendingConfirmation": "false" if self.confirmed else "true",
            "RawMessageDelivery": "true" if self.raw else "false",
            "SubscriptionPrincipal": f"arn:aws:iam::{self.owner}:root",
        }
        answer |= {name: value for name, value in self.given.items() if name != "FilterPolicyScope"}
        if "FilterPolicy" in self.given:
            answer["FilterPolicyScope"] = self.scope
        if self.protocol in ("http", "https"):
            answer["EffectiveDeliveryPolicy"] = json.dumps(effective.as_json(of_a_topic=False))
        if self.replay_status is not None:
            answer["ReplayStatus"] = self.replay_status
        return answer

    def set(self, values: Mapping[str, str], *, subscribing: bool) -> None:
        """Set attributes, all of them or none. Raises InvalidParameter with AWS's sentences.

        `subscribing`: AWS then puts where the fault is before its sentence.
        """
        where = "Attributes Reason: " if subscribing else ""
        given = {**self.given, **values}
        scope = given.get("FilterPolicyScope", filters.ATTRIBUTES)
        if not set(values) <= set(SETTABLE):
            raise invalid_parameter(f"{where}AttributeName")
        if scope not in limits.FILTER_SCOPES:
            raise invalid_parameter(
                f"{where}FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
            )
        raw = given.get("RawMessageDelivery", "false").lower()
        if raw not in ("true", "false"):
            raise invalid_parameter(f"{where}RawMessageDelivery: Invalid value [{raw}]. Must be true or false.")
        if raw == "true" and self.protocol not in _RAW:
            raise invalid_parameter(
                f"{where}Delivery protocol [{self.protocol}] does not support raw message delivery."
            )
        if "RawMessageDelivery" in given:
            given["RawMessageDelivery"] = raw
        wanted = (
            filters.valid(given["FilterPolicy"], scope, where) if _says_something(given.get("FilterPolicy")) else None
        )
        queue = self._queue_of(given.get("RedrivePolicy"), where)
        policy = retries.of_subscription(given["DeliveryPolicy"]) if given.get("DeliveryPolicy") else None
        if given.get("ReplayPolicy"):
            replay.valid(given["ReplayPolicy"], self.topic, where)
        self.filter, self.dead_letter_queue, self.policy = wanted, queue, policy
        self.given = {name: value for name, value in given.items() if value}
        if wanted is None:
            self.given.pop("FilterPolicy", None)

    def _queue_of(self, redrive_policy: str | None, where: str) -> str | None:
        """The dead-letter queue's ARN. That its type must be the topic's is the guide's; the sentence is ours."""
        if not redrive_policy:
            return None
        try:
            arn = json.loads(redrive_policy).get("deadLetterTargetArn")
        except (ValueError, AttributeError) as error:
            raise invalid_parameter(f"{where}RedrivePolicy: failed to parse JSON.") from error
        parts = str(arn).split(":")
        if len(parts) != 6 or parts[2] != "sqs":
            raise invalid_parameter(f"{where}RedrivePolicy: deadLetterTargetArn is an invalid arn")
        if [parts[3], parts[4]] != self.topic.arn.split(":")[3:5]:
            raise invalid_parameter(f"{where}RedrivePolicy: deadLetterTargetArn must be in the same account and Region")
        if self.topic.fifo_topic != parts[5].endswith(".fifo"):
            kind = "FIFO" if self.topic.fifo_topic else "standard"
            raise invalid_parameter(f"{where}RedrivePolicy: must use a {kind} queue as DLQ for a {kind} topic")
        return str(arn)


def _says_something(policy: str | None) -> bool:
    return policy is not None and policy.strip() not in ("", "{}")


def _name(protocol: str, endpoint: str) -> str:
    """What names the endpoint in the journal: the last of an ARN, a host, an address."""
    if protocol in ("http", "https"):
        return endpoint.partition("://")[2].partition("/")[0]
    if not endpoint.startswith("arn:"):
        return endpoint
    parts = endpoint.split(":")
    return parts[6] if protocol == "lambda" and len(parts) > 6 else parts[-1].rpartition("/")[2]
