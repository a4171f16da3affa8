"""Which route a path takes.

Words
-----
pattern
    a path with variables: ``/orders/{id}`` takes one segment, ``/{proxy+}`` (greedy) takes all that is left.

The most specific pattern wins: a segment that is spelled out before a variable, a variable before a greedy one. Source:
API Gateway Developer Guide, "Create routes for HTTP APIs in API Gateway" and "Set up a proxy integration with a proxy
resource" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Sequence


def match(pattern: str, segments: Sequence[str]) -> dict[str, str] | None:
    """The values of the pattern's variables, or None when the path does not take it."""
    wanted = parts(pattern)
    values: dict[str, str] = {}
    for position, part in enumerate(wanted):
        if part.startswith("{") and part.endswith("+}"):
            if position >= len(segments):
                return None
            return {**values, part[1:-2]: "/".join(segments[position:])}
        if position >= len(segments):
            return None
        if part.startswith("{") and part.endswith("}"):
            values[part[1:-1]] = segments[position]
        elif part != segments[position]:
            return None
    return values if len(wanted) == len(segments) else None


def specificity(pattern: str) -> tuple[int, ...]:
    """A key to sort patterns by, the most specific first."""
    return tuple(0 if not part.startswith("{") else 2 if part.endswith("+}") else 1 for part in parts(pattern))


def parts(pattern: str) -> list[str]:
    return pattern.strip("/").split("/") if pattern.strip("/") else []
