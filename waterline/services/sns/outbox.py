"""How the copies of one topic leave it.

A copy goes out in a task of its own, right after the publish was answered. Copies of a FIFO topic with one message
group go to one subscription one after the other: each waits until the way of the one before has ended. A policy with
``maxReceivesPerSecond`` spaces attempts. What was given up goes to the subscription's dead-letter queue as it would
have been delivered; a copy whose subscription was deleted is dropped (AWS does not say what becomes of it).

Mail, text messages and mobile push end here: they arrive, in the journal, at ``email:ADDRESS``, ``sms:NUMBER`` or
``application:ENDPOINT``, and nothing else happens.
"""

from __future__ import annotations

import base64
from functools import partial

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import Copies, Copy, NotTaken, Retries, Sender, Targets
from waterline.services.sns import envelope, http, retries
from waterline.services.sns.message import Notification
from waterline.services.sns.status import DeliveryStatus
from waterline.services.sns.subscription import CloudSubscription
from waterline.waiting import Task

PRINCIPAL = "sns.amazonaws.com"
"""The service as resource policies know it."""
_GONE = NotTaken("NotFound", "the subscription was deleted", retryable=False)


class Outbox:
    """Sends the copies of one topic."""

    def __init__(self, ground: Ground, arn: str, place: str, status: DeliveryStatus) -> None:
        self._ground = ground
        self._copies = Copies(ground, place)
        self._targets = Targets(ground)
        self._status = status
        self._arn = arn
        self._sender = Sender(PRINCIPAL, arn, arn.split(":")[4])
        self._by_role = Sender(PRINCIPAL, arn, arn.split(":")[4], by_role=True)
        self._last: dict[tuple[str, str], Task] = {}

    def send(self, message: Notification, subscription: CloudSubscription, policy: retries.DeliveryPolicy) -> None:
        """Begin to deliver a message to a subscription."""
        copy = self._copies.make(
            message.id, subscription.place, protocol=subscription.protocol, subscription=subscription.arn
        )
        in_order = message.sequence is not None and message.group is not None
        lane = (subscription.arn, message.group or "")
        before = self._last.get(lane) if in_order else None
        task = self._copies.send(
            copy,
            partial(self._attempt, message, subscription, policy, before),
            lambda: self._retries(subscription, policy, copy),
            partial(self._bury, message, subscription),
        )
        if in_order:
            self._last[lane] = task

    def greet(self, kind: str, subscription: CloudSubscription, policy: retries.DeliveryPolicy, date: str) -> None:
        """Send a confirmation, or a goodbye, to an endpoint; it is tried again as a message is."""
        message_id = self._ground.identifier("handshakes of topics")
        fields = envelope.handshake(kind, message_id, self._arn, subscription.arn, subscription.token, date)
        text = envelope.as_text(fields)
        copy = self._copies.make(message_id, subscription.place, protocol=subscription.protocol, request=kind)

        def attempt(copy: Copy) -> None:
            if subscription.protocol in ("http", "https"):
                headers = http.headers(kind, message_id, self._arn, policy.content_type)
                http.post(self._targets, self._sender, subscription.endpoint, headers, text)
            else:
                self._arrive(subscription, text)

        self._copies.send(copy, attempt, lambda: self._retries(subscription, policy, copy), lambda _copy: None)

    def _retries(self, subscription: CloudSubscription, policy: retries.DeliveryPolicy, copy: Copy) -> Retries:
        if subscription.protocol in ("http", "https"):
            return policy.retries
        assert copy.last is not None
        return retries.for_protocol(subscription.protocol, copy.last.code)

    # -- one attempt -------------------------------------------------------------------------------------------------

    def _attempt(
        self,
        message: Notification,
        subscription: CloudSubscription,
        policy: retries.DeliveryPolicy,
        before: Task | None,
        copy: Copy,
    ) -> None:
        if before is not None and copy.attempts == 1:
            before.gone.wait()
        self._wait_for_turn(subscription, policy)
        if subscription.deleted:
            raise _GONE
        self._hand_over(message, subscription, policy)
        self._status.delivered(subscription.protocol, subscription.endpoint, message, copy)

    def _wait_for_turn(self, subscription: CloudSubscription, policy: retries.DeliveryPolicy) -> None:
        if policy.rate is None or subscription.protocol not in ("http", "https"):
            return
        now = self._ground.clock.now
        turn = max(now, subscription.free_at)
        subscription.free_at = turn + SECOND // policy.rate
        if turn > now:
            self._ground.clock.rest(turn - now)

    def _hand_over(
        self, message: Notification, subscription: CloudSubscription, policy: retries.DeliveryPolicy
    ) -> None:
        endpoint, protocol = subscription.endpoint, subscription.protocol
        match protocol:
            case "sqs":
                self._to_queue(endpoint, message, subscription)
            case "lambda":
                self._targets.event(self._sender, endpoint, envelope.event(message, subscription.arn))
            case "firehose":
                data = base64.b64encode(self._text(message, subscription).encode()).decode()
                self._targets.delivery_stream(self._by_role, endpoint, data)
            case "http" | "https":
                headers = http.headers(
                    envelope.NOTIFICATION,
                    message.id,
                    self._arn,
                    policy.content_type,
                    subscription.arn,
                    subscription.raw,
                )
                http.post(self._targets, self._sender, endpoint, headers, self._text(message, subscription))
            case "email":
                self._arrive(subscription, message.said_to(protocol), message.subject)
            case "application" if not _is_enabled(subscription):
                raise NotTaken("EndpointDisabled", f"the endpoint {endpoint} is disabled or gone", retryable=False)
            case _:
                self._arrive(subscription, self._text(message, subscription), message.subject)

    def _to_queue(self, arn: str, message: Notification, subscription: CloudSubscription) -> None:
        self._targets.queue(
            self._sender,
            arn,
            self._text(message, subscription),
            envelope.queue_attributes(message) if subscription.raw else None,
            group=message.group,
            deduplication=message.deduplication,
        )

    def _arrive(self, subscription: CloudSubscription, text: str, subject: str | None = None) -> None:
        self._ground.journal.record(
            "sent",
            subscription.place,
            self._ground.identifier("messages to people"),
            self._ground.clock.cause,
            body=text,
            subject=subject,
        )

    @staticmethod
    def _text(message: Notification, subscription: CloudSubscription) -> str:
        if subscription.raw or subscription.protocol in ("sms", "application"):
            return message.said_to(subscription.protocol)
        return envelope.as_text(envelope.notification(message, subscription.arn, subscription.protocol))

    # -- the end -----------------------------------------------------------------------------------------------------

    def _bury(self, message: Notification, subscription: CloudSubscription, copy: Copy) -> str | None:
        if not subscription.deleted:
            self._status.failed(subscription.protocol, subscription.endpoint, message, copy)
        arn = subscription.dead_letter_queue
        if arn is None or subscription.deleted:
            return None
        self._to_queue(arn, message, subscription)
        return str(arn.rpartition(":")[2])


def _is_enabled(subscription: CloudSubscription) -> bool:
    endpoint = subscription.topic.sns_backend.platform_endpoints.get(subscription.endpoint)
    return endpoint is not None and str(endpoint.attributes.get("Enabled", True)).lower() == "true"
