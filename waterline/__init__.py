"""Below the Waterline: serverless messaging on a virtual clock.

Importing it closes every way out of the machine, puts the clock behind ``time.sleep``, and, in a notebook, hooks into
the kernel. What a notebook uses:

Cloud       a cloud of its own: moto's state, our delivery, one virtual clock
timeline    the picture of a run
explore     one control that runs a scenario again
predict     asks before the run, and remembers
check       judges an exercise by what happened
hint        the next hint of an exercise
solution    the solution of an exercise, with its reasons
progress    how far you are
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from waterline import clock, guard

if TYPE_CHECKING:
    from waterline.cloud import Cloud as Cloud
    from waterline.grading import check as check
    from waterline.grading import hint as hint
    from waterline.grading import progress as progress
    from waterline.grading import solution as solution
    from waterline.views import explore as explore
    from waterline.views import predict as predict
    from waterline.views import timeline as timeline

__version__ = "0.1.0"

# Where each name lives; imported when first asked for, so that no notebook waits for what it does not use.
_HOME = {
    "Cloud": "waterline.cloud",
    "timeline": "waterline.views",
    "explore": "waterline.views",
    "predict": "waterline.views",
    "check": "waterline.grading",
    "hint": "waterline.grading",
    "solution": "waterline.grading",
    "progress": "waterline.grading",
}

__all__ = ["Cloud", "check", "explore", "hint", "predict", "progress", "solution", "timeline"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def _install() -> None:
    guard.install()
    clock.install()
    try:
        shell = get_ipython()  # type: ignore[name-defined]
    except NameError:
        return
    importlib.import_module("waterline.notebook").install(shell)


_install()
