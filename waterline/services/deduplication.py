"""What a FIFO queue or topic remembers of the messages that it took, so that it takes none of them twice.

Words
-----
ledger
    the deduplication identifiers of the last five minutes, counted from the first send with that identifier, whether
    or not the message is still there ("Exactly-once processing in Amazon SQS"; facts ``sqs.dedup_interval`` and
    ``sns.dedup_interval``).
scope
    what has identifiers of its own: a message group, or, as None, the whole queue or topic.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Original:
    """The message that was stored for a deduplication identifier. `forgotten_at` is in microseconds."""

    message_id: str
    sequence_number: str
    forgotten_at: int


class Ledger:
    """The deduplication identifiers of one queue or topic. `interval`: how long it remembers, in microseconds."""

    def __init__(self, interval: int) -> None:
        self._interval = interval
        self._originals: dict[tuple[str | None, str], Original] = {}

    def original(self, scope: str | None, deduplication_id: str, now: int) -> Original | None:
        """The message that was sent with this identifier within the interval."""
        while self._originals:
            oldest = next(iter(self._originals))
            if self._originals[oldest].forgotten_at > now:
                break
            del self._originals[oldest]
        return self._originals.get((scope, deduplication_id))

    def enter(self, scope: str | None, deduplication_id: str, message_id: str, sequence_number: str, now: int) -> None:
        """Remember a message that was stored now."""
        self._originals[scope, deduplication_id] = Original(message_id, sequence_number, now + self._interval)
