"""What a run used, read from its journal in one pass, and multiplied to a month.

What is counted, and how
------------------------
Lambda
    a request for each invocation, whatever came of it; duration with initialization, to the millisecond. A journal does
    not know a function's memory or architecture: they are given, or Lambda's defaults.
SQS
    a request for each message sent, received and deleted, by started 64 KB of the body; but what an event source
    mapping receives and deletes is counted by the batches that it invoked with, ten messages to a request. A journal
    does not hold which calls of your own code were batches, nor receives that found nothing: the first makes this count
    too high, the second too low.
SNS
    what was published to a topic, and the copies that it delivered, by protocol; of FIFO topics also their sizes. What
    a filter on the body reads, handshakes, and attempts that failed are not counted.
EventBridge, Kinesis, Firehose
    what was sent to a bus or stream, by its size; of buses, replayed events and those of AWS services apart. Shards,
    archives and deliveries by HTTP are not in a journal.
Scheduler, Pipes
    a request for each invocation of a schedule's target, tried again or not; for each batch that a pipe worked on, by
    started 64 KB of it. What a pipe receives from a queue is counted one by one.

Step Functions
    a transition for each state that was entered, each retry and each redrive of a Standard workflow; a request for each
    Express execution, and its duration with the least memory, which is what the lab can know of it.

Places of other services are named in a remark and not priced.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from waterline.facts import facts
from waterline.journal import Journal
from waterline.pricing import eventbridge, firehose, kinesis, lambda_, sns, sqs, stepfunctions
from waterline.pricing.profile import GB, HOURS, Number, chunks, exact, up
from waterline.pricing.tariff import Line, Tariff, Use

SECOND: Final = 1_000_000

_SERVICES: Final[Mapping[str, str]] = {
    "sqs": "sqs",
    "lambda": "lambda",
    "sns": "sns",
    "events": "eventbridge",
    "eventbridge": "eventbridge",
    "kinesis": "kinesis",
    "firehose": "firehose",
    "eventsv2": "eventsv2",
    "scheduler": "scheduler",
    "pipes": "pipes",
    "states": "stepfunctions",
}
_EXPRESS: Final = f"Each execution is counted with {stepfunctions.MEMORY_CHUNK} MB of memory, the least."
_QUEUES: Final = (
    "Sends, and receives and deletes by your own code, are counted one by one, even if a call held more; "
    "receives that found nothing are not counted."
)


@dataclass(frozen=True)
class Run:
    """The journal of a run that happens so many `times` a month.

    `memory` in MB, of every function or by function name; `architecture` of all of them.
    """

    journal: Journal
    times: Number = 1
    memory: int | Mapping[str, int] | None = None
    architecture: lambda_.Architecture = "x86"

    @classmethod
    def all_month(cls, journal: Journal, memory: int | Mapping[str, int] | None = None) -> Run:
        """The run, again and again without a pause, for 730 hours."""
        if journal.now <= 0:
            raise ValueError("No time has passed in this run, so it cannot be repeated all month: advance the clock.")
        return cls(journal, Decimal(HOURS * 3600 * SECOND) / journal.now, memory)

    @property
    def messages(self) -> Decimal:
        """How many messages a month of it carries: those that came from no other message."""
        first = sum(1 for event in self.journal if event.kind == "sent" and not event.parents)
        return first * exact(self.times)

    def lines(self, tariff: Tariff) -> Iterator[Line]:
        used = Used(self.journal)
        times = exact(self.times)
        tariff.remark(f"What one run used, {'once' if times == 1 else f'{times.normalize():,f} times'} a month.")
        for use in used.uses(self._memory, self.architecture, times):
            yield from use.lines(tariff)
        if used.unpriced:
            tariff.remark(f"Not priced: what happened at {', '.join(sorted(used.unpriced))}.")

    def _memory(self, function: str) -> int:
        default = facts["lambda.memory_default"].count
        if self.memory is None or isinstance(self.memory, int):
            return self.memory or default
        return self.memory.get(function, default)


class Used:
    """The counts of one journal, before they are multiplied. Counters of sizes hold how many payloads had each size."""

    def __init__(self, journal: Journal) -> None:
        self.sent: dict[str, Counter[int]] = defaultdict(Counter)
        """By place: the sizes of what was sent there."""
        self.received: dict[str, Counter[int]] = defaultdict(Counter)
        """By queue: the sizes of the messages that were received one by one."""
        self.bus_events: Counter[str] = Counter()
        """Events on buses in chunks, but custom ones: of AWS services, and replayed."""
        self.receives: Counter[str] = Counter()
        """By queue: the requests with which mappings received their batches."""
        self.deletes: Counter[str] = Counter()
        """By queue: requests that delete."""
        self.calls: Counter[str] = Counter()
        """By queue: other requests, each about one message."""
        self.grouped: set[str] = set()
        """The queues and topics that messages with a group were sent to."""
        self.invocations: Counter[str] = Counter()
        self.milliseconds: Counter[str] = Counter()
        """By function: what its invocations lasted, each rounded up."""
        self.piped: Counter[str] = Counter()
        """By batch of a pipe: its size."""
        self.delivered: dict[str, Counter[int]] = defaultdict(Counter)
        """By protocol: the sizes of the copies that standard topics delivered."""
        self.delivered_in_order: Counter[int] = Counter()
        """The sizes of the copies that FIFO topics delivered."""
        self.transitions: Counter[str] = Counter()
        """By state machine: the transitions of its Standard executions."""
        self.express: Counter[str] = Counter()
        """By state machine: its Express executions."""
        self.express_milliseconds: Counter[str] = Counter()
        """By state machine: what its Express executions lasted, each rounded up as it is charged."""
        self.unpriced: set[str] = set()
        self._copies: dict[str, tuple[str, int]] = {}
        self._sizes: dict[str, int] = {}
        self._held: dict[str, str] = {}
        self._batch_of: dict[str, str] = {}
        self._batch: list[tuple[str, int]] = []
        self._express_executions: set[str | None] = set()
        self._count(journal)

    def uses(self, memory: Callable[[str], int], architecture: lambda_.Architecture, times: Decimal) -> Iterator[Use]:
        """What so many runs take of each service that is priced here."""

        def scaled(count: int) -> int:
            return up(count * times)

        queues: dict[sqs.Kind, list[int]] = {}
        for place in dict.fromkeys([*self._at("sqs"), *self.received, *self.receives, *self.deletes, *self.calls]):
            counts = queues.setdefault(self._kind(place), [0, 0, 0])
            counts[0] += _chunked(self.sent[place], sqs.CHUNK) + self.calls[place]
            counts[1] += _chunked(self.received[place], sqs.CHUNK) + self.receives[place]
            counts[2] += self.deletes[place]
        for kind, counts in queues.items():
            sends, receives, deletes = map(scaled, counts)
            yield sqs.Queue(sends, receives, deletes, kind=kind, note=_QUEUES)
        yield self._functions(memory, architecture, times)
        yield from self._topics(times)
        buses = _all(self, "eventbridge")
        if buses or self.bus_events:
            yield eventbridge.Bus(
                scaled(_chunked(buses, eventbridge.CHUNK)),
                aws_events=scaled(self.bus_events["aws"]),
                replayed=scaled(self.bus_events["replayed"]),
            )
        if records := _all(self, "kinesis"):
            yield kinesis.Stream(units=scaled(_chunked(records, kinesis.UNIT)), note="Shards are not counted.")
        if records := _all(self, "firehose"):
            size = _chunked(records, firehose.ROUNDING) * firehose.ROUNDING
            yield firehose.Delivery(size * times / GB)
        if data := _all(self, "eventsv2"):
            yield eventbridge.CustomBus(sum(size * count for size, count in data.items()) * times / GB)
        if invoked := _all(self, "scheduler"):
            yield eventbridge.Scheduler(scaled(invoked.total()))
        if self.piped:
            yield eventbridge.Pipe(scaled(sum(chunks(size, eventbridge.PIPE_CHUNK) for size in self.piped.values())))

        if transitions := self.transitions.total():
            yield stepfunctions.Standard(scaled(transitions))
        if requests := self.express.total():
            duration = stepfunctions.gb_seconds(self.express_milliseconds.total())
            yield stepfunctions.Express(scaled(requests), duration * times, note=_EXPRESS)

    def _topics(self, times: Decimal) -> Iterator[Use]:
        standard, fifo = Counter[int](), Counter[int]()
        for place in self._at("sns"):
            (fifo if place.endswith(".fifo") else standard).update(self.sent[place])
        if standard:
            publishes = _chunked(standard, sns.CHUNK)
            deliveries = {protocol: up(sizes.total() * times) for protocol, sizes in self.delivered.items()}
            yield sns.Topic(up(publishes * times), deliveries, chunked=publishes != standard.total())
        if fifo:
            delivered = self.delivered_in_order
            yield sns.FifoTopic(
                up(fifo.total() * times),
                _chunked(fifo, 1) * times / GB,
                up(delivered.total() * times),
                _chunked(delivered, 1) * times / GB,
            )

    def _functions(
        self, memory: Callable[[str], int], architecture: lambda_.Architecture, times: Decimal
    ) -> lambda_.Function:
        duration = sum(
            (
                lambda_.gb_seconds(1, milliseconds, memory(place.partition(":")[2]))
                for place, milliseconds in self.milliseconds.items()
            ),
            Decimal(0),
        )
        further = sum(
            count * (lambda_.asynchronous_requests(size) - 1)
            for place in self._at("lambda")
            for size, count in self.sent[place].items()
        )
        return lambda_.Function(up((self.invocations.total() + further) * times), duration * times, architecture)

    def _at(self, service: str) -> list[str]:
        return [place for place in self.sent if _SERVICES.get(place.partition(":")[0]) == service]

    def _kind(self, place: str) -> sqs.Kind:
        return "fifo" if place.endswith(".fifo") else "fair" if place in self.grouped else "standard"

    def _count(self, journal: Journal) -> None:
        starting: dict[tuple[str, int], int] = {}
        initialized: dict[str, int] = {}
        known: set[str] = set()
        begun = ended = ""
        deleting, together = "", 0
        for event in journal:
            kind, place, message, detail = event.kind, event.place, event.message, event.detail
            if place not in known:
                if place.partition(":")[0] not in _SERVICES:
                    self.unpriced.add(place)
                    continue
                known.add(place)
            if place.startswith("states:"):
                self._workflow(kind, place, message, detail)
            elif kind == "sent":
                self._sent(place, message, detail)
            elif kind == "received" and message is not None:
                self.received[place][self._sizes.get(message, 0)] += 1
                self._held[message] = place
            elif kind == "deleted" and message is not None:
                batch = self._batch_of.pop(message, "")
                if not batch or batch != deleting or together == sqs.BATCH:
                    self.deletes[place] += 1
                    together = 0
                deleting, together = batch, together + 1
            elif kind == "invoked":
                invocation = detail.get("invocation", "")
                if invocation != begun:
                    self._close_batch()
                    begun = invocation
                    cold = starting.pop((place, detail.get("environment", 0)), None)
                    if cold is not None:
                        initialized[invocation] = event.at - cold
                queue = None if message is None else self._held.pop(message, None)
                if message is not None and queue is not None:
                    self._batch.append((queue, self._sizes.get(message, 0)))
                    self._batch_of[message] = invocation
            elif kind == "started":
                starting[place, detail.get("environment", 0)] = event.at
            elif kind in ("succeeded", "failed"):
                invocation = detail.get("invocation", "")
                if "duration" in detail and invocation != ended:
                    ended = invocation
                    self.invocations[place] += 1
                    self.milliseconds[place] += -(-(detail["duration"] + initialized.pop(invocation, 0)) // 1000)
            elif kind in ("hidden", "deduplicated") and place.startswith("sqs:"):
                self.calls[place] += 1
            if "batch" in detail and place.startswith("pipes:"):
                self.piped[detail["batch"]] += detail["size"]
            elif kind == "routed" and message is not None and event.parents and "request" not in detail:
                self._copies[message] = (detail.get("protocol", ""), self._sizes.get(event.parents[0], 0))
            elif kind == "delivered" and message in self._copies:
                self._delivered(place, *self._copies.pop(message))
        self._close_batch()

    def _workflow(self, kind: str, place: str, message: str | None, detail: Mapping[str, Any]) -> None:
        if kind == "sent":
            if detail["workflow"] == "EXPRESS":
                self._express_executions.add(message)
                self.express[place] += 1
        elif message not in self._express_executions:
            self.transitions[place] += int(kind in ("entered", "retried", "redriven"))
        elif kind in ("succeeded", "failed"):
            self.express_milliseconds[place] += stepfunctions.charged(Decimal(detail["duration"]) / 1000)

    def _sent(self, place: str, message: str | None, detail: Mapping[str, Any]) -> None:
        body = detail.get("body")
        size = len(body.encode()) if isinstance(body, str) else 0
        kind = eventbridge.kind_of(detail) if _SERVICES[place.partition(":")[0]] == "eventbridge" else "custom"
        if kind == "custom":
            self.sent[place][size] += 1
        else:
            self.bus_events[kind] += chunks(size, eventbridge.CHUNK)
        if message is not None:
            self._sizes[message] = size
        if "group" in detail:
            self.grouped.add(place)

    def _delivered(self, place: str, protocol: str, size: int) -> None:
        if place.endswith(".fifo"):
            self.delivered_in_order[size] += 1
        elif protocol in sns.PROTOCOLS:
            self.delivered[protocol][size] += 1

    def _close_batch(self) -> None:
        """What one invocation was given was received together: those receives are counted by tens."""
        for first in range(0, len(self._batch), sqs.BATCH):
            together = self._batch[first : first + sqs.BATCH]
            self.receives[together[0][0]] += chunks(sum(size for _, size in together), sqs.CHUNK)
            for queue, size in together:
                self.received[queue][size] -= 1
        self._batch.clear()


def _all(used: Used, service: str) -> Counter[int]:
    sizes: Counter[int] = Counter()
    for place in used._at(service):
        sizes += used.sent[place]
    return sizes


def _chunked(sizes: Counter[int], chunk: int) -> int:
    return sum(count * chunks(size, chunk) for size, count in sizes.items())
