"""What is wrong with a scenario, in one sentence."""

from __future__ import annotations

import math

from waterline.errors import LabMistake


class ScenarioRefused(LabMistake, ValueError):
    """A scenario that cannot be."""


def refused(sentence: str) -> ScenarioRefused:
    return ScenarioRefused(sentence)


def positive(name: str, value: float) -> None:
    """Raise ScenarioRefused for what is no number above 0."""
    if not _is_number(value) or value <= 0:
        raise refused(f"{name}={value!r} must be a number above 0.")


def not_negative(name: str, value: float) -> None:
    if not _is_number(value) or value < 0:
        raise refused(f"{name}={value!r} must be a number, 0 or above.")


def whole(name: str, value: int, low: int, high: int | None = None) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
        upper = "" if high is None else f" to {high:,}"
        raise refused(f"{name}={value!r} must be a whole number from {low:,}{upper}{' on' * (high is None)}.")


def share(name: str, value: float) -> None:
    if not _is_number(value) or not 0 <= value <= 1:
        raise refused(f"{name}={value!r} must be a share, from 0 (never) to 1 (always).")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
