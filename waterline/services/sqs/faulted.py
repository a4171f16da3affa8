"""What the faults of ``cloud.faults`` do to a message of a standard queue.

A standard queue promises neither order nor a single delivery, because each message is kept on several servers: a
receive asks only some of them, and a server that is unavailable during a delete may give the message out again later
(SQS Developer Guide, "Amazon SQS standard queues", "At-least-once delivery"; "Amazon SQS short and long polling"; read
2026-11). Here a *reordered* message is missed by every receive for a while, and counts as delayed meanwhile; a
*duplicate* is a copy that appears later, with the same message identifier and a life of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from waterline.clock import SECOND
from waterline.faults import Fault, Faults
from waterline.faults.injection import DUPLICATE, REORDER


@dataclass(frozen=True)
class Strikes:
    """What strikes one message as it is sent: how long it is missed, and after what times copies of it appear.

    All in microseconds.
    """

    missed_for: int = 0
    copies_after: tuple[int, ...] = ()

    @classmethod
    def drawn(cls, faults: Faults, queue: str) -> Strikes:
        """Ask every fault on the queue."""
        struck = [fault for fault in faults.on("queue", queue, DUPLICATE, REORDER) if fault.strikes()]
        return cls(
            max((_some_of(fault) for fault in struck if fault.kind == REORDER), default=0),
            tuple(_some_of(fault) for fault in struck if fault.kind == DUPLICATE),
        )


def _some_of(fault: Fault) -> int:
    """A random part of the fault's seconds, at least a microsecond."""
    return max(1, int(fault.draws.random() * fault.seconds * SECOND))
