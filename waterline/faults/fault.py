"""One fault: what it strikes, how often, and until when."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from waterline.clock import SECOND, Clock
from waterline.errors import LabMistake

When: TypeAlias = str | Callable[[str], object] | None
"""Which bodies are struck: those that hold this text, those for which this function is true, or None for all."""


class FaultRefused(LabMistake, ValueError):
    """A fault was asked for that cannot be."""


class UnknownTarget(LabMistake, LookupError):
    """A fault was laid on a function, a queue, a service or a downstream that is not there."""


@dataclass(eq=False)
class Fault:
    """A fault that has been laid on something. `stop()` ends it; `struck` counts its strikes.

    `kind` is its name in the journal, `target` the name of what it is laid on, `scope` what that is: ``function``,
    ``queue``, ``bucket``, ``service`` or ``downstream``. `start` and `end` in microseconds of the cloud's clock.
    `seconds` and `operation` mean what the verb that made it says.
    """

    kind: str
    scope: str
    target: str
    rate: float
    start: int
    end: int | None
    clock: Clock = field(repr=False)
    draws: random.Random = field(repr=False)
    when: When = None
    seconds: float = 0.0
    operation: str | None = None
    after_work: bool = False
    struck: int = 0

    def stop(self) -> None:
        """End it now. What it has struck already stays struck; to stop it twice changes nothing."""
        if self.end is None or self.end > self.clock.now:
            self.end = self.clock.now

    @property
    def active(self) -> bool:
        """Whether it can strike at this instant."""
        return self.start <= self.clock.now and (self.end is None or self.clock.now < self.end)

    def strikes(self) -> bool:
        """Draw once: whether it strikes what happens now. Its draws are its own, and only those while it is active."""
        if not self.active or not self._drawn():
            return False
        self.struck += 1
        return True

    def strikes_one_of(self, bodies: Iterable[str]) -> bool:
        """The same for work on these bodies: it needs at least one that :attr:`when` chooses."""
        return self.active and any(self._wants(body) for body in bodies) and self.strikes()

    def _drawn(self) -> bool:
        return self.draws.random() < self.rate

    def _wants(self, body: str) -> bool:
        if self.when is None:
            return True
        if isinstance(self.when, str):
            return self.when in body
        try:
            return bool(self.when(body))
        except Exception as error:
            # The invocation goes on without the fault; whoever wrote the function reads it where the cell waits.
            self.stop()
            what = f"{type(error).__name__}: {error}".rstrip(": ")
            sentence = f"when= of the {self.kind} of {self.target} raised {what}, for the body {body[:80]!r}."
            self.clock.interrupt(FaultRefused(f"{sentence} The fault was stopped: correct the function."))
            return False

    def __repr__(self) -> str:
        share = "every" if self.rate == 1 else f"{self.rate:.10g} of"
        what = {
            "function": "invocation",
            "queue": "message",
            "service": "call",
            "downstream": "request",
            "bucket": "notification",
        }[self.scope]
        which = f"{share} {what}" + ("" if self.rate == 1 else "s")
        if self.operation is not None:
            which += f" of {self.operation}"
        if self.when is not None:
            which += f" with {self.when!r}" if isinstance(self.when, str) else " that when= chooses"
        by = f" by {self.seconds:g} s" if self.kind == "slow" else ""
        begins = f"from +{self.start / SECOND:,.1f} s"
        ends = "" if self.end is None else f" to +{self.end / SECOND:,.1f} s"
        return f"<{self.kind}{by}: {self.target}, {which}, {begins}{ends}, struck {self.struck}>"
