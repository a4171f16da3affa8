"""What a check says about an answer: one of four outcomes, and a message.

Words: an answer is *correct*; *incorrect*, which is shown by a counter-example; *not attempted*, which is never called
wrong; or it *cannot be run*, which is told with the learner's own line. A *belief* is what someone who gives this wrong
answer holds to be true. In a check, plain `assert` says that an answer is incorrect; these say it in better words:

    from waterline.grading.verdict import expect, wrong

    expect(waited <= 600, f"Seed {seed}: ticket {ticket} waited {waited} s.", see="00, section 4")
    wrong("...", belief="A duplicate needs a failure.", see="05, section 3")
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, NoReturn


class Outcome(StrEnum):
    CORRECT = "correct"
    INCORRECT = "incorrect"
    NOT_ATTEMPTED = "not attempted"
    CANNOT_BE_RUN = "cannot be run"


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check.

    `message` says why; `belief` is the belief behind the answer, if it is known; `see` is where that is treated;
    `printed` is what the learner's code printed, cut short; `held` are the claims that held, as sentences.
    """

    outcome: Outcome
    message: str = ""
    belief: str = ""
    see: str = ""
    printed: str = ""
    held: tuple[str, ...] = ()

    @property
    def correct(self) -> bool:
        return self.outcome is Outcome.CORRECT

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "outcome": self.outcome.value, "held": list(self.held)}

    @classmethod
    def from_json(cls, value: object) -> Verdict:
        """The verdict that `to_json` gave. Raises ValueError for anything else."""
        if not isinstance(value, dict) or set(value) != {field.name for field in fields(cls)}:
            raise ValueError("This is no verdict.")
        message, belief, see, printed = (value[name] for name in ("message", "belief", "see", "printed"))
        texts = [message, belief, see, printed, *value["held"]] if isinstance(value["held"], list) else [None]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("This is no verdict: what must be text is not.")
        return cls(Outcome(value["outcome"]), message, belief, see, printed, tuple(value["held"]))


class Wrong(AssertionError):
    """Raised in a check: the answer is incorrect."""

    def __init__(self, message: str, belief: str = "", see: str = "") -> None:
        super().__init__(message)
        self.verdict = Verdict(Outcome.INCORRECT, message, belief, see)


class Refusal(Exception):
    """What was asked cannot be done; the message is one sentence, and a notebook shows that sentence alone."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class NotAttempted(Exception):
    """The exercise has not been attempted; the message is one sentence."""


class CannotBeRun(Exception):
    """What the learner wrote cannot be run, or cannot be taken to where checks run; the message is one sentence."""


def wrong(message: str, *, belief: str = "", see: str = "") -> NoReturn:
    """Say that the answer is incorrect. `message` holds the counter-example: what was expected and what happened."""
    raise Wrong(message, belief, see)


def expect(condition: object, message: str, *, belief: str = "", see: str = "") -> None:
    """Say that the answer is incorrect unless `condition` holds."""
    if not condition:
        raise Wrong(message, belief, see)
