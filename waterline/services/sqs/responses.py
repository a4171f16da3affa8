"""The answers to SQS requests: moto's, with the operations and the attribute that moto lacks.

moto finds an operation by the name of a method, so a method is all that an operation needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.sqs.exceptions import EmptyBatchRequest
from moto.sqs.responses import SQSResponse

if TYPE_CHECKING:
    from waterline.services.sqs.backend import QueueBackend

_SOURCE = "DeadLetterQueueSourceArn"


class QueueResponse(SQSResponse):  # type: ignore[misc]
    """One request, and its answer."""

    @property
    def backend(self) -> QueueBackend:
        backend: QueueBackend = self.sqs_backend
        return backend

    def receive_message(self) -> ActionResult:
        answer = super().receive_message()
        wanted = {*self._get_param("AttributeNames", []), *self._get_param("MessageSystemAttributeNames", [])}
        if wanted & {"All", _SOURCE}:
            queue = self.backend.get_queue(self._get_queue_name())
            for received in answer.result.get("Messages", []):
                message = queue.holder(received["ReceiptHandle"])
                if message is not None and message.dead_letter_source is not None:
                    received.setdefault("Attributes", {})[_SOURCE] = message.dead_letter_source
        return answer

    def delete_message_batch(self) -> ActionResult:
        """Unlike moto's, this takes the same receipt handle twice: AWS wants only the entries' identifiers distinct."""
        entries = self._get_param("Entries", [])
        if not entries:
            raise EmptyBatchRequest(action="Delete")
        deleted, failed = self.backend.delete_message_batch(self._get_queue_name(), entries)
        return ActionResult({"Successful": [{"Id": entry_id} for entry_id in deleted], "Failed": failed})

    def start_message_move_task(self) -> ActionResult:
        task = self.backend.start_message_move_task(
            self._get_param("SourceArn"),
            self._get_param("DestinationArn"),
            self._get_param("MaxNumberOfMessagesPerSecond"),
        )
        return ActionResult({"TaskHandle": task.handle})

    def list_message_move_tasks(self) -> ActionResult:
        tasks = self.backend.list_message_move_tasks(self._get_param("SourceArn"), self._get_param("MaxResults", 1))
        results: list[dict[str, Any]] = [task.as_result() for task in tasks]
        return ActionResult({"Results": results})

    def cancel_message_move_task(self) -> ActionResult:
        task = self.backend.cancel_message_move_task(self._get_param("TaskHandle"))
        return ActionResult({"ApproximateNumberOfMessagesMoved": task.moved})
