"""The types of resources that a template may ask for, by service; ``kind`` says what a type is.

queues      SQS: queues and their policies
topics      SNS: topics, subscriptions and topic policies
events      EventBridge: rules, buses, archives, connections, API destinations; Scheduler and Pipes
streams     Kinesis and Firehose, and the tables of DynamoDB
buckets     S3: buckets with their notifications, and bucket policies
functions   Lambda: functions and layers; ``invocation``: who may invoke them, what does, versions and aliases
workflows   Step Functions: state machines and activities
rest, http  API Gateway: REST APIs and HTTP APIs; ``stages`` is what serves a REST API, and ``openapi`` reads the
            documents that both may come from
identity    IAM: roles and policies
beside      logs, alarms, and stores of settings, keys and secrets
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from waterline.templates.resources import (
    beside,
    buckets,
    events,
    functions,
    http,
    identity,
    invocation,
    queues,
    rest,
    stages,
    streams,
    topics,
    workflows,
)
from waterline.templates.resources.kind import Kind

_MODULES = (
    queues,
    topics,
    events,
    streams,
    buckets,
    functions,
    invocation,
    workflows,
    rest,
    stages,
    http,
    identity,
    beside,
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.type: kind for module in _MODULES for kind in module.KINDS})
"""What the lab can deploy, by the type's name."""
