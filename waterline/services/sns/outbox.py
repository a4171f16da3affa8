"""How the copies of one topic leave it.

A copy goes out in a task of its own, right after the publish was answered. Copies of a FIFO topic with one message
group go to one subscription one after the other: each waits until the way of the one before has ended. A policy with
``maxReceivesPerSecond`` spaces attempts. What was given up goes to the subscription's dead-letter queue as it would
have been delivered; a copy whose subscription was deleted is dropped (AWS does not say what becomes of it).

Mail, text messages and mobile push end here: they arrive, in the journal, at ``email:ADDRESS``, ``sms:NUMBER`` or
``application:ENDPOINT``, and nothing else happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

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


@dataclass(eq=False)
class _Parcel:
    """What goes to one subscription: the message, how it is to be delivered, and as which text."""

    message: Notification
    subscription: CloudSubscription
    policy: retries.DeliveryPolicy

    @cached_property
    def text(self) -> str:
        """Made once, since a retry brings the same."""
        protocol = self.subscription.protocol
        if self.subscription.raw or protocol in ("email", "sms", "application"):
            return self.message.said_to(protocol)
        if protocol == "lambda":
            return envelope.event(self.message, self.subscription.arn)
        return envelope.as_text(envelope.notification(self.message, self.subscription.arn, protocol))

    @property
    def letter(self) -> str:
        """The text for a dead-letter queue: of a function the envelope, since a queue takes no event."""
        if self.subscription.protocol != "lambda":
            return self.text
        return envelope.as_text(envelope.notification(self.message, self.subscription.arn, "lambda"))


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
        parcel = _Parcel(message, subscription, policy)
        in_order = message.sequence is not None and message.group is not None
        lane = (subscription.arn, message.group or "")
        before = self._last.get(lane) if in_order else None
        task = self._copies.send(
            copy,
            partial(self._attempt, parcel, before),
            lambda: self._retries(subscription, policy, copy),
            partial(self._bury, parcel),
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

    def _attempt(self, parcel: _Parcel, before: Task | None, copy: Copy) -> None:
        subscription = parcel.subscription
        if before is not None and copy.attempts == 1:
            before.gone.wait()
        self._wait_for_turn(subscription, parcel.policy)
        if subscription.deleted:
            raise NotTaken("NotFound", "the subscription was deleted", retryable=False)
        self._hand_over(parcel)
        self._status.delivered(subscription.protocol, subscription.endpoint, parcel.message, copy)

    def _wait_for_turn(self, subscription: CloudSubscription, policy: retries.DeliveryPolicy) -> None:
        if policy.rate is None or subscription.protocol not in ("http", "https"):
            return
        now = self._ground.clock.now
        turn = max(now, subscription.free_at)
        subscription.free_at = turn + SECOND // policy.rate
        if turn > now:
            self._ground.clock.rest(turn - now)

    def _hand_over(self, parcel: _Parcel) -> None:
        message, subscription = parcel.message, parcel.subscription
        endpoint = subscription.endpoint
        match subscription.protocol:
            case "sqs":
                self._to_queue(endpoint, parcel, parcel.text)
            case "lambda":
                self._targets.event(self._sender, endpoint, parcel.text)
            case "firehose":
                self._targets.delivery_stream(self._by_role, endpoint, parcel.text.encode())
            case "http" | "https":
                kind, content_type = envelope.NOTIFICATION, parcel.policy.content_type
                above = http.headers(kind, message.id, self._arn, content_type, subscription.arn, subscription.raw)
                http.post(self._targets, self._sender, endpoint, above, parcel.text)
            case "application" if not _is_enabled(subscription):
                raise NotTaken("EndpointDisabled", f"the endpoint {endpoint} is disabled or gone", retryable=False)
            case _:
                self._arrive(subscription, parcel.text, message.subject)

    def _to_queue(self, arn: str, parcel: _Parcel, text: str) -> None:
        message = parcel.message
        attributes = envelope.queue_attributes(message) if parcel.subscription.raw else None
        self._targets.queue(
            self._sender, arn, text, attributes, group=message.group, deduplication=message.deduplication
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

    # -- the end -----------------------------------------------------------------------------------------------------

    def _bury(self, parcel: _Parcel, copy: Copy) -> str | None:
        subscription = parcel.subscription
        if subscription.deleted:
            return None
        self._status.failed(subscription.protocol, subscription.endpoint, parcel.message, copy)
        arn = subscription.dead_letter_queue
        if arn is None:
            return None
        self._to_queue(arn, parcel, parcel.letter)
        return str(arn.rpartition(":")[2])


def _is_enabled(subscription: CloudSubscription) -> bool:
    endpoint = subscription.topic.sns_backend.platform_endpoints.get(subscription.endpoint)
    return endpoint is not None and str(endpoint.attributes.get("Enabled", True)).lower() == "true"
