"""What faults do to invocations: stories on the journal.

AWS FIS User Guide, "AWS FIS Actions reference" (Lambda actions); AWS Lambda Developer Guide, "Understanding the Lambda
execution environment lifecycle", "How Lambda handles errors and retries with asynchronous invocation", "Handling errors
for an SQS event source in Lambda" (read 2026-11).
"""

from __future__ import annotations

import pytest
from scene import Scene, client, opened

WRITES = """
import boto3, time

def handler(event, context):
    time.sleep(2)
    boto3.client("sqs").send_message(QueueUrl=event["url"], MessageBody="ticket")
"""


def test_an_error_fails_the_invocation_without_its_handler(scene: Scene) -> None:
    """FIS, ``invocation-error`` with ``preventExecution``."""
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    print('I ran')\n")
    scene.cloud.faults.errors("issue-ticket")
    assert scene.invoke()["errorType"] == "InjectedFault"
    assert scene.told("invoked", "failed") == [(0.0, "invoked", None), (0.0, "failed", "error")]
    assert "I ran" not in scene.cloud.logs("issue-ticket")


def test_an_error_after_work_leaves_the_effects_of_the_handler(scene: Scene) -> None:
    """FIS, ``invocation-error`` without ``preventExecution``: the answer is lost, the ticket is not."""
    url = scene.queue("issued")
    scene.cloud.deploy("issue-ticket", WRITES, timeout=10)
    scene.cloud.faults.errors("issue-ticket", after_work=True)
    assert scene.invoke(Payload=f'{{"url": "{url}"}}')["errorType"] == "InjectedFault"
    assert scene.told("sent", "failed") == [(2.0, "sent", None), (2.0, "failed", "error")]


@pytest.mark.parametrize("when", ["no cabin", lambda body: body.endswith("cabin")], ids=["text", "function"])
def test_only_the_messages_that_when_chooses_fail_and_they_come_back(scene: Scene, when: object) -> None:
    url = scene.mapped(BatchSize=1)
    scene.cloud.faults.errors("issue-ticket", when=when, end=40)  # type: ignore[arg-type]
    good, bad = scene.send(url, "order 1", "no cabin")
    scene.cloud.settle()
    assert [event.kind for event in scene.cloud.journal.of(message=good)][-2:] == ["succeeded", "deleted"]
    ends = [event for event in scene.cloud.journal.of(message=bad) if event.kind in ("failed", "succeeded", "deleted")]
    assert [(event.seconds, event.kind, event.detail.get("fault")) for event in ends] == [
        (0.0, "failed", "error"),
        (30.0, "failed", "error"),
        (62.0, "succeeded", None),
        (62.0, "deleted", None),
    ]
    assert [event.message for event in scene.struck("error")] == [bad, bad]


def test_a_rate_strikes_its_share(scene: Scene) -> None:
    url = scene.mapped(BatchSize=1)
    fault = scene.cloud.faults.errors("issue-ticket", rate=0.2)
    scene.send(url, *map(str, range(200)))
    scene.cloud.settle()
    attempts = len(scene.cloud.journal.of("invoked"))
    assert 0.12 < fault.struck / attempts < 0.28
    assert fault.struck == len(scene.struck("error")) == len(scene.cloud.journal.of("failed"))
    assert len(scene.cloud.journal.of("deleted")) == 200


def test_a_slow_invocation_takes_longer_and_says_why(scene: Scene) -> None:
    """FIS, ``invocation-add-delay``: the delay counts as the invocation's own time."""
    scene.cloud.deploy("issue-ticket", "import time\n\ndef handler(event, context):\n    time.sleep(2)\n", timeout=10)
    scene.cloud.faults.slow("issue-ticket", seconds=4)
    scene.invoke()
    [event] = scene.cloud.journal.of("succeeded")
    assert (event.seconds, event.detail["duration"], event.detail["fault"]) == (6.0, 6_000_000, "slow")


