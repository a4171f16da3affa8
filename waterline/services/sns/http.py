"""HTTP and HTTPS endpoints: how they are asked, and how they confirm.

An endpoint is a site of the cloud (``cloud.web.open``). It has the message if it answers with a status from 200 to 299
within its time (fact ``sns.http_timeout``). No answer, a status from 500 on, below 200, or 429, is tried again; all
other statuses are the client's error, which is not.

To confirm, the endpoint visits the ``SubscribeURL`` that it was sent, or calls ConfirmSubscription with its token. The
service's own host answers such visits from the first subscription on that has to be confirmed.

Source: Amazon SNS Developer Guide, "Making sure your endpoint is ready to process Amazon SNS messages" and "Parsing
Amazon SNS message formats" (read 2026-11). The first says that statuses outside 200 to 4xx are failed attempts, and
nothing of 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape

from moto.sns.exceptions import SNSException

from waterline.clock import microseconds
from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.sns import limits
from waterline.web import Request, Response

_XML = MappingProxyType({"content-type": "text/xml"})


def headers(
    kind: str,
    message_id: str,
    topic_arn: str,
    content_type: str,
    subscription_arn: str | None = None,
    raw: bool = False,
) -> dict[str, str]:
    """What stands above a message; a handshake does not name its subscription."""
    found = {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": topic_arn,
        "Content-Type": content_type,
        "User-Agent": "Amazon Simple Notification Service Agent",
    }
    if subscription_arn is not None:
        found["x-amz-sns-subscription-arn"] = subscription_arn
    if raw:
        found["x-amz-sns-rawdelivery"] = "true"
    return found


def post(targets: Targets, sender: Sender, url: str, above: Mapping[str, str], text: str) -> None:
    """Send a message to an endpoint. Raises NotTaken."""
    answer = targets.http(sender, "POST", url, above, text.encode(), timeout=microseconds(limits.HTTP_TIMEOUT))
    if answer.status not in range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES):
        later = not HTTPStatus.OK <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        retryable = later or answer.status == HTTPStatus.TOO_MANY_REQUESTS
        raise NotTaken(f"HTTP{answer.status}", f"it answered with status {answer.status}", retryable=retryable)


def open_door(backend: Any) -> None:
    """Let the service's own host answer those who visit the URLs in its messages."""
    host = f"sns.{backend.region_name}.amazonaws.com"
    web = backend.ground.web
    if host in web:
        return

    def answer(request: Request) -> Response:
        asked = {name: values[-1] for name, values in request.parameters.items()}
        action = asked.get("Action", "")
        try:
            if action == "ConfirmSubscription":
                arn = backend.confirm(asked.get("TopicArn", ""), asked.get("Token", "")).arn
                return _said(action, f"<SubscriptionArn>{escape(arn)}</SubscriptionArn>")
            if action == "Unsubscribe":
                backend.unsubscribe(asked.get("SubscriptionArn", ""))
                return _said(action, "")
        except SNSException as error:
            return Response(HTTPStatus.BAD_REQUEST, _XML, str(error.message).encode())
        return Response(HTTPStatus.BAD_REQUEST, _XML, b"InvalidAction")

    web.open(host, answer)


def _said(action: str, result: str) -> Response:
    text = f"<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
    return Response(HTTPStatus.OK, _XML, text.encode())
