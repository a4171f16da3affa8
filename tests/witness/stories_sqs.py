"""Queues, standard and FIFO. Sources: Amazon SQS Developer Guide and API Reference (read 2026-11)."""

from __future__ import annotations

from typing import Any

from stage import Stage, refusal
from telling import Stories

STORIES = Stories("SQS")
MEBIBYTE = 2**20

# -- queues ------------------------------------------------------------------------------------------------------------


@STORIES.tell("What is sent is received, and counted.", "ReceiveMessage", ["hello", "1"])
def send_and_receive(stage: Stage) -> Any:
    queue = stage.queue()
    stage.send(queue, "hello")
    (message,) = stage.receive(queue)
    return [message["Body"], message["Attributes"]["ApproximateReceiveCount"]]


@STORIES.tell(
    "A received message is hidden for the visibility timeout, then comes back with its receive count raised.",
    "Amazon SQS visibility timeout",
    [["hello"], [], "2"],
)
def visibility(stage: Stage) -> Any:
    queue = stage.queue(VisibilityTimeout=2)
    stage.send(queue, "hello")
    first, second = stage.bodies(queue), stage.bodies(queue)
    stage.wait(2.5)
    return [first, second, stage.receive(queue)[0]["Attributes"]["ApproximateReceiveCount"]]


@STORIES.tell("A visibility timeout of zero shows a message at once.", "ChangeMessageVisibility", ["hello"])
def visibility_zero(stage: Stage) -> Any:
    queue = stage.queue()
    stage.send(queue, "hello")
    (message,) = stage.receive(queue)
    stage.sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return stage.bodies(queue)


@STORIES.tell("A deleted message does not come back.", "DeleteMessage", [])
def deleted(stage: Stage) -> Any:
    queue = stage.queue(VisibilityTimeout=1)
    stage.send(queue, "hello")
    stage.delete(queue, stage.receive(queue)[0])
    stage.wait(1.5)
    return stage.bodies(queue)


@STORIES.tell(
    "A receipt handle of an earlier receive is accepted, and deletes nothing.", "DeleteMessage", ["accepted", ["hello"]]
)
def stale_handle(stage: Stage) -> Any:
    queue = stage.queue(VisibilityTimeout=1)
    stage.send(queue, "hello")
    (early,) = stage.receive(queue)
    stage.wait(1.5)
    stage.receive(queue)
    answer = refusal(stage.delete, queue, early)
    stage.wait(1.5)
    return [answer, stage.bodies(queue)]


@STORIES.tell(
    "A delayed message cannot be received before its delay is over.", "Amazon SQS delay queues", [[], ["later"]]
)
def delay(stage: Stage) -> Any:
    queue = stage.queue()
    stage.send(queue, "later", DelaySeconds=2)
    before = stage.bodies(queue)
    stage.wait(2.5)
    return [before, stage.bodies(queue)]


@STORIES.tell(
    "A message that was received maxReceiveCount times moves to the dead-letter queue at the next receive.",
    "Using dead-letter queues in Amazon SQS",
    [["poison"], ["poison"], [], ["poison"]],
)
def dead_letter(stage: Stage) -> Any:
    dead = stage.queue("dead")
    queue = stage.queue(dead=dead, VisibilityTimeout=1)
    stage.send(queue, "poison")
    told = []
    for _ in range(3):
        told.append(stage.bodies(queue))
        stage.wait(1.5)
    return [*told, stage.bodies(dead)]


@STORIES.tell(
    "The dead-letter queue of a FIFO queue must be FIFO too.",
    "Using dead-letter queues in Amazon SQS",
    "InvalidParameterValue",
)
def dead_letter_of_the_other_type(stage: Stage) -> Any:
    return refusal(stage.queue, "q.fifo", dead=stage.queue("dead"))


@STORIES.tell("A batch takes the entries that are right and names the others.", "SendMessageBatch", [["a"], ["b"]])
def batch_with_one_bad_entry(stage: Stage) -> Any:
    entries: list[dict[str, Any]] = [
        {"Id": "a", "MessageBody": "a"},
        {"Id": "b", "MessageBody": "b", "DelaySeconds": 901},
    ]
    answer = stage.sqs.send_message_batch(QueueUrl=stage.queue(), Entries=entries)
    return [sorted(entry["Id"] for entry in answer.get(key, [])) for key in ("Successful", "Failed")]


