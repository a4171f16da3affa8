"""What faults do to calls through boto3: the service's own errors, and botocore's retries on the clock.

The services' API references, "Common Errors" and the errors of each operation (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from scene import Scene, client, opened

LIST = {
    "sqs": lambda c: c.list_queues(),
    "lambda": lambda c: c.list_functions(),
    "sns": lambda c: c.list_topics(),
    "s3": lambda c: c.list_buckets(),
    "dynamodb": lambda c: c.list_tables(),
    "kinesis": lambda c: c.list_streams(),
    "events": lambda c: c.list_rules(),
    "cloudwatch": lambda c: c.list_metrics(),
    "iam": lambda c: c.list_roles(),
}


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("sqs", "RequestThrottled", 403),
        ("lambda", "TooManyRequestsException", 429),
        ("sns", "Throttled", 429),
        ("s3", "SlowDown", 503),
        ("dynamodb", "ProvisionedThroughputExceededException", 400),
        ("kinesis", "ProvisionedThroughputExceededException", 400),
        ("events", "ThrottlingException", 400),
        ("cloudwatch", "ThrottlingException", 400),
        ("iam", "ThrottlingException", 400),
    ],
)
def test_a_throttled_call_gets_the_error_of_its_service(scene: Scene, service: str, code: str, status: int) -> None:
    call: Callable[[Any], object] = LIST[service]
    fault = scene.cloud.faults.throttles(service)
    with pytest.raises(ClientError) as caught:
        call(client(service))
    assert caught.value.response["Error"]["Code"] == code
    metadata = caught.value.response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == status
    assert fault.struck == metadata["RetryAttempts"] + 1 > 1, "botocore tried again"
    assert {(kind, named) for _, kind, named in scene.told()} == {("throttled", "throttle")}
    assert {event.place for event in scene.cloud.journal} == {f"api:{service}"}
    fault.stop()
    call(client(service))


@pytest.mark.parametrize(
    ("verb", "code", "status"), [("outage", "ServiceUnavailable", 503), ("errors", "InternalFailure", 500)]
)
@pytest.mark.parametrize("service", ["sqs", "sns", "s3", "lambda"])
def test_a_service_that_is_down_answers_with_a_server_error(
    scene: Scene, service: str, verb: str, code: str, status: int
) -> None:
    getattr(scene.cloud.faults, verb)(service)
    with pytest.raises(ClientError) as caught:
        LIST[service](client(service))
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert {kind for _, kind, _ in scene.told()} == {"refused"}


def test_only_the_named_operation_is_struck_and_what_is_refused_is_not_stored(scene: Scene) -> None:
    url = scene.queue()
    scene.cloud.faults.throttles("sqs", operation="SendMessage")
    with pytest.raises(ClientError, match="RequestThrottled"):
        scene.send(url, "x")
    assert scene.bodies(url) == []
    assert scene.cloud.journal.of("sent") == []


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_a_retry_waits_on_the_clock_and_gets_through_when_the_outage_is_over(mode: str) -> None:
    """botocore's retry modes, both: the second or a later attempt is the one that is answered."""

    def story() -> tuple[int, bytes]:
        with opened() as scene:
            url = scene.queue()
            retries = Config(retries={"mode": mode, "total_max_attempts": 10})
            sqs = boto3.client("sqs", region_name="us-east-1", config=retries)
            scene.cloud.faults.outage("sqs", end=0.05)
            sqs.send_message(QueueUrl=url, MessageBody="x")
            return scene.cloud.clock.now, scene.cloud.journal.to_json_lines()

    now, journal = story()
    assert now >= 50_000
    assert journal.count(b'"fault":"outage"') >= 1
    assert story() == (now, journal), "the waits come from the seed"


def test_a_slow_dependency_makes_the_handler_that_calls_it_wait(scene: Scene) -> None:
    issued = scene.queue("issued")
    source = (
        "import boto3\n\ndef handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl='{issued}', MessageBody='ticket')\n"
    )
    scene.cloud.deploy("issue-ticket", source, timeout=10)
    scene.cloud.faults.slow("sqs", seconds=3, operation="SendMessage")
    scene.invoke()
    assert scene.told("slowed", "sent", "succeeded") == [
        (0.0, "slowed", "slow"),
        (3.0, "sent", None),
        (3.0, "succeeded", None),
    ]
    [slowed] = scene.cloud.journal.of("slowed")
    assert slowed.parents, "it names the invocation whose call it was"


def test_a_handler_sees_the_error_of_a_service_that_is_down(scene: Scene) -> None:
    source = "import boto3\n\ndef handler(event, context):\n    boto3.client('sqs').list_queues()\n"
    scene.cloud.deploy("issue-ticket", source, timeout=10)
    scene.cloud.faults.outage("sqs")
    answer = scene.invoke()
    assert answer["errorType"] == "ClientError"
    assert "ServiceUnavailable" in answer["errorMessage"]


def test_a_client_that_spent_its_retries_in_one_cloud_has_them_again_in_the_next() -> None:
    """botocore's standard mode: a client whose quota is spent stops retrying, and stays so while it lives."""
    sqs = boto3.client("sqs", region_name="us-east-1", config=Config(retries={"mode": "standard"}))

    def attempts() -> list[int]:
        with opened() as scene:
            fault = scene.cloud.faults.outage("sqs")
            counts = []
            for _ in range(60):
                before = fault.struck
                with pytest.raises(ClientError):
                    sqs.list_queues()
                counts.append(fault.struck - before)
            return counts

    first = attempts()
    assert first[0] > first[-1] == 1, "the quota is spent"
    assert attempts() == first
