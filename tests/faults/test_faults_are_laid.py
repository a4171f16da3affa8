"""How a fault is laid, listed, ended, and refused when it cannot be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from scene import WORK, Scene, client, opened

from waterline import Cloud
from waterline.errors import CloudMisused, LabMistake
from waterline.faults import Fault, FaultRefused, UnknownTarget


@pytest.mark.parametrize(
    ("lay", "error", "words"),
    [
        (lambda c: c.faults.errors("issue-ticket", rate=1.5), FaultRefused, "rate=1.5 is no share"),
        (lambda c: c.faults.errors("issue-ticket", rate=-0.1), FaultRefused, "rate=-0.1 is no share"),
        (lambda c: c.faults.errors("issue-ticket", rate=float("nan")), FaultRefused, "is no share"),
        (lambda c: c.faults.errors("issue-ticket", rate=True), FaultRefused, "is no share"),
        (lambda c: c.faults.errors("issue-ticket", when=7), FaultRefused, "when=7 chooses nothing"),
        (lambda c: c.faults.errors("issue-tickets"), UnknownTarget, "did you mean 'issue-ticket'?"),
        (lambda c: c.faults.crashes("sqs"), UnknownTarget, "no function 'sqs'"),
        (lambda c: c.faults.outage("issue-ticket", start=300, end=60), FaultRefused, "end=60 is not after start"),
        (lambda c: c.faults.outage("issue-ticket", start=60, end=60), FaultRefused, "end=60 is not after start"),
        (lambda c: c.faults.outage("issue-ticket", start=-1), FaultRefused, "start=-1 is no instant"),
        (lambda c: c.faults.slow("issue-ticket", seconds=0), FaultRefused, "0 is no length of time"),
        (lambda c: c.faults.slow("issue-ticket", seconds=1, operation="Invoke"), FaultRefused, "is for services"),
        (lambda c: c.faults.errors("sqs", when="x"), FaultRefused, "when="),
        (lambda c: c.faults.throttles("sqs", operation="SendMesage"), UnknownTarget, "did you mean 'SendMessage'?"),
        (lambda c: c.faults.throttles("issue-ticket"), UnknownTarget, "no service or downstream 'issue-ticket'"),
        (lambda c: c.faults.duplicates("ticket"), UnknownTarget, "did you mean 'tickets'?"),
        (lambda c: c.faults.duplicates("orders.fifo"), FaultRefused, "is a FIFO queue"),
        (lambda c: c.faults.reorders("orders.fifo"), FaultRefused, "is a FIFO queue"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_one_sentence(
    scene: Scene, lay: Callable[[Cloud], object], error: type[LabMistake], words: str
) -> None:
    scene.cloud.deploy("issue-ticket", WORK)
    scene.queue()
    scene.queue("orders.fifo", FifoQueue="true")
    with pytest.raises(error) as refused:
        lay(scene.cloud)
    assert words in str(refused.value)
    assert str(refused.value).endswith(".")
    assert len(scene.cloud.faults) == 0


def test_all_faults_are_listed_with_what_they_did(scene: Scene) -> None:
    scene.cloud.deploy("issue-ticket", WORK)
    assert repr(scene.cloud.faults).startswith("<no faults: ")
    errors = scene.cloud.faults.errors("issue-ticket", when="no cabin")
    scene.cloud.faults.throttles("sqs", operation="SendMessage", rate=0.2, start=60, end=300)
    scene.invoke(Payload='"no cabin"')
    assert errors.struck == 1
    assert repr(scene.cloud.faults).splitlines() == [
        "<error: issue-ticket, every invocation with 'no cabin', from +0.0 s, struck 1>",
        "<throttle: sqs, 0.2 of calls of SendMessage, from +60.0 s to +300.0 s, struck 0>",
    ]


def test_a_fault_that_is_stopped_strikes_no_more(scene: Scene) -> None:
    scene.cloud.deploy("issue-ticket", WORK)
    fault = scene.cloud.faults.errors("issue-ticket")
    assert scene.invoke()["errorType"] == "InjectedFault"
    fault.stop()
    fault.stop()
    assert scene.invoke() == "done"
    assert (fault.active, fault.struck) == (False, 1)


def test_a_fault_strikes_from_its_start_and_no_longer_at_its_end(scene: Scene) -> None:
    scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return 'done'\n")
    scene.cloud.faults.errors("issue-ticket", start=10, end=20)
    answers = []
    for _ in range(5):
        answers.append(scene.invoke() == "done")
        scene.cloud.advance(seconds=5)
    assert answers == [True, True, False, False, True]


def test_a_closed_cloud_takes_no_fault() -> None:
    with opened() as scene:
        cloud = scene.cloud
    with pytest.raises(CloudMisused, match="closed"):
        cloud.faults.outage("sqs")


def test_the_faults_of_a_cloud_do_not_reach_the_one_beside_it(scene: Scene) -> None:
    url = scene.queue()
    scene.cloud.faults.outage("sqs")
    with Cloud.aside(seed=1) as beside:
        other = client("sqs").create_queue(QueueName="tickets")["QueueUrl"]
        beside.faults.duplicates("tickets", within=1)
        client("sqs").send_message(QueueUrl=other, MessageBody="x")
        beside.settle()
        assert len(beside.journal.of("duplicated")) == 1
    with pytest.raises(client("sqs").exceptions.ClientError, match="ServiceUnavailable"):
        scene.send(url, "x")
    assert [fault.kind for fault in scene.cloud.faults] == ["outage"]


def test_when_the_cloud_is_closed_botocore_and_moto_are_as_before() -> None:
    program = """
import boto3
from botocore import retryhandler
from botocore.retries.standard import ExponentialBackoff
from botocore.retries.quota import RetryQuota
from moto.core.botocore_stubber import BotocoreStubber
from waterline import Cloud

def state():
    stub, quota = BotocoreStubber.__call__, (RetryQuota.acquire, RetryQuota.release)
    return stub, quota, ExponentialBackoff.delay_amount, retryhandler.random

before = state()
with Cloud() as cloud:
    cloud.faults.outage("sqs")
    assert all(now != then for now, then in zip(state(), before))
assert state() == before
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_when_that_raises_is_told_where_the_cell_waits(scene: Scene) -> None:
    url = scene.mapped()
    fault = scene.cloud.faults.errors("issue-ticket", when=lambda body: body.no_such_method())
    scene.send(url, "x")
    with pytest.raises(FaultRefused, match="when= of the error of issue-ticket raised AttributeError"):
        scene.cloud.advance(seconds=5)
    scene.cloud.settle()
    assert not fault.active
    assert len(scene.cloud.journal.of("deleted")) == 1


def test_one_fault_more_changes_no_draw_of_another() -> None:
    def strikes(*others: Callable[[Cloud], Fault]) -> list[bool]:
        with opened() as scene:
            scene.cloud.deploy("issue-ticket", "def handler(event, context):\n    return 'done'\n")
            for lay in others:
                lay(scene.cloud)
            fault = scene.cloud.faults.errors("issue-ticket", rate=0.4)
            struck = []
            for _ in range(30):
                before = fault.struck
                scene.invoke()
                struck.append(fault.struck > before)
            return struck

    alone = strikes()
    assert 3 < sum(alone) < 25
    assert strikes(lambda cloud: cloud.faults.crashes("issue-ticket", rate=0.5)) == alone
    assert (
        strikes(
            lambda cloud: cloud.faults.slow("issue-ticket", seconds=1, rate=0.3),
            lambda cloud: cloud.faults.slow("lambda", seconds=1, rate=0.3),
            lambda cloud: cloud.faults.errors("sqs", rate=0.3),
        )
        == alone
    )
