"""What subscribers see of a message: the JSON envelope, the raw text, the event of a function.

Words
-----
envelope
    the message with its identifier, topic, time and signature, as JSON text. Queues and HTTP endpoints get it, unless
    raw message delivery is on; Firehose gets it; a function gets it inside its event.
signature
    looks like AWS's and is the same in every run, but signs nothing: there is no key, no certificate behind the URL.
    Messages of FIFO topics have none; they have a sequence number.

Sources: Amazon SNS Developer Guide, "Parsing Amazon SNS message formats" and "Amazon SNS raw message delivery"; AWS
Lambda Developer Guide, "Using AWS Lambda with Amazon SNS" (read 2026-11).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from waterline.services.sns.message import Notification

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"
GOODBYE = "UnsubscribeConfirmation"
_SIGNATURE_BYTES = 256
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_CERTIFICATE = hashlib.sha256(b"waterline").hexdigest()[:32]


def signature(*signed: str) -> str:
    """As long as one of AWS's, and the same for the same words."""
    digest = hashlib.shake_256("\n".join(signed).encode("utf-8", "surrogatepass")).digest(_SIGNATURE_BYTES)
    return base64.b64encode(digest).decode()


def _endpoint(topic_arn: str) -> str:
    return f"https://sns.{topic_arn.split(':')[3]}.amazonaws.com/"


def _signed(topic_arn: str, *signed: str) -> dict[str, Any]:
    return {
        "SignatureVersion": "1",
        "Signature": signature(*signed),
        "SigningCertURL": f"{_endpoint(topic_arn)}SimpleNotificationService-{_CERTIFICATE}.pem",
    }


def notification(message: Notification, subscription_arn: str, protocol: str) -> dict[str, Any]:
    """The envelope of a message for one subscription."""
    text, arn = message.said_to(protocol), message.topic_arn
    fields: dict[str, Any] = {"Type": NOTIFICATION, "MessageId": message.id}
    if message.sequence is not None:
        fields["SequenceNumber"] = message.sequence
    fields["TopicArn"] = arn
    if message.subject is not None:
        fields["Subject"] = message.subject
    fields |= {"Message": text, "Timestamp": message.date}
    if message.sequence is None:
        fields |= _signed(arn, text, message.id, message.subject or "", message.date, arn)
    fields["UnsubscribeURL"] = f"{_endpoint(arn)}?Action=Unsubscribe&SubscriptionArn={subscription_arn}"
    if message.attributes:
        fields["MessageAttributes"] = {name: dict(attribute) for name, attribute in message.attributes.items()}
    if message.replayed:
        fields["Replayed"] = "true"
    return fields


def handshake(
    kind: str, message_id: str, topic_arn: str, subscription_arn: str, token: str, date: str
) -> dict[str, Any]:
    """What an HTTP endpoint is told when it is subscribed (CONFIRMATION) or no longer is (GOODBYE)."""
    if kind == CONFIRMATION:
        text = f"You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, "
    else:
        text = (
            f"You have chosen to deactivate subscription {subscription_arn}.\nTo cancel this operation and restore the "
        )
        text += "subscription, "
    text += "visit the SubscribeURL included in this message."
    return {
        "Type": kind,
        "MessageId": message_id,
        "Token": token,
        "TopicArn": topic_arn,
        "Message": text,
        "SubscribeURL": f"{_endpoint(topic_arn)}?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}",
        "Timestamp": date,
        **_signed(topic_arn, text, message_id, date, topic_arn),
    }


def as_text(fields: Mapping[str, Any]) -> str:
    """An envelope as AWS writes it."""
    lines = (
        f"  {_json(name)} : {_nested(value) if isinstance(value, dict) else _json(value)}"
        for name, value in fields.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}"


def _nested(values: Mapping[str, Any]) -> str:
    return "{\n" + ",\n".join(f"    {_json(name)} : {_json(value)}" for name, value in values.items()) + "\n  }"


def event(message: Notification, subscription_arn: str) -> str:
    """The event that a subscribed function is invoked with: one record."""
    fields = notification(message, subscription_arn, "lambda")
    record = {
        "Type": NOTIFICATION,
        "MessageId": message.id,
        "TopicArn": message.topic_arn,
        "Subject": message.subject,
        "Message": fields["Message"],
        "Timestamp": message.date,
        "SignatureVersion": fields["SignatureVersion"],
        "Signature": fields["Signature"],
        "SigningCertUrl": fields["SigningCertURL"],
        "UnsubscribeUrl": fields["UnsubscribeURL"],
        "MessageAttributes": fields.get("MessageAttributes", {}),
    }
    source = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription_arn, "Sns": record}
    return _json({"Records": [source]})


def queue_attributes(message: Notification) -> dict[str, dict[str, Any]]:
    """The message's attributes as a queue takes them, for raw delivery."""
    found: dict[str, dict[str, Any]] = {}
    for name, attribute in message.attributes.items():
        kind, value = str(attribute["Type"]), attribute["Value"]
        if kind.startswith("Binary"):
            found[name] = {"DataType": kind, "BinaryValue": base64.b64decode(value)}
        else:
            found[name] = {"DataType": kind, "StringValue": str(value)}
    return found