def test_an_invocation_that_is_too_slow_times_out(scene: Scene) -> None:
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    print('I ran')\n", timeout=3)
    scene.cloud.faults.slow("issue-ticket", seconds=4)
    assert scene.invoke()["errorType"] == "Sandbox.Timedout"
    assert scene.told() == [(3.0, "failed", "slow")]
    assert "I ran" not in scene.cloud.logs("issue-ticket")


@pytest.mark.parametrize(
    ("verb", "fault", "error", "signal"),
    [
        ("crashes", "crash", "Runtime.ExitError", "segmentation fault"),
        ("out_of_memory", "out of memory", "Runtime.OutOfMemory", "killed"),
    ],
)
def test_a_dead_runtime_ends_the_work_in_its_middle_and_takes_the_environment_along(
    scene: Scene, verb: str, fault: str, error: str, signal: str
) -> None:
    """Lambda Developer Guide, "Failures during the invoke phase": the environment is reset."""
    url = scene.queue("issued")
    scene.cloud.deploy("issue-ticket", WRITES, timeout=10)
    laid = getattr(scene.cloud.faults, verb)("issue-ticket", within=2)
    payload = f'{{"url": "{url}"}}'
    answer = scene.invoke(Payload=payload)
    assert answer["errorType"] == error
    assert signal in answer["errorMessage"]
    [failed] = scene.cloud.journal.of("failed")
    assert 0 < failed.seconds < 2, "in the middle of its work"
    assert failed.detail["fault"] == fault
    assert scene.cloud.journal.of("sent") == []
    scene.cloud.advance(seconds=5)
    assert scene.cloud.journal.of("sent") == [], "it does not live on"
    laid.stop()
    scene.invoke(Payload=payload)
    assert [event.detail["environment"] for event in scene.cloud.journal.of("started")] == [1, 2]
    assert [event.detail["environment"] for event in scene.cloud.journal.of("ended")] == [1]


def test_a_crash_comes_at_another_instant_each_time(scene: Scene) -> None:
    scene.cloud.deploy("issue-ticket", "import time\n\ndef handler(event, context):\n    time.sleep(8)\n", timeout=10)
    scene.cloud.faults.crashes("issue-ticket", within=8)
    for _ in range(8):
        scene.invoke()
    lives = {event.detail["duration"] for event in scene.cloud.journal.of("failed")}
    assert len(lives) == 8
    assert all(0 <= life < 8_000_000 for life in lives)
    assert max(lives) - min(lives) > 2_000_000


def test_a_handler_that_does_not_wait_dies_with_its_work_done(scene: Scene) -> None:
    url = scene.queue("issued")
    scene.cloud.deploy("issue-ticket", WRITES.replace("time.sleep(2)", "pass"), timeout=10)
    scene.cloud.faults.crashes("issue-ticket")
    assert scene.invoke(Payload=f'{{"url": "{url}"}}')["errorType"] == "Runtime.ExitError"
    assert scene.told("sent", "failed") == [(0.0, "sent", None), (0.0, "failed", "crash")]


def test_in_an_outage_the_caller_gets_a_server_error_and_botocore_tries_again() -> None:
    """Invoke, API reference: ServiceException, status 500; its retries wait for virtual seconds."""
    with opened() as scene:
        scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return 'done'\n")
        scene.cloud.faults.outage("issue-ticket", end=60)
        with pytest.raises(client("lambda").exceptions.ServiceException) as caught:
            scene.invoke()
        metadata = caught.value.response["ResponseMetadata"]
        assert metadata["HTTPStatusCode"] == 500
        refused = scene.told()
        assert len(refused) == metadata["RetryAttempts"] + 1 > 1
        assert {(kind, fault) for _, kind, fault in refused} == {("refused", "outage")}
        assert scene.cloud.clock.now > 0, "the retries took virtual time"
        scene.cloud.advance(minutes=1)
        assert scene.invoke() == "done"


def test_an_event_outlives_an_outage_in_the_asynchronous_queue(scene: Scene) -> None:
    """Lambda Developer Guide, asynchronous invocation: system errors go back to the queue, with backoff, for hours."""
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return 'done'\n")
    scene.cloud.faults.outage("issue-ticket", start=0, end=300)
    scene.invoke(InvocationType="Event")
    scene.cloud.settle()
    kinds = [event.kind for event in scene.cloud.journal]
    assert kinds[0] == "sent" and kinds[-1] == "succeeded"
    assert set(kinds[1:-3]) == {"refused", "retried"}
    assert scene.cloud.journal.of("succeeded")[0].seconds >= 300


