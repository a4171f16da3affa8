"""Reads a journal once, from where it stopped the last time."""

from __future__ import annotations

from waterline.journal import Journal
from waterline.services.metrics import functions, queues, workflows
from waterline.services.metrics.functions import FunctionMetrics
from waterline.services.metrics.queues import QueueMetrics
from waterline.services.metrics.series import Metric, Series
from waterline.services.metrics.workflows import WorkflowMetrics

NAMESPACES = frozenset({functions.NAMESPACE, queues.NAMESPACE, workflows.NAMESPACE})
SERVICES = {"lambda": functions.NAMESPACE, "sqs": queues.NAMESPACE, "states": workflows.NAMESPACE}


class JournalMetrics:
    """The metrics of a journal whose instant 0 is `origin` microseconds after 1970.

    Asking again costs only what was written since.
    """

    def __init__(self, journal: Journal, origin: int) -> None:
        self.origin = origin
        self._journal = journal
        self._read = 0
        self._functions = FunctionMetrics()
        self._queues = QueueMetrics()
        self._workflows = WorkflowMetrics()

    @property
    def now(self) -> int:
        """This instant, in microseconds since 1970."""
        return self.origin + self._journal.now

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have samples, in the order of their names."""
        self._catch_up()
        known = [*self._functions.series, *self._queues.series, *self._workflows.series]
        return sorted(known, key=lambda m: (m.namespace, m.name, m.dimensions))

    def series(self, metric: Metric) -> Series | None:
        """The series of a metric, or None if nothing has happened that it would count."""
        self._catch_up()
        return (
            self._functions.series.get(metric) or self._queues.series.get(metric) or self._workflows.series.get(metric)
        )

    def _catch_up(self) -> None:
        for event in self._journal[self._read :]:
            at = self.origin + event.at
            if event.place.startswith("lambda:"):
                self._functions.take(event, at)
            elif event.place.startswith("sqs:"):
                self._queues.take(event, at)
            elif event.place.startswith("states:"):
                self._workflows.take(event, at)
        self._read = len(self._journal)
