"""The verbs of the SQS API, on queues of ours.

moto parses a request, finds the queue, keeps attributes, tags, permissions and policies, and writes the answer. What
concerns messages is decided here. All of moto's own producers (SNS, EventBridge, S3) come in by ``send_message`` too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from moto.sqs import urls as moto_urls
from moto.sqs.exceptions import PurgeQueueInProgress, SQSException
from moto.sqs.models import SQSBackend, _filter_message_attributes

from waterline.ground import Ground
from waterline.services.sqs import errors, limits, requests
from waterline.services.sqs.message import Message
from waterline.services.sqs.queue import CloudQueue
from waterline.services.sqs.redrive import MoveTask, named_by
from waterline.services.sqs.responses import QueueResponse


class QueueBackend(SQSBackend):  # type: ignore[misc]
    """The queues of one account in one Region. `ground` is set by ``waterline.ground.installed``."""

    ground: Ground

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._move_tasks: dict[str, MoveTask] = {}

    @property
    def _url_module(self) -> SimpleNamespace:
        """moto's addresses, answered by our responses: moto reads them from here when a request comes in."""
        return SimpleNamespace(
            url_bases=moto_urls.url_bases, url_paths=dict.fromkeys(moto_urls.url_paths, QueueResponse.dispatch)
        )

    # -- queues ------------------------------------------------------------------------------------------------------

    def create_queue(self, name: str, tags: dict[str, str] | None = None, **kwargs: Any) -> CloudQueue:
        self.ground.clock.refuse_other_threads()
        self._check(kwargs, fifo=str(kwargs.get("FifoQueue", "false")).lower() == "true")
        queue = super().create_queue(name, tags, **kwargs)
        return queue if isinstance(queue, CloudQueue) else CloudQueue.taking_over(queue, self.ground)

    def set_queue_attributes(self, queue_name: str, attributes: dict[str, Any]) -> CloudQueue:
        queue = self.get_queue(queue_name)
        self._check(attributes, fifo=queue.fifo_queue)
        super().set_queue_attributes(queue_name, attributes)
        return queue

    def delete_queue(self, queue_name: str) -> None:
        queue = self.get_queue(queue_name)
        queue.close()
        super().delete_queue(queue_name)

    def purge_queue(self, queue_name: str) -> None:
        queue = self.get_queue(queue_name)
        if not queue.purge():
            raise PurgeQueueInProgress(queue.name)

    def get_queue(self, queue_name: str) -> CloudQueue:
        self.ground.clock.refuse_other_threads()
        queue: CloudQueue = super().get_queue(queue_name)
        return queue

    def queue_at(self, arn: str) -> CloudQueue | None:
        """The queue with this ARN."""
        queue: CloudQueue | None = self.queues.get(arn.rpartition(":")[2])
        return queue if queue is not None and queue.queue_arn == arn else None

    def _check(self, attributes: Mapping[str, Any], fifo: bool) -> None:
        requests.check_queue_attributes(attributes)
        policy = attributes.get("RedrivePolicy")
        if isinstance(policy, str):
            try:
                policy = json.loads(policy)
            except ValueError:
                return  # moto answers it
        if isinstance(policy, dict):
            requests.check_redrive(policy, fifo, self.queue_at(str(policy.get("deadLetterTargetArn"))))

    # -- messages ----------------------------------------------------------------------------------------------------

    def send_message(
        self,
        queue_name: str,
        message_body: str,
        message_attributes: dict[str, Any] | None = None,
        delay_seconds: int | None = None,
        deduplication_id: str | None = None,
        group_id: str | None = None,
        system_attributes: dict[str, Any] | None = None,
        validate_group_id: bool = True,
    ) -> Message:
        queue = self.get_queue(queue_name)
        if not queue.fifo_queue and not validate_group_id:
            deduplication_id = None  # a FIFO topic hands it to its standard queues as well
        delay = None if delay_seconds is None else int(delay_seconds)
        message = requests.new_message(
            queue,
            message_body,
            message_attributes,
            delay,
            deduplication_id,
            group_id,
            system_attributes,
            self.ground.clock.cause,
        )
        return queue.send(message, None if queue.fifo_queue else delay)

    def send_message_batch(
        self, queue_name: str, entries: dict[str, dict[str, Any]]
    ) -> tuple[list[Message], list[dict[str, Any]]]:
        requests.check_batch(self.get_queue(queue_name), list(entries.values()))
        sent: list[Message] = []
        failed: list[dict[str, Any]] = []
        for entry in entries.values():
            try:
                message = self.send_message(
                    queue_name,
                    entry["MessageBody"],
                    entry.get("MessageAttributes"),
                    entry.get("DelaySeconds"),
                    entry.get("MessageDeduplicationId"),
                    entry.get("MessageGroupId"),
                    entry.get("MessageSystemAttributes"),
                )
                message.user_id = entry["Id"]  # where moto's answer looks for it
                sent.append(message)
            except SQSException as error:
                failed.append(requests.failed_entry(entry["Id"], error))
        return sent, failed

    def receive_message(
        self,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        if visibility_timeout not in limits.VISIBILITY_TIMEOUT:
            raise errors.out_of_range(visibility_timeout, "VisibilityTimeout", limits.VISIBILITY_TIMEOUT)
        received = self.get_queue(queue_name).poll(count, wait_seconds_timeout, visibility_timeout)
        for message in received:
            _filter_message_attributes(message, message_attribute_names or [])
        return received

    def delete_message(self, queue_name: str, receipt_handle: str) -> None:
        self.get_queue(queue_name).delete(receipt_handle)

    def delete_message_batch(
        self, queue_name: str, receipts: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        requests.check_entry_ids([entry["Id"] for entry in receipts])
        deleted: list[str] = []
        failed: list[dict[str, Any]] = []
        for entry in receipts:
            try:
                self.delete_message(queue_name, entry["ReceiptHandle"])
                deleted.append(entry["Id"])
            except SQSException as error:
                failed.append(requests.failed_entry(entry["Id"], error))
        return deleted, failed

    def change_message_visibility(self, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
        self.get_queue(queue_name).change_visibility(receipt_handle, int(visibility_timeout))

    def change_message_visibility_batch(
        self, queue_name: str, entries: list[dict[str, Any]]
    ) -> tuple[list[str], list[dict[str, Any]]]:
        requests.check_entry_ids([entry["Id"] for entry in entries])
        changed: list[str] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            try:
                # Without a timeout in the entry AWS uses the queue's.
                timeout = entry.get("VisibilityTimeout")
                if timeout is None:
                    timeout = self.get_queue(queue_name).visibility_timeout
                self.change_message_visibility(queue_name, entry["ReceiptHandle"], int(timeout))
                changed.append(entry["Id"])
            except SQSException as error:
                failed.append(requests.failed_entry(entry["Id"], error))
        return changed, failed

    # -- message move tasks ------------------------------------------------------------------------------------------

    def start_message_move_task(self, source_arn: str, destination_arn: str | None, rate: int | None) -> MoveTask:
        source = self._redrive_source(source_arn)
        if not any(queue.dead_letter_queue is source for queue in self.queues.values()):
            raise errors.invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
        destination = None
        if destination_arn is not None:
            destination = self.queue_at(destination_arn)
            if destination is None:
                raise errors.no_such_resource("DestinationArn")
            if destination.fifo_queue != source.fifo_queue:
                # The guide says that both must be of the same type; the sentence is ours.
                raise errors.invalid_value(
                    destination_arn, "DestinationArn", "The destination must be same type of queue as the source."
                )
        if rate is not None and rate not in limits.MOVES_PER_SECOND:
            raise errors.out_of_range(rate, "MaxNumberOfMessagesPerSecond", limits.MOVES_PER_SECOND)
        if any(task.source is source and task.status == "RUNNING" for task in self._move_tasks.values()):
            raise errors.invalid_parameter(
                "There is already a task running. "
                "Only one active task is allowed for a source queue arn at a given time."
            )
        task = MoveTask(self.ground, source, destination, rate, self.queue_at)
        self._move_tasks[task.id] = task
        return task

    def list_message_move_tasks(self, source_arn: str, count: int) -> list[MoveTask]:
        """The latest tasks of a queue, the latest first."""
        if count not in limits.MOVE_TASKS_LISTED:
            raise errors.out_of_range(count, "MaxResults", limits.MOVE_TASKS_LISTED)
        source = self._redrive_source(source_arn)
        return [task for task in reversed(self._move_tasks.values()) if task.source is source][:count]

    def cancel_message_move_task(self, task_handle: str) -> MoveTask:
        task_id, source_arn = named_by(task_handle)
        self._redrive_source(source_arn)
        if task_id not in self._move_tasks:
            raise SQSException("ResourceNotFoundException", "Task does not exist.")
        task = self._move_tasks[task_id]
        task.cancel()
        return task

    def _redrive_source(self, arn: str) -> CloudQueue:
        self.ground.clock.refuse_other_threads()
        source = self.queue_at(arn)
        if source is None:
            raise errors.no_such_resource("SourceArn")
        return source
