"""Exercises: what a learner is asked, how an answer is judged, and what is remembered of it.

    from waterline import check, hint, solution, progress

Read in this order: `manifest` (what exercises there are), `verdict` (the four outcomes), `written` and `live` (an
answer in a file and in a kernel), `parcel` (an answer made ready to travel), `plugin` (pytest, with the learner's
things injected by name), `part` (the tests of a check shared out), `worker` (the process in which they run), `bench`
(that process as the kernel sees it), `logbook` (what is kept), `card` (what is shown), `learner` (the four functions
above), `audit` (the course checks itself).

How far it can be trusted: a check runs in a process of its own and can neither hang nor crash the notebook; a worker
that dies, a forged line, an early exit or an answer that never comes give no points. Within that process the checks and
the learner's code still share one interpreter, and the progress file is the learner's own: this is for learning, and
not yet for marks.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waterline.grading.learner import check as check
    from waterline.grading.learner import hint as hint
    from waterline.grading.learner import progress as progress
    from waterline.grading.learner import solution as solution
    from waterline.grading.learner import warm as warm

__all__ = ["check", "hint", "progress", "solution", "warm"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from waterline.grading import learner

        if name == "check" and "ipykernel" in sys.modules:
            learner.warm()  # a notebook that imports `check` is a lab: by its first check the worker is warm
        return getattr(learner, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
