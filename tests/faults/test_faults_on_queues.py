"""What faults do to the messages of a standard queue.

SQS Developer Guide, "Amazon SQS standard queues", "At-least-once delivery", and "Amazon SQS short and long polling"
(read 2026-11).
"""

from __future__ import annotations

from scene import Scene, client, opened


def test_a_duplicate_comes_though_the_original_was_deleted(scene: Scene) -> None:
    """At-least-once delivery: a server that missed the delete gives the message out again."""
    url = scene.mapped("def handler(event, context):\n    return 'done'\n")
    scene.cloud.faults.duplicates("tickets", within=20)
    [message] = scene.send(url, "x")
    scene.cloud.settle()
    story = [(event.kind, event.detail.get("fault")) for event in scene.cloud.journal.of(message=message)]
    once = [("received", None), ("invoked", None), ("succeeded", None), ("deleted", None)]
    [original, copy] = scene.cloud.journal.of("succeeded", message=message)
    assert original.seconds == 0 < copy.seconds <= 20
    assert [each for each in story if each[0] != "started"] == [
        ("sent", None),
        *once,
        ("duplicated", "duplicate"),
        *once,
    ]


def test_a_duplicate_has_the_same_identifier_and_another_receipt_handle(scene: Scene) -> None:
    url = scene.queue()
    scene.cloud.faults.duplicates("tickets", within=1)
    scene.send(url, "x")
    scene.cloud.advance(seconds=1)
    messages = client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert len({message["MessageId"] for message in messages}) == 1
    assert len({message["ReceiptHandle"] for message in messages}) == 2
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in messages] == ["1", "1"]
    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    scene.cloud.advance(seconds=30)
    assert scene.bodies(url) == ["x"], "deleting one copy leaves the other"


def test_no_copy_appears_in_a_queue_that_was_purged_or_deleted(scene: Scene) -> None:
    purged, deleted = scene.queue("purged"), scene.queue("deleted")
    for name in ("purged", "deleted"):
        scene.cloud.faults.duplicates(name)
    scene.send(purged, "x")
    scene.send(deleted, "x")
    client("sqs").purge_queue(QueueUrl=purged)
    client("sqs").delete_queue(QueueUrl=deleted)
    scene.cloud.settle()
    assert scene.told("duplicated") == []
    assert scene.bodies(purged) == []


def test_a_reordered_message_is_overtaken_by_those_sent_after_it(scene: Scene) -> None:
    """Short polling asks some of the servers only: a receive can miss what was sent first."""
    url = scene.queue()
    fault = scene.cloud.faults.reorders("tickets", within=5)
    scene.send(url, "first")
    fault.stop()
    scene.send(url, "second")
    assert scene.bodies(url) == ["second"]
    scene.cloud.advance(seconds=5)
    assert scene.bodies(url) == ["first"]
    [missed] = scene.struck("reorder")
    assert (missed.kind, 0 < missed.detail["until"] <= 5_000_000) == ("delayed", True)


def test_the_order_of_a_mapped_queue_is_broken_at_the_given_rate() -> None:
    def order(rate: float) -> list[int]:
        with opened() as scene:
            url = scene.mapped("def handler(event, context):\n    return 'done'\n", BatchSize=1)
            scene.cloud.faults.reorders("tickets", rate=rate, within=10)
            for number in range(40):
                scene.send(url, str(number))
                scene.cloud.advance(seconds=1)
            scene.cloud.settle()
            sent = {event.message: int(event.detail["body"]) for event in scene.cloud.journal.of("sent")}
            return [sent[event.message] for event in scene.cloud.journal.of("succeeded")]

    assert order(0) == list(range(40))
    shuffled = order(0.3)
    assert sorted(shuffled) == list(range(40))
    assert shuffled != sorted(shuffled)
