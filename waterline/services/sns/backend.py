"""The verbs of the SNS API, on topics of ours.

moto parses a request, keeps tags, permissions, platform applications and phone numbers, and writes the answer. What
concerns topics, subscriptions and messages is decided here. All of moto's own producers (S3, EventBridge) come in by
``publish`` too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from moto.sns import urls as moto_urls
from moto.sns.exceptions import (
    BatchEntryIdsNotDistinct,
    SNSException,
    SNSInvalidParameter,
    SNSNotFoundError,
    TooManyEntriesInBatchRequest,
)
from moto.sns.models import SNSBackend, Topic
from moto.sns.responses import SNSResponse

from waterline.ground import Ground
from waterline.services.sns import endpoints, envelope, http, limits, message, replay
from waterline.services.sns.errors import (
    BatchRequestTooLong,
    EmptyBatchRequest,
    FilterPolicyLimitExceeded,
    InvalidState,
    invalid_parameter,
)
from waterline.services.sns.responses import TopicResponse
from waterline.services.sns.subscription import CloudSubscription
from waterline.services.sns.topic import CloudTopic, Published

_OF_TEMPLATES = ("TopicName", "Subscription", "Tags", "DataProtectionPolicy", "DeliveryStatusLogging")


class TopicBackend(SNSBackend):  # type: ignore[misc]
    """The topics of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        paths = {
            path: TopicResponse.dispatch if handler == SNSResponse.dispatch else handler
            for path, handler in moto_urls.url_paths.items()
        }
        return SimpleNamespace(url_bases=moto_urls.url_bases, url_paths=paths)

    # -- topics ------------------------------------------------------------------------------------------------------

    def create_topic(
        self, name: str, attributes: Mapping[str, Any] | None = None, tags: dict[str, str] | None = None
    ) -> CloudTopic:
        """`attributes` by their AWS names; a template's other properties are passed over."""
        self.ground.clock.refuse_other_threads()
        asked = {key: _as_text(value) for key, value in (attributes or {}).items() if key not in _OF_TEMPLATES}
        fifo = asked.pop("FifoTopic", "false").lower() == "true"
        if name.endswith(".fifo") and not fifo:
            raise invalid_parameter("Topic Name")
        known = set(self.topics)
        topic = super().create_topic(name, {"FifoTopic": True} if fifo else {}, tags)
        if topic.arn in known:
            if any(topic.given.get(key) != value for key, value in asked.items()):
                raise invalid_parameter("Attributes Reason: Topic already exists with different attributes")
            if tags and tags != topic._tags:
                raise invalid_parameter("Tags Reason: Topic already exists with different tags")
            ours: CloudTopic = topic
            return ours
        ours = CloudTopic.taking_over(topic, self.ground)
        try:
            ours.set(asked)
        except SNSException:
            del self.topics[topic.arn]
            raise
        return ours

    def topic(self, arn: str) -> CloudTopic:
        """Raises NotFound."""
        self.ground.clock.refuse_other_threads()
        if arn.count(":") != 5:
            raise invalid_parameter("TopicArn")
        found: CloudTopic = super().get_topic(arn)
        return found

    def delete_topic(self, arn: str) -> None:
        """A topic with an active archive is not deleted ("message archiving and replay"); the sentence is ours."""
        topic: CloudTopic | None = self.topics.get(arn)
        if topic is not None and topic.archive_days is not None:
            raise InvalidState(
                "Invalid state: The message archive policy must be deactivated before the topic is deleted"
            )
        super().delete_topic(arn)

    def delete_topic_subscriptions(self, topic: Topic) -> None:
        for arn in list(topic.members):
            self._forget(arn)

    # -- subscriptions -----------------------------------------------------------------------------------------------

    def subscribe(
        self, topic_arn: str, endpoint: str, protocol: str, attributes: Mapping[str, Any] | None = None
    ) -> CloudSubscription:
        """Subscribe an endpoint; the subscription that is there already, if it has the same attributes."""
        topic = self.topic(topic_arn)
        asked = {name: _as_text(value) for name, value in (attributes or {}).items()}
        endpoints.check(topic, protocol, endpoint, asked)
        before = next(
            (one for one in topic.members.values() if (one.protocol, one.endpoint) == (protocol, endpoint)), None
        )
        if before is not None:
            if asked and asked != {name: before.given.get(name) for name in asked}:
                raise invalid_parameter("Attributes Reason: Subscription already exists with different attributes")
            if not before.confirmed:
                before.token, before.token_until = self._new_token()
                topic.greet(envelope.CONFIRMATION, before)
            return before
        topic.check_room(protocol)
        subscription = super().subscribe(topic_arn, endpoint, protocol)
        ours = CloudSubscription.taking_over(subscription, *self._new_token())
        try:
            self._check_filter_room(topic, asked)
            ours.set(asked, subscribing=True)
        except SNSException:
            del self.subscriptions[subscription.arn]
            raise
        topic.members[ours.arn] = ours
        if not ours.confirmed:
            http.open_door(self)
            topic.greet(envelope.CONFIRMATION, ours)
        self._replay(topic, ours, asked)
        return ours

    def confirm(self, topic_arn: str, token: str) -> CloudSubscription:
        """Confirm with the token of a confirmation, or of a goodbye, which brings a subscription back."""
        topic = self.topic(topic_arn)
        known = [*topic.members.values(), *topic.departed.values()]
        found = next((one for one in known if one.token == token), None)
        if found is None or self.ground.clock.now > found.token_until:
            raise invalid_parameter("Token")
        if topic.departed.pop(found.arn, None) is not None:
            found.deleted = False
            self.subscriptions[found.arn] = topic.members[found.arn] = found
        found.confirmed = True
        return found

    def subscription(self, arn: str) -> CloudSubscription:
        """Raises NotFound."""
        found: CloudSubscription | None = self.subscriptions.get(arn)
        if found is None:
            raise SNSNotFoundError("Subscription does not exist")
        return found

    def set_subscription_attributes(self, arn: str, name: str, value: Any) -> None:
        subscription = self.subscription(arn)
        values = {name: _as_text(value)}
        topic: CloudTopic = subscription.topic
        if "FilterPolicy" not in subscription.given:
            self._check_filter_room(topic, values)
        subscription.set(values, subscribing=False)
        self._replay(topic, subscription, values)

    def unsubscribe(self, subscription_arn: str) -> None:
        self.ground.clock.refuse_other_threads()
        subscription = self.subscriptions.get(subscription_arn)
        if subscription is None:
            return
        self._forget(subscription_arn)
        if subscription.confirmed and subscription.protocol in ("http", "https"):
            subscription.token, subscription.token_until = self._new_token()
            subscription.topic.departed[subscription_arn] = subscription
            subscription.topic.greet(envelope.GOODBYE, subscription)

    def _new_token(self) -> tuple[str, int]:
        """A token, and until when it is good."""
        digits = f"{self.ground.random('tokens of subscriptions').getrandbits(1024):0256x}"
        return digits, self.ground.clock.now + limits.TOKEN_LIFE

    def _forget(self, arn: str) -> None:
        subscription = self.subscriptions.pop(arn, None)
        if subscription is not None:
            subscription.deleted = True
            subscription.topic.members.pop(arn, None)
            subscription.topic.deleted_count += 1

    @staticmethod
    def _check_filter_room(topic: CloudTopic, values: Mapping[str, str]) -> None:
        if not values.get("FilterPolicy"):
            return
        if sum(one.filter is not None for one in topic.members.values()) >= limits.FILTER_POLICIES:
            raise FilterPolicyLimitExceeded(
                f"Filter policy limit of {limits.FILTER_POLICIES} per topic reached. Please reduce the number of "
                "filter policies."
            )

    @staticmethod
    def _replay(topic: CloudTopic, subscription: CloudSubscription, values: Mapping[str, str]) -> None:
        if values.get("ReplayPolicy"):
            topic.replay(subscription, replay.valid(values["ReplayPolicy"], topic, ""))

    # -- messages ----------------------------------------------------------------------------------------------------

    def publish(
        self,
        message: str,
        arn: str | None,
        phone_number: str | None = None,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        group_id: str | None = None,
        deduplication_id: str | None = None,
        message_structure: str | None = None,
    ) -> str:
        """Publish, and return the message's identifier alone: moto's way in."""
        return self.send(
            message, arn, phone_number, subject, message_attributes, group_id, deduplication_id, message_structure
        ).message_id

    def send(
        self,
        text: str,
        arn: str | None,
        phone_number: str | None = None,
        subject: str | None = None,
        attributes: Mapping[str, Mapping[str, Any]] | None = None,
        group: str | None = None,
        deduplication: str | None = None,
        structure: str | None = None,
    ) -> Published:
        """Publish to a topic, a phone or a mobile endpoint (`arn`); answered at once, delivered on the clock."""
        self.ground.clock.refuse_other_threads()
        if phone_number is not None or (arn is not None and ":endpoint/" in arn):
            place = f"sms:{phone_number}" if phone_number is not None else f"application:{str(arn).rpartition('/')[2]}"
            identifier = super().publish(text, arn, phone_number, subject)
            self.ground.journal.record("sent", place, identifier, self.ground.clock.cause, body=text, subject=subject)
            return Published(identifier, None)
        if arn is None:
            raise invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter")
        return self.topic(arn).take(text, subject, attributes or {}, structure, group, deduplication)

    def publish_batch(
        self, topic_arn: str, publish_batch_request_entries: Sequence[Mapping[str, Any]]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Up to ten messages; what is wrong with one fails that one alone."""
        topic, entries = self.topic(topic_arn), publish_batch_request_entries
        if not entries:
            raise EmptyBatchRequest
        if len(entries) > limits.BATCH_ENTRIES:
            raise TooManyEntriesInBatchRequest
        if len({entry["Id"] for entry in entries}) < len(entries):
            raise BatchEntryIdsNotDistinct
        if topic.fifo_topic and not all(entry.get("MessageGroupId") for entry in entries):
            raise invalid_parameter("The MessageGroupId parameter is required for FIFO topics")
        sizes = [message.size(entry["Message"], entry.get("MessageAttributes") or {}) for entry in entries]
        if sum(sizes) > topic.maximum_message_size:
            raise BatchRequestTooLong
        successful: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            try:
                published = topic.take(
                    entry["Message"],
                    entry.get("Subject"),
                    entry.get("MessageAttributes") or {},
                    entry.get("MessageStructure"),
                    entry.get("MessageGroupId"),
                    entry.get("MessageDeduplicationId"),
                )
            except SNSInvalidParameter as error:
                failed.append(
                    {"Id": entry["Id"], "Code": "InvalidParameter", "Message": error.message, "SenderFault": True}
                )
            else:
                successful.append({"Id": entry["Id"], **_answer(published)})
        return successful, failed


def _answer(published: Published) -> dict[str, str]:
    answer = {"MessageId": published.message_id}
    return answer if published.sequence_number is None else {**answer, "SequenceNumber": published.sequence_number}


def _as_text(value: Any) -> str:
    """An attribute's value as AWS has it, who knows strings only; templates have Booleans and objects too."""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
