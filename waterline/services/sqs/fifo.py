"""What makes a queue FIFO: the order within a message group, and the deduplication of what is sent.

Words
-----
message group
    the messages with one MessageGroupId. They are received in the order in which they were sent, also when they come
    back; while any of them is in flight, no other receive gets one of the group (SQS Developer Guide, "FIFO delivery
    logic in Amazon SQS"). One receive may take several messages of a group, and takes as many of one group as it can
    before it goes on to the next.
ledger
    of the last five minutes' deduplication identifiers: ``waterline.services.deduplication``. With
    ``DeduplicationScope`` set to ``messageGroup`` each group has identifiers of its own.
sequence number
    20 digits that grow from message to message of a queue.
"""

from __future__ import annotations

from waterline.services.sqs.available import Wanted
from waterline.services.sqs.message import Message
from waterline.services.sqs.shelf import Shelf

_FIRST_SEQUENCE_NUMBER = 18_850_000_000_000_000_000


def sequence_number(order: int) -> str:
    """The 20 digits of the message that was stored as number `order` in its queue."""
    return str(_FIRST_SEQUENCE_NUMBER + order)


class _Group:
    """The visible messages of one group, and how many are in flight."""

    def __init__(self) -> None:
        self.visible: Shelf[Message] = Shelf()
        self.in_flight = 0


class MessageGroups:
    """The visible messages of a FIFO queue, by message group."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}
        self._ready: Shelf[_Group] = Shelf()

    def put(self, message: Message) -> bool:
        group = self._groups.setdefault(message.group_id, _Group())
        group.visible.put(message, message.order)
        return self._refresh(message.group_id)

    def discard(self, message: Message) -> None:
        if message.group_id in self._groups:
            self._groups[message.group_id].visible.discard(message)
            self._refresh(message.group_id)

    def take(self, count: int, wanted: Wanted) -> list[Message]:
        taken: list[Message] = []
        while len(taken) < count and (group := self._ready.first()) is not None:
            while len(taken) < count and (message := group.visible.pop()) is not None:
                group_id = message.group_id
                if wanted(message):
                    taken.append(message)
                    group.in_flight += 1
            self._refresh(group_id)
        return taken

    def release(self, message: Message) -> bool:
        self._groups[message.group_id].in_flight -= 1
        return self._refresh(message.group_id)

    def oldest(self) -> Message | None:
        group = self._ready.first()
        return None if group is None else group.visible.first()

    def _refresh(self, group_id: str) -> bool:
        """Keep the group among the ready ones, by its oldest message, exactly if it has one and is not locked."""
        group = self._groups.get(group_id)
        if group is None:
            return False
        head = group.visible.first()
        if group.in_flight == 0 and head is not None:
            self._ready.put(group, head.order)
            return True
        self._ready.discard(group)
        if group.in_flight == 0:
            del self._groups[group_id]
        return False
