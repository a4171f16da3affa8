"""One topic: its attributes, what it remembers of its messages, and its copies.

What is published is stored with the answer, and becomes a copy for each confirmed subscription that wants it: the
journal has it as ``sent``, then ``routed`` or ``filtered`` for each subscription, all at that instant; delivery begins
after that.

What AWS says, in the SNS Developer Guide unless another source is named
------------------------------------------------------------------------
- "Message deduplication for FIFO topics": what is published with an identifier of the last five minutes is accepted and
  not delivered. Publish, API reference: with ``FifoThroughputScope`` set to ``MessageGroup`` each group has identifiers
  of its own. The answer names the original here, which AWS does not say.
- "Message ordering details for FIFO topics": of one group, a subscription gets one message after the other; while one
  is retried, those behind it wait.
- CreateTopic, API reference: ``MaximumMessageSize``, and what a topic with large messages may have.

Not here: throughput quotas, encryption, data protection, tracing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import deque
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from moto.sns.models import Topic as MotoTopic

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.deduplication import Ledger
from waterline.services.sns import attributes, limits, message, replay, retries
from waterline.services.sns.errors import invalid_parameter
from waterline.services.sns.message import Notification
from waterline.services.sns.outbox import Outbox
from waterline.services.sns.status import DeliveryStatus
from waterline.services.sns.subscription import CloudSubscription

_FIRST_SEQUENCE_NUMBER = 10_000_000_000_000_000_000
_SEQUENCE_STEP = 1000
_DAY = 86_400 * SECOND
_LARGE_PROTOCOLS = ("sqs", "firehose", "lambda")


class Published(NamedTuple):
    """The answer to a publish."""

    message_id: str
    sequence_number: str | None


class CloudTopic(MotoTopic):  # type: ignore[misc]
    """A topic of moto's whose messages are delivered on the cloud's clock. `place` names it in the journal."""

    @classmethod
    def taking_over(cls, topic: MotoTopic, ground: Ground) -> CloudTopic:
        """Make a topic that moto has just created one of ours."""
        topic.__class__ = cls
        ours: CloudTopic = topic
        ours._open(ground)
        return ours

    def _open(self, ground: Ground) -> None:
        self._ground = ground
        self.place = f"sns:{self.name}"
        self.given: dict[str, str] = {}
        self.members: dict[str, CloudSubscription] = {}
        self.departed: dict[str, CloudSubscription] = {}
        self.deleted_count = 0
        self.policy_for_http, self.no_overrides = retries.DEFAULT, False
        self.archive_days: int | None = None
        self.archive: deque[Notification] = deque()
        self.archiving_since: dt.datetime | None = None
        self._ledger = Ledger(limits.DEDUPLICATION_INTERVAL)
        self._sequence = 0
        self._outbox = Outbox(ground, self.arn, self.place, DeliveryStatus(ground, self.arn, self.given))

    # -- attributes --------------------------------------------------------------------------------------------------

    @property
    def maximum_message_size(self) -> int:
        return int(self.given.get("MaximumMessageSize", limits.MESSAGE_SIZE))

    @property
    def is_large(self) -> bool:
        return self.maximum_message_size > limits.MESSAGE_SIZE

    @property
    def deduplication_per_group(self) -> bool:
        return self.given.get("FifoThroughputScope") == "MessageGroup"

    def set(self, values: Mapping[str, str]) -> None:
        """Set attributes. Raises InvalidParameter; sentences about values are ours."""
        for name, value in values.items():
            attributes.check(name, value, fifo=self.fifo_topic)
        if int(values.get("MaximumMessageSize", 0)) > limits.MESSAGE_SIZE:
            for subscription in self.members.values():
                self._check_large(subscription.protocol, 0)
        for name, value in values.items():
            self.given[name] = value
            match name:
                case "Policy":
                    self.policy = value
                case "ContentBasedDeduplication":
                    self.content_based_deduplication = value.lower() == "true"
                case "DisplayName":
                    self.display_name = value
                case "KmsMasterKeyId":
                    self.kms_master_key_id = value
                case "DeliveryPolicy":
                    asked = retries.of_topic(value) if value else (retries.DEFAULT, False)
                    self.delivery_policy = value
                    self.policy_for_http, self.no_overrides = asked
                case "ArchivePolicy":
                    self._set_archive(value)

    def check_room(self, protocol: str) -> None:
        """Raise what is answered to one subscription more than a topic with large messages may have."""
        if self.is_large:
            self._check_large(protocol, 1)

    def _check_large(self, protocol: str, more: int) -> None:
        most = limits.LARGE_TOPIC_SUBSCRIPTIONS
        if protocol not in _LARGE_PROTOCOLS or len(self.members) + more > most:
            raise invalid_parameter(
                f"MaximumMessageSize Reason: a topic with large messages has at most {most} subscriptions, "
                "of Amazon SQS, Amazon Data Firehose or Lambda"
            )

    def as_attributes(self) -> dict[str, str]:
        """What GetTopicAttributes answers."""
        confirmed = sum(subscription.confirmed for subscription in self.members.values())
        answer = {
            "TopicArn": self.arn,
            "Owner": self.account_id,
            "Policy": self.policy,
            "DisplayName": self.display_name,
            "SubscriptionsConfirmed": str(confirmed),
            "SubscriptionsPending": str(len(self.members) - confirmed),
            "SubscriptionsDeleted": str(self.deleted_count),
            "EffectiveDeliveryPolicy": json.dumps(self.policy_for_http.as_json(of_a_topic=True)),
        }
        if self.fifo_topic:
            answer["FifoTopic"] = "true"
            answer["ContentBasedDeduplication"] = "true" if self.content_based_deduplication else "false"
            answer["FifoThroughputScope"] = self.given.get("FifoThroughputScope", "Topic")
        if self.archiving_since is not None:
            answer["BeginningArchiveTime"] = _iso(self._oldest_archived())
        return {**answer, **{name: value for name, value in self.given.items() if name not in answer}}

    def effective(self, subscription: CloudSubscription) -> retries.DeliveryPolicy:
        """The HTTP/S delivery policy that holds for a subscription."""
        if subscription.policy is None or self.no_overrides:
            return self.policy_for_http
        return subscription.policy

    # -- publishing --------------------------------------------------------------------------------------------------

    def take(
        self,
        text: str,
        subject: str | None,
        carried: Mapping[str, Mapping[str, Any]],
        structure: str | None,
        group: str | None,
        deduplication: str | None,
    ) -> Published:
        """Store a message and begin to deliver it. Raises what AWS answers if it cannot be. `carried`: attributes."""
        message.check(text, subject, structure)
        message.check_group(
            group, deduplication, fifo=self.fifo_topic, content_based=bool(self.content_based_deduplication)
        )
        size = message.size(text, carried)
        if size > self.maximum_message_size:
            raise invalid_parameter("Message too long")
        ground, clock = self._ground, self._ground.clock
        if self.fifo_topic:
            deduplication = deduplication or sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            scope = group if self.deduplication_per_group else None
            original = self._ledger.original(scope, deduplication, clock.now)
            if original is not None:
                ground.journal.record("deduplicated", self.place, original.message_id, clock.cause)
                return Published(original.message_id, original.sequence_number)
        self._sequence += 1
        notification = Notification(
            id=ground.identifier("messages of topics"),
            topic_arn=self.arn,
            text=text,
            at=clock.now,
            date=_iso(clock.date),
            subject=subject,
            attributes=carried,
            structure=structure,
            group=group,
            deduplication=deduplication,
            sequence=str(_FIRST_SEQUENCE_NUMBER + self._sequence * _SEQUENCE_STEP) if self.fifo_topic else None,
        )
        if self.fifo_topic:
            assert deduplication is not None and notification.sequence is not None
            self._ledger.enter(scope, deduplication, notification.id, notification.sequence, clock.now)
        whole = size if carried else None
        ground.journal.record(
            "sent", self.place, notification.id, clock.cause, body=text, group=group, size=whole, subject=subject
        )
        self._keep(notification)
        for subscription in list(self.members.values()):
            if subscription.listens(clock.date):
                self.route(notification, subscription)
        return Published(notification.id, notification.sequence)

    def route(self, notification: Notification, subscription: CloudSubscription) -> None:
        """Make a copy for one subscription, if it wants it."""
        if subscription.filter is not None:
            verdict = subscription.filter.judge(notification.said_to(subscription.protocol), notification.attributes)
            if not verdict.wanted:
                self._ground.journal.record(
                    "filtered",
                    self.place,
                    notification.id,
                    to=subscription.place,
                    scope=subscription.scope,
                    reason=verdict.reason or None,
                    why=f"the filter policy for {subscription.place} does not want it",
                )
                return
        self._outbox.send(notification, subscription, self.effective(subscription))

    def greet(self, kind: str, subscription: CloudSubscription) -> None:
        """Send an endpoint that has to confirm its token, or tell it that it is subscribed no longer."""
        self._outbox.greet(kind, subscription, self.policy_for_http, _iso(self._ground.clock.date))

    # -- archive -----------------------------------------------------------------------------------------------------

    def _set_archive(self, policy: str) -> None:
        if replay.is_none(policy):
            self.archive_days = self.archiving_since = None
            self.archive.clear()
            return
        self.archive_days = replay.days_of(policy)
        self.archiving_since = self.archiving_since or self._ground.clock.date

    def _keep(self, notification: Notification) -> None:
        if self.archive_days is not None:
            self.archive.append(notification)
            self._forget_old()

    def _forget_old(self) -> None:
        assert self.archive_days is not None
        while self.archive and self.archive[0].at + self.archive_days * _DAY <= self._ground.clock.now:
            self.archive.popleft()

    def _oldest_archived(self) -> dt.datetime:
        assert self.archive_days is not None and self.archiving_since is not None
        return max(self.archiving_since, self._ground.clock.date - dt.timedelta(days=self.archive_days))

    def replay(self, subscription: CloudSubscription, window: replay.Window) -> None:
        """Deliver what the archive holds of a window once more to a subscription."""
        self._forget_old()
        start = self._ground.clock.start
        for notification in list(self.archive):
            if window.holds(start + dt.timedelta(microseconds=notification.at)):
                self.route(self._once_more(notification), subscription)
        subscription.replay_status = "Completed"
        subscription.ends_at = window.end

    def _once_more(self, notification: Notification) -> Notification:
        fields = {**vars(notification), "replayed": True}
        fields["deduplication"] = self._ground.identifier("replays")
        return Notification(**fields)


def _iso(date: dt.datetime) -> str:
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03}Z"
