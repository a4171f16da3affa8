"""Moving messages from a dead-letter queue back to where they came from: the message move task.

StartMessageMoveTask, API reference, and "Learn how to configure a dead-letter queue redrive in Amazon SQS", SQS
Developer Guide: a task moves the visible messages, oldest first, to their original queues or to one of the same type
that the caller names; in the destination each is a *new* message, with a new identifier, a new retention period and no
receives. In the journal the new message has the old one as its parent.

Without ``MaxNumberOfMessagesPerSecond`` AWS optimizes the rate by itself and does not say how. Here it is then the
highest that can be asked for, 500 messages a second. The first message moves one interval after the start. A task stops
after as many messages as were visible when it started, or when none is left.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from moto.moto_api._internal import mock_random

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.sqs import errors, limits
from waterline.services.sqs.message import Message
from waterline.services.sqs.queue import CloudQueue

FindQueue = Callable[[str], CloudQueue | None]


class MoveTask:
    """One message move task. `find` looks a queue up by its ARN; `status` is as in ListMessageMoveTasks."""

    def __init__(
        self, ground: Ground, source: CloudQueue, destination: CloudQueue | None, rate: int | None, find: FindQueue
    ) -> None:
        self.id = str(mock_random.uuid4())
        self.source = source
        self.status = "RUNNING"
        self.moved = 0
        self._clock = ground.clock
        self._destination = destination
        self._rate = rate
        self._find = find
        self._failure: str | None = None
        self._to_move = source.visible_count
        self._started_at = int(ground.clock.start.timestamp() * 1000) + ground.clock.now // 1000
        self._interval = SECOND // (rate or limits.MOVES_PER_SECOND.high)
        self._timer = self._clock.after(self._interval if self._to_move else 0, self._move)

    @property
    def handle(self) -> str:
        text = json.dumps({"taskId": self.id, "sourceArn": self.source.queue_arn})
        return urlsafe_b64encode(text.encode()).decode()

    def cancel(self) -> None:
        """Leave where they are the messages that have not been moved."""
        if self.status != "RUNNING":
            # AWS documents only that a task must be running; the sentence is ours.
            raise errors.invalid_parameter(
                "Value for parameter TaskHandle is invalid. Reason: the task is not running."
            )
        self._end("CANCELLED")

    def as_result(self) -> dict[str, Any]:
        """The task as an entry of ListMessageMoveTasks."""
        result: dict[str, Any] = {
            "Status": self.status,
            "SourceArn": self.source.queue_arn,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self._to_move,
            "StartedTimestamp": self._started_at,
        }
        optional = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "DestinationArn": self._destination.queue_arn if self._destination else None,
            "MaxNumberOfMessagesPerSecond": self._rate,
            "FailureReason": self._failure,
        }
        return result | {name: value for name, value in optional.items() if value is not None}

    def _move(self) -> None:
        message = self.source.oldest()
        if message is None or self.moved == self._to_move:
            self._end("COMPLETED")
            return
        destination = self._destination
        if destination is None:
            if message.dead_letter_source is None:
                self._end("FAILED", "CouldNotDetermineMessageSource")
                return
            destination = self._find(message.dead_letter_source)
        if destination is None or destination.deleted:
            self._end("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
            return
        self.source.withdraw(message, to=destination.name)
        destination.send(
            Message(
                str(mock_random.uuid4()),
                message.body,
                attributes=message.message_attributes,
                system_attributes=message.system_attributes,
                group_id=message.group_id,
                deduplication_id=message.deduplication_id,
                parents=(message.id,),
            )
        )
        self.moved += 1
        if self.moved == self._to_move:
            self._end("COMPLETED")
        else:
            self._timer = self._clock.after(self._interval, self._move)

    def _end(self, status: str, failure: str | None = None) -> None:
        self._timer.cancel()
        self.status, self._failure = status, failure


def named_by(task_handle: str) -> tuple[str, str]:
    """The identifier of the task that a handle names, and the ARN of its source queue."""
    try:
        fields = json.loads(urlsafe_b64decode(task_handle.encode()))
        return str(fields["taskId"]), str(fields["sourceArn"])
    except (ValueError, KeyError, TypeError):
        raise errors.invalid_parameter("Value for parameter TaskHandle is invalid.") from None
