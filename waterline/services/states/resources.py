"""What the ``Resource`` of a Task names: a function, an activity, or an action of a service and how to wait for it.

Words
-----
optimized integration
    ``arn:aws:states:::lambda:invoke``: an action that Step Functions knows of, with its own names for errors.
SDK integration
    ``arn:aws:states:::aws-sdk:s3:putObject``: any action of any service, as boto3 has it.
pattern
    how to wait: for the answer of the call, for the job that it began (``.sync``), for a token (``.waitForTaskToken``).

Source: AWS Step Functions Developer Guide, "Integrating services with Step Functions" and "Discover service integration
patterns in Step Functions" (read 2026-11). Optimized integrations with services that the lab does not have are refused
when the state machine is created.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from botocore import xform_name
from botocore.session import Session

SYNC, SYNC_2, TOKEN = "sync", "sync:2", "waitForTaskToken"

_PARTS = re.compile(
    r"arn:aws[\w-]*:states:[\w-]*:\d*:(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)(?:\.(?P<pattern>[\w:]+))?"
)
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w$-]+(?::[\w$-]+)?")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[\w-]+:\d{12}:activity:.+")
_JAVA_NAMES = {
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "elasticloadbalancingv2": "elbv2",
    "applicationautoscaling": "application-autoscaling",
}
"""Services that the SDK for Java, whose names Step Functions uses, calls otherwise than boto3."""


@dataclass(frozen=True)
class Optimized:
    """`actions` and the patterns that each has; `prefix` and `other` name the errors."""

    boto3: str
    prefix: str
    other: str
    actions: dict[str, tuple[str, ...]]


OPTIMIZED = {
    "lambda": Optimized("lambda", "Lambda", "AWSLambdaException", {"invoke": (TOKEN,)}),
    "sqs": Optimized("sqs", "SQS", "AmazonSQSException", {"sendMessage": (TOKEN,)}),
    "sns": Optimized("sns", "SNS", "AmazonSNSException", {"publish": (TOKEN,)}),
    "events": Optimized("events", "EventBridge", "AmazonEventBridgeException", {"putEvents": (TOKEN,)}),
    "dynamodb": Optimized(
        "dynamodb",
        "DynamoDB",
        "AmazonDynamoDBException",
        dict.fromkeys(("getItem", "putItem", "updateItem", "deleteItem"), ()),
    ),
    "states": Optimized(
        "stepfunctions", "StepFunctions", "AWSStepFunctionsException", {"startExecution": (SYNC, SYNC_2, TOKEN)}
    ),
}


HTTP = Optimized("", "States.Http", "", {"invoke": ()})


@dataclass(frozen=True)
class Resource:
    """`kind`: ``function``, ``activity``, ``optimized`` or ``sdk``; `service` and `action` as the Resource has them."""

    kind: str
    arn: str
    service: str = ""
    action: str = ""
    pattern: str | None = None

    @property
    def boto3(self) -> str:
        """The service as boto3 calls it."""
        if self.kind == "optimized":
            return known(self.service).boto3
        return _JAVA_NAMES.get(self.service.lower(), self.service.lower())

    @property
    def verb(self) -> str:
        """The action as boto3 calls it."""
        return str(xform_name(self.action))

    @property
    def type(self) -> str:
        """``resourceType`` of the history."""
        return f"aws-sdk:{self.service}" if self.kind == "sdk" else self.service

    @property
    def name(self) -> str:
        """``resource`` of the history."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action


def known(service: str) -> Optimized:
    """The optimized integration with a service; ``http`` calls somebody else's API."""
    return HTTP if service == "http" else OPTIMIZED[service]


@lru_cache(maxsize=256)
def resource(arn: str) -> Resource | None:
    """What an ARN names, or None where it names nothing that can be done here."""
    if _FUNCTION.fullmatch(arn):
        return Resource("function", arn)
    if _ACTIVITY.fullmatch(arn):
        return Resource("activity", arn)
    parts = _PARTS.fullmatch(arn)
    if parts is None:
        return None
    service, action, pattern = parts["service"], parts["action"], parts["pattern"]
    if parts["sdk"]:
        found = Resource("sdk", arn, service, action, pattern)
        return found if pattern in (None, TOKEN) and found.verb in _verbs(found.boto3) else None
    patterns = known(service).actions.get(action) if service in OPTIMIZED or service == "http" else None
    if patterns is None or (pattern and pattern not in patterns):
        return None
    return Resource("optimized", arn, service, action, pattern)


@lru_cache(maxsize=64)
def _verbs(service: str) -> frozenset[str]:
    session = Session()
    if service not in session.get_available_services():
        return frozenset()
    return frozenset(xform_name(name) for name in session.get_service_model(service).operation_names)