@STORIES.tell(
    "A batch that is empty, too long or has an identifier twice is refused as a whole.",
    "SendMessageBatch",
    ["EmptyBatchRequest", "TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct"],
)
def batches_that_are_wrong_as_a_whole(stage: Stage) -> Any:
    queue = stage.queue()
    batches = [[], [str(n) for n in range(11)], ["same", "same"]]
    return [
        refusal(
            stage.sqs.send_message_batch, QueueUrl=queue, Entries=[{"Id": name, "MessageBody": "x"} for name in batch]
        )
        for batch in batches
    ]


@STORIES.tell("A message may be one mebibyte, and no byte more.", "SendMessage", ["accepted", "InvalidParameterValue"])
def payload_of_a_message(stage: Stage) -> Any:
    queue = stage.queue()
    return [refusal(stage.send, queue, "x" * size) for size in (MEBIBYTE, MEBIBYTE + 1)]


@STORIES.tell("A receive gives ten messages at most.", "ReceiveMessage", "InvalidParameterValue")
def eleven_at_once(stage: Stage) -> Any:
    return refusal(stage.receive, stage.queue(), 11)


@STORIES.tell("A second purge within a minute is refused.", "PurgeQueue", ["accepted", "PurgeQueueInProgress"])
def purge_twice(stage: Stage) -> Any:
    queue = stage.queue()
    return [refusal(stage.sqs.purge_queue, QueueUrl=queue) for _ in range(2)]


@STORIES.tell("A queue that does not exist is refused.", "SendMessage", "NonExistentQueue")
def unknown_queue(stage: Stage) -> Any:
    return refusal(stage.send, stage.queue() + "-other", "hello")


# -- FIFO queues -------------------------------------------------------------------------------------------------------


@STORIES.tell(
    "While a message of a group is in flight no other of that group is given out, and other groups go on.",
    "FIFO delivery logic in Amazon SQS",
    [["a1"], ["b1"], [], ["a2"]],
)
def fifo_group_lock(stage: Stage) -> Any:
    queue = stage.queue("q.fifo", ContentBasedDeduplication="true")
    for body in ("a1", "a2", "b1"):
        stage.send(queue, body, MessageGroupId=body[0])
    first = stage.receive(queue, 1)
    others = [stage.bodies(queue, 1), stage.bodies(queue, 1)]
    stage.delete(queue, first[0])
    return [[first[0]["Body"]], *others, stage.bodies(queue, 1)]


@STORIES.tell(
    "Messages of a group that come back come back in their order.",
    "FIFO delivery logic in Amazon SQS",
    [["1", "2", "3"], ["1", "2", "3"]],
)
def fifo_order_when_it_comes_back(stage: Stage) -> Any:
    queue = stage.queue("q.fifo", VisibilityTimeout=1, ContentBasedDeduplication="true")
    for body in "123":
        stage.send(queue, body, MessageGroupId="g")
    first = stage.bodies(queue)
    stage.wait(1.5)
    return [first, stage.bodies(queue)]


@STORIES.tell(
    "A duplicate within five minutes is answered with the original's identifier and not delivered.",
    "Exactly-once processing in Amazon SQS",
    [True, ["hello"]],
)
def fifo_duplicate(stage: Stage) -> Any:
    queue = stage.queue("q.fifo")
    options = {"MessageGroupId": "g", "MessageDeduplicationId": "same"}
    first, second = stage.send(queue, "hello", **options), stage.send(queue, "other", **options)
    return [first["MessageId"] == second["MessageId"], stage.bodies(queue)]


@STORIES.tell(
    "A duplicate is dropped also when the original has been received and deleted.",
    "Exactly-once processing in Amazon SQS",
    [],
)
def fifo_duplicate_after_delete(stage: Stage) -> Any:
    queue = stage.queue("q.fifo")
    options = {"MessageGroupId": "g", "MessageDeduplicationId": "same"}
    stage.send(queue, "hello", **options)
    stage.delete(queue, stage.receive(queue)[0])
    stage.send(queue, "hello", **options)
    return stage.bodies(queue)


@STORIES.tell(
    "A FIFO queue wants a message group, and a deduplication identifier unless the content gives it.",
    "SendMessage",
    ["MissingParameter", "InvalidParameterValue", "accepted"],
)
def fifo_parameters(stage: Stage) -> Any:
    plain, by_content = stage.queue("q.fifo"), stage.queue("c.fifo", ContentBasedDeduplication="true")
    return [
        refusal(stage.send, plain, "x", MessageDeduplicationId="d"),
        refusal(stage.send, plain, "x", MessageGroupId="g"),
        refusal(stage.send, by_content, "x", MessageGroupId="g"),
    ]
