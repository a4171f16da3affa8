"""A progress bar for what takes longer than a second of real time; nothing at all for what does not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

_PATIENCE = 1.0
_REFRESH = 0.2
_DAY = 86_400_000_000
_Thing = TypeVar("_Thing")


def _virtual_day(now: int) -> str:
    return f"virtual day {now / _DAY:.2f}"


class Progress:
    """Progress from `start` to `end`, which is None where it is not known; `words` say how far it is. Unless they are
    given, what goes on is virtual time, in microseconds.

    ``WATERLINE_PROGRESS=off`` silences it: a bar's text depends on the machine's speed, so executed notebooks that
    are compared to the letter must not hold one.
    """

    def __init__(self, start: int, end: int | None, words: Callable[[int], str] = _virtual_day) -> None:
        self._words = words
        self._start = start
        self._end = end
        self._shown_at = time.monotonic() + _PATIENCE - _REFRESH
        self._bar: Any = None
        self._shown: Any = None
        self._silent = os.environ.get("WATERLINE_PROGRESS") == "off"

    def look(self, now: int) -> None:
        """Called now and then while playing; draws when it is time to."""
        if self._silent or time.monotonic() < self._shown_at + _REFRESH:
            return
        self._shown_at = time.monotonic()
        if self._bar is None:
            from tqdm.auto import tqdm  # a slow import, needed only by slow runs

            total = None if self._end is None else self._end - self._start
            # The bar's own clock would show virtual time, so it is given no time to print.
            layout = "{desc} {bar} {percentage:3.0f} %" if total else "{desc}"
            if any(kind.__name__ == "tqdm_notebook" for kind in tqdm.__mro__):
                from IPython.display import display

                self._bar = tqdm(total=total, leave=False, bar_format=layout, display=False)
                self._shown = display(self._bar.container, display_id=True)
            else:
                self._bar = tqdm(total=total, leave=False, bar_format=layout)
        self._bar.n = now - self._start
        self._bar.set_description_str(self._words(now), refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.n = self._bar.total or self._bar.n  # tqdm leaves a bar that was stopped half-way
            self._bar.close()
            self._bar = None
        if self._shown is not None:
            # A closed widget stays in the notebook as one that cannot be found: put nothing in its place.
            self._shown.update({"text/plain": ""}, raw=True)
            self._shown = None


def counted(things: Iterable[_Thing], total: int, words: str) -> Iterator[_Thing]:
    """These things one after the other, under a bar that says how many there were: ``words, 3 of 12``."""
    progress = Progress(0, total, lambda done: f"{words}, {done:,} of {total:,}")
    try:
        for done, thing in enumerate(things):
            progress.look(done)
            yield thing
    finally:
        progress.close()
