"""SQS: every API call is a request, and every started 64 KB of what it carries is one more.

A batch of ten small messages is one request to send, one to receive, one to delete: a tenth of the price. An empty
receive is a request too. Standard, FIFO and fair queues (a `MessageGroupId` on a standard queue) have prices of their
own; the free million is shared.

Source: the Amazon SQS pricing page, through the price lists that the facts name (2026-03 to 2026-07). That page says
that fair queues cost extra for messages with a group; here that is every request that carries or deletes one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from waterline.facts import facts
from waterline.pricing.profile import Profile
from waterline.pricing.tariff import Line, Tariff

Kind: TypeAlias = Literal["standard", "fifo", "fair"]

CHUNK: Final = facts["price.sqs.chunk"].bytes
BATCH: Final = facts["sqs.batch_entries_max"].count
PAYLOAD: Final = facts["sqs.batch_payload_max"].bytes


@dataclass(frozen=True, slots=True)
class Queue:
    """A month's requests to the queues of one kind: those for messages, by call, in chunks; and the empty receives."""

    sends: int = 0
    receives: int = 0
    deletes: int = 0
    empty_receives: int = 0
    kind: Kind = "standard"
    note: str = ""

    @classmethod
    def carrying(cls, profile: Profile, kind: Kind = "standard", receives: int = 1, empty_receives: int = 0) -> Queue:
        """Every message sent, received `receives` times and deleted, in the batches of the profile.

        Raises ValueError, in one sentence, for batches that a queue does not take.
        """
        if profile.batch > BATCH:
            raise ValueError(f"A request to a queue holds at most {BATCH} messages, not {profile.batch}.")
        if profile.batch * profile.payload > PAYLOAD:
            raise ValueError(
                f"A batch of {profile.batch} messages of {profile.payload:,} bytes is larger than the {PAYLOAD:,} "
                "bytes that one request to a queue may hold: make the batch smaller."
            )
        carried = profile.chunks_of_batches(CHUNK)
        return cls(carried, carried * receives, profile.batches, empty_receives, kind)

    @property
    def requests(self) -> int:
        """All of them."""
        return self.sends + self.receives + self.deletes + self.empty_receives

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        ladder = (
            ("price.sqs.fifo", "price.sqs.fifo_t2", "price.sqs.fifo_t3")
            if self.kind == "fifo"
            else ("price.sqs.standard", "price.sqs.standard_t2", "price.sqs.standard_t3")
        )
        note = self.note
        if self.empty_receives:
            note = f"{note} {self.empty_receives:,} of the requests are empty receives.".strip()
        yield from tariff.charge(
            f"SQS {self.kind}: requests",
            self.requests,
            "requests",
            *ladder,
            tiers="price.sqs.tiers",
            free="price.sqs.free",
            rests_on=("price.sqs.chunk",),
            note=note,
        )
        if self.kind == "fair":
            grouped = self.sends + self.receives + self.deletes
            yield from tariff.charge("SQS fair: surcharge", grouped, "requests", "price.sqs.fair_surcharge")
