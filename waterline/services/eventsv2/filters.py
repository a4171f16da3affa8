"""Which events a subscriber wants: at most one pattern for each scope, and all of them must match.

=================  ===============================================================================
scope              the pattern is for
=================  ===============================================================================
DATA               the data; of an event whose data are bytes, nothing matches
METADATA           the publisher's keys, exact values only; an event of ``PutEvents`` has none
SYSTEM_METADATA    what the bus set, such as ``{"aws:Source": ["shop.orders"]}``
=================  ===============================================================================

Source: Amazon EventBridge User Guide, "Filtering events for a subscriber", "Subscribing to events on a Custom Event
Bus" (read 2026-11): every match type but ``wildcard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from waterline.services import patterns
from waterline.services.eventsv2.errors import InvalidInput
from waterline.services.eventsv2.event import LIVE, BusEvent
from waterline.services.patterns import ALL, InvalidPattern, Pattern

_MATCH_TYPES = ALL - {"wildcard"}
_EXACT: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Filters:
    """Patterns by scope."""

    patterns: Mapping[str, Pattern]

    def want(self, event: BusEvent, delivery: str = LIVE) -> bool:
        seen = event.seen(delivery)
        return all(self._matches(scope, pattern, event, seen) for scope, pattern in self.patterns.items())

    @staticmethod
    def _matches(scope: str, pattern: Pattern, event: BusEvent, seen: Mapping[str, Any]) -> bool:
        if scope == "DATA":
            return event.is_json and isinstance(event.data, dict) and pattern.wants(event.data)
        content = seen.get("Metadata" if scope == "METADATA" else "SystemMetadata")
        return content is not None and pattern.wants(content)


def filters_of(configuration: Mapping[str, Any] | None) -> Filters:
    """Compile a ``FilterConfiguration``. Raises what is answered to one that cannot be used."""
    if configuration is None:
        return Filters({})
    if not configuration.get("Filters"):
        raise InvalidInput("FilterConfiguration.Filters must contain at least one filter.")
    compiled: dict[str, Pattern] = {}
    for entry in configuration["Filters"]:
        scope = entry["Scope"]
        if scope in compiled:
            raise InvalidInput(f"FilterConfiguration.Filters must contain at most one filter for the scope {scope}.")
        known = _EXACT if scope == "METADATA" else _MATCH_TYPES
        try:
            compiled[scope] = patterns.compiled(entry["Pattern"], known)
        except InvalidPattern as error:
            raise InvalidInput(f"FilterConfiguration.Filters: the {scope} pattern is not valid: {error}.") from error
    return Filters(compiled)
