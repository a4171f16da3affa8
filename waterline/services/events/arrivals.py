"""What happens to an event on a bus: archives keep it, rules match it, their targets get it.

The journal has ``sent`` with the names of the rules that match; ``filtered`` when there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from waterline.ground import Ground
from waterline.services import patterns
from waterline.services.events.archives import Shelves
from waterline.services.events.event import BusEvent
from waterline.services.events.inputs import Naming
from waterline.services.events.routing import Router

_DISABLED = "DISABLED"


def enabled(rule: Any) -> bool:
    """Whether a rule (moto's) is switched on."""
    return str(rule.state) != _DISABLED


class Arrivals:
    """The events that come to the buses of one account in one Region."""

    def __init__(self, ground: Ground, router: Router, shelves: Shelves) -> None:
        self._ground = ground
        self._router = router
        self._shelves = shelves
        self._patterns: dict[str, patterns.Pattern | None] = {}
        self.listeners: list[Callable[[str, BusEvent], object]] = []
        """Who hears of every event, with the name of its bus. They must not block."""

    def know(self, rule: Any, pattern: patterns.Pattern | None) -> None:
        """A rule was put, with this pattern."""
        self._patterns[rule.arn] = pattern

    def arrive(self, bus: Any, event: BusEvent, only: frozenset[str] | None = None, **detail: Any) -> None:
        """An event is on a bus (moto's). `only`: the ARNs of the only rules that may have it."""
        rules = [rule for rule in bus.rules.values() if self._wants(rule, event) and (only is None or rule.arn in only)]
        self._sent(bus.name, event, rules, **detail)
        self._shelves.take(bus.arn, event)
        if not rules:
            self._ground.journal.record("filtered", f"events:{bus.name}", event.id, why="no rule of the bus wants it")
        self._route(bus.name, event, rules)
        for heard in self.listeners:
            heard(bus.name, event)

    def fall_due(self, bus: Any, rule: Any, event: BusEvent) -> None:
        """The event of a scheduled rule, for its own targets."""
        self._sent(bus.name, event, [rule], scheduled=True)
        self._route(bus.name, event, [rule])

    def lose(self, bus: str, event: BusEvent) -> None:
        """An event for a bus that is not there."""
        self._sent(bus, event, ())
        self._ground.journal.record("dropped", f"events:{bus}", event.id, why=f"there is no event bus {bus}")

    def _wants(self, rule: Any, event: BusEvent) -> bool:
        pattern = self._patterns.get(rule.arn)
        return enabled(rule) and not rule.managed_by and pattern is not None and pattern.wants(event.document)

    def _route(self, bus: str, event: BusEvent, rules: Sequence[Any]) -> None:
        for rule in rules:
            self._router.send(bus, Naming(rule.arn, rule.name), rule.targets, event)

    def _sent(self, bus: str, event: BusEvent, rules: Sequence[Any], **detail: Any) -> None:
        self._ground.journal.record(
            "sent",
            f"events:{bus}",
            event.id,
            detail.pop("parents", self._ground.clock.cause),
            body=event.detail,
            source=event.content["source"],
            detail_type=event.content["detail-type"],
            rules=[rule.name for rule in rules],
            **detail,
        )
