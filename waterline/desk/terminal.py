"""The screen: lines at once, progress that moves; and the signals that come from its keyboard or its closing."""

from __future__ import annotations

import shutil
import signal
import sys
import time


def say(text: str) -> None:
    """Print one line at once, also when the output is a file."""
    print(text, flush=True)


class Progress:
    """One line that moves: drawn over itself in a terminal, a new line every few seconds in a log."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.in_terminal = sys.stdout.isatty()
        self.due = 0.0
        self.drawn = ""

    def seconds(self) -> int:
        """Whole seconds since it began."""
        return int(time.monotonic() - self.began)

    def draw(self, text: str) -> None:
        """Show `text`, if it is time to."""
        now = time.monotonic()
        if now < self.due or text == self.drawn:
            return
        self.due = now + (0.1 if self.in_terminal else 5.0)
        self.drawn = text
        if self.in_terminal:
            width = max(shutil.get_terminal_size().columns - 1, 20)
            sys.stdout.write("\r" + text[:width].ljust(width))
            sys.stdout.flush()
        else:
            say(text)

    def clear(self) -> None:
        """Leave the line empty for what comes next."""
        if self.in_terminal and self.drawn:
            sys.stdout.write("\r" + " " * max(shutil.get_terminal_size().columns - 1, 20) + "\r")
            sys.stdout.flush()


def heed_signals() -> None:
    """Let a closed terminal or a `kill` end the course in order, just as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)
