"""What moto's answers do not have: sequence numbers, confirmations, attributes as text."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.responses import SNSResponse
from moto.sns.utils import is_e164

_PENDING = "pending confirmation"
_PENDING_IN_LISTS = "PendingConfirmation"


class TopicResponse(SNSResponse):  # type: ignore[misc]
    """Answers for a ``TopicBackend``."""

    def _attributes(self) -> dict[str, str]:
        """The attributes of the request, as they were sent."""
        return dict(self._get_param("Attributes", {}))

    def create_topic(self) -> ActionResult:
        topic = self.backend.create_topic(self._get_param("Name"), self._attributes(), self._get_tags())
        return ActionResult({"TopicArn": topic.arn})

    def get_topic_attributes(self) -> ActionResult:
        return ActionResult({"Attributes": self.backend.topic(self._get_param("TopicArn")).as_attributes()})

    def set_topic_attributes(self) -> ActionResult:
        topic = self.backend.topic(self._get_param("TopicArn"))
        topic.set({self._get_param("AttributeName"): self._get_param("AttributeValue", "")})
        return EmptyResult()

    def subscribe(self) -> ActionResult:
        subscription = self.backend.subscribe(
            self._get_param("TopicArn"),
            self._get_param("Endpoint", ""),
            self._get_param("Protocol"),
            self._attributes(),
        )
        known = subscription.confirmed or self._get_param("ReturnSubscriptionArn", False)
        return ActionResult({"SubscriptionArn": subscription.arn if known else _PENDING})

    def confirm_subscription(self) -> ActionResult:
        subscription = self.backend.confirm(self._get_param("TopicArn"), self._get_param("Token", ""))
        return ActionResult({"SubscriptionArn": subscription.arn})

    def get_subscription_attributes(self) -> ActionResult:
        subscription = self.backend.subscription(self._get_param("SubscriptionArn"))
        return ActionResult({"Attributes": subscription.as_attributes(subscription.topic.effective(subscription))})

    def set_subscription_attributes(self) -> ActionResult:
        self.backend.set_subscription_attributes(
            self._get_param("SubscriptionArn"), self._get_param("AttributeName"), self._get_param("AttributeValue", "")
        )
        return EmptyResult()

    def list_subscriptions(self) -> ActionResult:
        found, token = self.backend.list_subscriptions(next_token=self._get_param("NextToken"))
        return ActionResult({"Subscriptions": [_listed(one) for one in found], "NextToken": token})

    def list_subscriptions_by_topic(self) -> ActionResult:
        found, token = self.backend.list_subscriptions_by_topic(
            self._get_param("TopicArn"), next_token=self._get_param("NextToken")
        )
        return ActionResult({"Subscriptions": [_listed(one) for one in found], "NextToken": token})

    def publish(self) -> ActionResult:
        phone = self._get_param("PhoneNumber")
        if phone is not None and not is_e164(phone):
            raise SNSInvalidParameter("Invalid parameter: PhoneNumber Reason: it is no valid phone number")
        try:
            published = self.backend.send(
                self._get_param("Message"),
                self._get_param("TargetArn") or self._get_param("TopicArn"),
                phone,
                self._get_param("Subject"),
                self._parse_message_attributes(),
                self._get_param("MessageGroupId"),
                self._get_param("MessageDeduplicationId"),
                self._get_param("MessageStructure"),
            )
        except ValueError as error:
            raise SNSInvalidParameter(f"Invalid parameter: {error}") from error
        return ActionResult({"MessageId": published.message_id, "SequenceNumber": published.sequence_number})


def _listed(subscription: Any) -> dict[str, str]:
    return {
        "SubscriptionArn": subscription.arn if subscription.confirmed else _PENDING_IN_LISTS,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }
