"""Message move tasks: from a dead-letter queue back to where the messages came from."""

from __future__ import annotations

from typing import Any

import pytest
from bench import Lab
from botocore.exceptions import ClientError


def dead_letters(lab: Lab, *bodies: str, source: str = "tickets", dead: str = "dead") -> tuple[str, str]:
    """A queue and its dead-letter queue, to which the messages have moved."""
    kind = ".fifo" if source.endswith(".fifo") else ""
    dead_queue = lab.queue(dead + kind)
    queue = lab.queue(source, RedrivePolicy={"deadLetterTargetArn": lab.arn(dead_queue), "maxReceiveCount": 1})
    for body in bodies:
        options = {"MessageGroupId": "g", "MessageDeduplicationId": body} if kind else {}
        lab.send(queue, body, **options)
    lab.receive(queue)
    lab.advance(30)
    assert lab.bodies(queue) == []
    return queue, dead_queue


def tasks(lab: Lab, queue: str, **options: Any) -> list[dict[str, Any]]:
    return list(lab.sqs.list_message_move_tasks(SourceArn=lab.arn(queue), **options)["Results"])


def test_messages_move_back_as_new_messages_whose_parents_are_the_old_ones(lab: Lab) -> None:
    """Source: StartMessageMoveTask."""
    queue, dead = dead_letters(lab, "a", "b")
    old = [event.message for event in lab.journal.of("dead-lettered")]
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead))
    lab.settle()
    received = lab.receive(queue)
    assert [message["Body"] for message in received] == ["a", "b"]
    assert lab.counts(dead) == (0, 0, 0)
    assert [(event.message, event.detail["to"]) for event in lab.journal.of("redriven", "dead")] == [
        (message, "tickets") for message in old
    ]
    for message, parent in zip(received, old, strict=True):
        assert lab.journal.children(str(parent)) == [message["MessageId"]]
        assert message["Attributes"]["ApproximateReceiveCount"] == "1"
        assert "DeadLetterQueueSourceArn" not in message["Attributes"]
        assert int(message["Attributes"]["SentTimestamp"]) >= 1_767_225_600_000 + 30_000
    (task,) = tasks(lab, dead)
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": lab.arn(dead),
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
        "StartedTimestamp": 1_767_225_600_000 + 30_000,
    }


@pytest.mark.parametrize(("rate", "seconds"), [(1, 3), (2, 1.5), (500, 0.006), (None, 0.006)])
def test_a_task_keeps_to_its_rate(lab: Lab, rate: int | None, seconds: float) -> None:
    """Source: StartMessageMoveTask."""
    _, dead = dead_letters(lab, "a", "b", "c")
    options = {} if rate is None else {"MaxNumberOfMessagesPerSecond": rate}
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead), **options)
    (task,) = tasks(lab, dead)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("RUNNING", 0)
    assert task.get("MaxNumberOfMessagesPerSecond") == rate
    lab.settle()
    assert lab.journal.of("redriven")[-1].seconds == 30 + seconds


def test_each_message_goes_back_to_the_queue_it_came_from_and_to_another_when_it_is_named(lab: Lab) -> None:
    """Source: StartMessageMoveTask."""
    one, dead = dead_letters(lab, "a", source="one")
    two, _ = dead_letters(lab, "b", source="two")
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead))
    lab.settle()
    assert (lab.bodies(one), lab.bodies(two)) == (["a"], ["b"])
    dead_letters(lab, "c", source="three")
    other = lab.queue("other")
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead), DestinationArn=lab.arn(other))
    lab.settle()
    assert "c" in lab.bodies(other)
    assert tasks(lab, dead)[0]["DestinationArn"] == lab.arn(other)
    assert [task["ApproximateNumberOfMessagesMoved"] for task in tasks(lab, dead, MaxResults=10)][-1] == 2


def test_a_fifo_group_goes_back_in_order(lab: Lab) -> None:
    queue, dead = dead_letters(lab, "a", "b", "c", source="tickets.fifo")
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead))
    lab.settle()
    assert lab.bodies(queue) == ["a", "b", "c"]


def test_a_message_that_a_consumer_holds_is_not_moved(lab: Lab) -> None:
    queue, dead = dead_letters(lab, "a", "b")
    lab.receive(dead, 1, VisibilityTimeout=900)
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead))
    lab.advance(10)
    assert lab.bodies(queue) == ["b"]
    assert lab.counts(dead) == (0, 1, 0)
    assert tasks(lab, dead)[0]["Status"] == "COMPLETED"


def test_a_cancelled_task_leaves_the_rest_where_it_is(lab: Lab) -> None:
    """Source: CancelMessageMoveTask."""
    queue, dead = dead_letters(lab, "a", "b", "c")
    arn = lab.arn(dead)
    handle = lab.sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert tasks(lab, dead)[0]["TaskHandle"] == handle
    lab.advance(1.5)
    assert lab.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 1
    lab.advance(60)
    assert (lab.bodies(queue), lab.bodies(dead)) == (["a"], ["b", "c"])
    (task,) = tasks(lab, dead)
    assert (task["Status"], "TaskHandle" in task) == ("CANCELLED", False)
    with pytest.raises(ClientError, match="not running"):
        lab.sqs.cancel_message_move_task(TaskHandle=handle)


def test_a_task_fails_when_its_destination_is_gone_and_the_message_stays(lab: Lab) -> None:
    """Source: ListMessageMoveTasks."""
    queue, dead = dead_letters(lab, "a", "b")
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead), MaxNumberOfMessagesPerSecond=1)
    lab.advance(1)
    lab.sqs.delete_queue(QueueUrl=queue)
    lab.settle()
    (task,) = tasks(lab, dead)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert lab.bodies(dead) == ["b"]


def test_a_task_does_not_know_where_to_move_what_was_sent_to_the_dead_letter_queue_itself(lab: Lab) -> None:
    """Source: StartMessageMoveTask."""
    _, dead = dead_letters(lab)
    lab.send(dead, "stray")
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead))
    lab.settle()
    assert tasks(lab, dead)[0]["FailureReason"] == "CouldNotDetermineMessageSource"


def test_a_task_that_starts_with_nothing_to_move_moves_nothing(lab: Lab) -> None:
    _, dead = dead_letters(lab)
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead))
    lab.send(dead, "late")
    lab.settle()
    (task,) = tasks(lab, dead)
    assert (task["Status"], task["ApproximateNumberOfMessagesToMove"]) == ("COMPLETED", 0)
    assert lab.bodies(dead) == ["late"]


def test_a_task_ends_when_its_source_is_deleted(lab: Lab) -> None:
    _, dead = dead_letters(lab, "a", "b")
    lab.sqs.start_message_move_task(SourceArn=lab.arn(dead), MaxNumberOfMessagesPerSecond=1)
    lab.sqs.delete_queue(QueueUrl=dead)
    lab.settle()
    assert lab.journal.of("redriven") == []


def test_what_aws_refuses_of_a_task_is_refused(lab: Lab) -> None:
    """Source: StartMessageMoveTask."""
    queue, dead = dead_letters(lab, "a")
    fifo = lab.queue("other.fifo")
    start, cancel = lab.sqs.start_message_move_task, lab.sqs.cancel_message_move_task
    source, nowhere = lab.arn(dead), lab.arn(dead) + "-gone"

    def refused(call: Any, **arguments: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    assert refused(start, SourceArn=lab.arn(queue)) == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    )
    assert refused(start, SourceArn=nowhere)[0] == "ResourceNotFoundException"
    assert refused(start, SourceArn=source, DestinationArn=nowhere)[0] == "ResourceNotFoundException"
    assert "same type" in refused(start, SourceArn=source, DestinationArn=lab.arn(fifo))[1]
    for rate in (0, 501):
        assert refused(start, SourceArn=source, MaxNumberOfMessagesPerSecond=rate)[0] == "InvalidParameterValue"
    assert refused(lab.sqs.list_message_move_tasks, SourceArn=nowhere)[0] == "ResourceNotFoundException"
    assert refused(lab.sqs.list_message_move_tasks, SourceArn=source, MaxResults=11)[0] == "InvalidParameterValue"
    assert refused(cancel, TaskHandle="nonsense") == (
        "InvalidParameterValue",
        "Value for parameter TaskHandle is invalid.",
    )
    handle = start(SourceArn=source)["TaskHandle"]
    assert "already a task running" in refused(start, SourceArn=source)[1]
    lab.settle()
    lab.sqs.delete_queue(QueueUrl=dead)
    assert refused(cancel, TaskHandle=handle)[0] == "ResourceNotFoundException"