def test_an_event_that_an_outage_outlives_is_a_dead_letter_with_a_server_error(scene: Scene) -> None:
    arn = scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return 'done'\n")
    dead = scene.queue("dead")
    client("lambda").update_function_configuration(FunctionName=arn, DeadLetterConfig={"TargetArn": scene.arn(dead)})
    client("lambda").put_function_event_invoke_config(FunctionName=arn, MaximumEventAgeInSeconds=60)
    scene.cloud.faults.outage("issue-ticket")
    scene.invoke(InvocationType="Event")
    scene.cloud.settle()
    answer = client("sqs").receive_message(QueueUrl=dead, MessageAttributeNames=["All"])
    assert answer["Messages"][0]["MessageAttributes"]["ErrorCode"]["StringValue"] == "500"


def test_messages_outlive_an_outage_in_their_queue(scene: Scene) -> None:
    url = scene.mapped()
    scene.cloud.faults.outage("issue-ticket", start=60, end=300)
    scene.cloud.advance(seconds=100)
    [message] = scene.send(url, "x")
    scene.cloud.settle()
    events = scene.cloud.journal.of(message=message)
    assert {event.detail.get("fault") for event in events if event.kind == "refused"} == {"outage"}
    assert all(60 <= event.seconds < 300 for event in events if event.kind == "refused")
    assert [event.kind for event in events][-3:] == ["invoked", "succeeded", "deleted"]
    assert events[-1].seconds >= 300


def test_a_partial_batch_failure_brings_back_the_struck_messages_only(scene: Scene) -> None:
    """Lambda Developer Guide, SQS errors: what ``batchItemFailures`` names comes back, the rest is deleted."""
    url = scene.queue()
    scene.send(url, "order 1", "no cabin", "order 3")
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return {}\n", timeout=10)
    scene.cloud.faults.partial_batch_failures("issue-ticket", when="no cabin", end=20)
    client("lambda").create_event_source_mapping(
        EventSourceArn=scene.arn(url),
        FunctionName="issue-ticket",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    scene.cloud.settle()
    [struck] = scene.struck("partial batch failure")
    assert struck.kind == "succeeded", "the invocation succeeded, the message did not"
    body = scene.cloud.journal.of("sent", message=struck.message)[0].detail["body"]
    assert body == "no cabin"
    deleted = [(event.seconds, event.message == struck.message) for event in scene.cloud.journal.of("deleted")]
    assert deleted == [(0.0, False), (0.0, False), (30.0, True)]


def test_two_faults_at_once_are_both_named(scene: Scene) -> None:
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return 'done'\n", timeout=10)
    scene.cloud.faults.slow("issue-ticket", seconds=1)
    scene.cloud.faults.errors("issue-ticket")
    scene.invoke()
    assert scene.told() == [(1.0, "failed", "slow, error")]


def test_a_partial_batch_failure_keeps_the_order_of_a_fifo_group(scene: Scene) -> None:
    """Lambda Developer Guide, SQS errors: of a FIFO queue the first failure is reported, and all that follow."""
    url = scene.queue("tickets.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    scene.send(url, "order 1", "no cabin", "order 3", MessageGroupId="one")
    scene.send(url, "another group", MessageGroupId="two")
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return {}\n", timeout=10)
    scene.cloud.faults.partial_batch_failures("issue-ticket", when="no cabin", end=20)
    client("lambda").create_event_source_mapping(
        EventSourceArn=scene.arn(url),
        FunctionName="issue-ticket",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    scene.cloud.settle()
    body = {event.message: event.detail["body"] for event in scene.cloud.journal.of("sent")}
    assert [(event.seconds, body[event.message]) for event in scene.cloud.journal.of("deleted")] == [
        (0.0, "order 1"),
        (0.0, "another group"),
        (30.0, "no cabin"),
        (30.0, "order 3"),
    ]
