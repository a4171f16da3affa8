"""Reads a journal once, from where it stopped the last time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from waterline.journal import Event, Journal
from waterline.services.metrics import buses, deliveries, functions, queues, streams, topics, workflows
from waterline.services.metrics.series import Metric, Series


class _ServiceMetrics(Protocol):
    """Takes in the events at the places of one service one by one; `series` is what they add up to."""

    @property
    def series(self) -> Mapping[Metric, Series]: ...

    def take(self, event: Event, at: int) -> None: ...


_READERS: Mapping[str, tuple[str, Callable[[], _ServiceMetrics]]] = {
    "lambda": (functions.NAMESPACE, functions.FunctionMetrics),
    "sqs": (queues.NAMESPACE, queues.QueueMetrics),
    "sns": (topics.NAMESPACE, topics.TopicMetrics),
    "events": (buses.NAMESPACE, buses.BusMetrics),
    "kinesis": (streams.NAMESPACE, streams.StreamMetrics),
    "firehose": (deliveries.NAMESPACE, deliveries.DeliveryMetrics),
    "states": (workflows.NAMESPACE, workflows.WorkflowMetrics),
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
        self._readers = {service: reader() for service, (_, reader) in _READERS.items()}

    @property
    def now(self) -> int:
        """This instant, in microseconds since 1970."""
        return self.origin + self._journal.now

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have samples, in the order of their names."""
        self._catch_up()
        found = [metric for reader in self._readers.values() for metric in reader.series]
        return sorted(found, key=lambda m: (m.namespace, m.name, m.dimensions))

    def series(self, metric: Metric) -> Series | None:
        """The series of a metric, or None if nothing has happened that it would count."""
        self._catch_up()
        found = (reader.series.get(metric) for reader in self._readers.values())
        return next((series for series in found if series is not None), None)

    def _catch_up(self) -> None:
        for event in self._journal[self._read :]:
            reader = self._readers.get(event.service)
            if reader is not None:
                reader.take(event, self.origin + event.at)
        self._read = len(self._journal)
