"""What a learner can do wrong, as one family of exceptions: each one's text is one sentence, and all that is shown.

IPython asks an exception how it wants to be shown (``_render_traceback_``); these show their sentence and none of the
lab's own lines. Everywhere else they are ordinary exceptions with an ordinary traceback.
"""

from __future__ import annotations


class LabMistake(Exception):
    """The lab was asked for something that it cannot do. Its text: what was wrong, where, and what to look at."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class CloudMisused(LabMistake, RuntimeError):
    """The cloud is closed, or was called from where it cannot be called."""
