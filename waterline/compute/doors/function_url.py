"""A function's own URL: no gateway, no integration timeout, events in format 2.0.

Since October 2025 a public URL needs two statements in the function's policy: ``lambda:InvokeFunctionUrl`` with
``FunctionUrlAuthType`` and ``lambda:InvokeFunction`` with ``InvokedViaFunctionUrl``. With ``AWS_IAM`` a request must be
signed. A function error, a timeout and a malformed answer are a 502, a throttled function is a 429. Source: AWS Lambda
Developer Guide, "Control access to Lambda function URLs", "Invoking Lambda function URLs", "Creating and managing
Lambda function URLs" (Throttling), "Monitoring Lambda function URLs" (read 2026-11).

Ours differs: a signature must be there, but is not computed again; the identity behind it is the account's own. Answers
come whole, never as a stream; the URL's CORS settings are not applied.
"""

from __future__ import annotations

import re
from typing import Any

from moto.awslambda.models import LambdaFunction

from waterline.compute.doors import events, replies
from waterline.compute.doors.door import INVOKE, Call, Manners, Policy, Refused
from waterline.compute.doors.http import Request, Response, refusal
from waterline.compute.function_urls import UrlConfig
from waterline.compute.versions import arn_of
from waterline.ground import Ground
from waterline.services.policy import EVERYBODY, judged
from waterline.services.policy import Request as Asked

_SIGNATURE = re.compile(r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/[^/]+/lambda/aws4_request\b")
_INVOKE_URL = "lambda:InvokeFunctionUrl"
_ERROR = refusal(502, "Internal Server Error")

MANNERS = Manners(
    forbidden=refusal(403, {"Message": "Forbidden"}),
    rejected=_ERROR,
    throttled=refusal(429, {"Message": "Rate Exceeded."}),
    failed=_ERROR,
    late=_ERROR,
    too_large=refusal(413, {"Message": "Request Entity Too Large"}),
    id_header="x-amzn-requestid",
)


class FunctionUrl:
    """The URL of a function or of an alias; `functions` is the Lambda service that it belongs to."""

    manners = MANNERS

    def __init__(self, ground: Ground, functions: Any, url: UrlConfig) -> None:
        self._ground = ground
        self._functions = functions
        self._url = url
        self._function: LambdaFunction = url.function
        self.place = f"url:{url.name}"

    def new_request_id(self) -> str:
        return str(self._functions.new_request_id())

    def find(self, request: Request, request_id: str) -> Call:
        function = self._function
        auth_type = str(self._url.config.get("AuthType"))
        passage = events.Passage(
            request=request,
            request_id=request_id,
            account=function.account_id,
            api=request.host.partition(".")[0],
            stage="$default",
            route="$default",
            path=request.path or "/",
            at=self._ground.clock.date,
            path_parameters={},
            stage_variables={},
            binary=request.body is not None and not events.is_text(request.media_type),
        )
        context = {} if auth_type == "NONE" else {"authorizer": {"iam": self._signer(request)}}

        def allowed(policy: Policy, arn: str) -> bool:
            conditions = {"lambda:functionurlauthtype": auth_type, "lambda:invokedviafunctionurl": "true"}
            # A caller of the function's own account may have the right from its own policy.
            return auth_type == "AWS_IAM" or all(
                judged(policy, Asked(EVERYBODY, action, arn, conditions)).allowed for action in (_INVOKE_URL, INVOKE)
            )

        return Call(
            function=arn_of(function, self._url.qualifier),
            account=function.account_id,
            region=function.region,
            event=events.format_2(passage, **context),
            allowed=allowed,
            timeout=None,
            reply=_reply,
            invocation=request_id,
        )

    def _signer(self, request: Request) -> dict[str, Any]:
        signature = _SIGNATURE.match(request.header("authorization") or "")
        if signature is None:
            raise Refused(MANNERS.forbidden, "the URL's AuthType is AWS_IAM, and the request is not signed")
        account = self._function.account_id
        return {
            "accessKey": signature["key"],
            "accountId": account,
            "callerId": account,
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": f"arn:aws:iam::{account}:root",
            "userId": account,
        }


def _reply(payload: str) -> Response:
    return replies.format_2(payload, content_type="application/json", quotes=True, objects=True)
