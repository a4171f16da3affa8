"""Reads a journal once, from where it stopped the last time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from waterline.journal import Event, Journal
from waterline.services.metrics import deliveries, functions, queues, streams
from waterline.services.metrics.deliveries import DeliveryMetrics
from waterline.services.metrics.functions import FunctionMetrics
from waterline.services.metrics.queues import QueueMetrics
from waterline.services.metrics.series import Metric, Series
from waterline.services.metrics.streams import StreamMetrics


class _Takes(Protocol):
    """What takes in the events at the places of one service."""

    @property
    def series(self) -> Mapping[Metric, Series]: ...

    def take(self, event: Event, at: int) -> None: ...


_READERS: Mapping[str, tuple[str, Callable[[], _Takes]]] = {
    "lambda": (functions.NAMESPACE, FunctionMetrics),
    "sqs": (queues.NAMESPACE, QueueMetrics),
    "kinesis": (streams.NAMESPACE, StreamMetrics),
    "firehose": (deliveries.NAMESPACE, DeliveryMetrics),
}
SERVICES = {service: namespace for service, (namespace, _) in _READERS.items()}
NAMESPACES = frozenset(SERVICES.values())


class JournalMetrics:
    """The metrics of a journal whose instant 0 is `origin` microseconds after 1970.

    Asking again costs only what was written since.
    """

    def __init__(self, journal: Journal, origin: int) -> None:
        self.origin = origin
        self._journal = journal
        self._read = 0
        self._services = {service: reader() for service, (_, reader) in _READERS.items()}

    @property
    def now(self) -> int:
        """This instant, in microseconds since 1970."""
        return self.origin + self._journal.now

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have samples, in the order of their names."""
        self._catch_up()
        found = [metric for service in self._services.values() for metric in service.series]
        return sorted(found, key=lambda m: (m.namespace, m.name, m.dimensions))

    def series(self, metric: Metric) -> Series | None:
        """The series of a metric, or None if nothing has happened that it would count."""
        self._catch_up()
        return next((s.series[metric] for s in self._services.values() if metric in s.series), None)

    def _catch_up(self) -> None:
        for event in self._journal[self._read :]:
            service = self._services.get(event.service)
            if service is not None:
                service.take(event, self.origin + event.at)
        self._read = len(self._journal)
