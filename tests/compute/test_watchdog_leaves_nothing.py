"""What the watchdog has done to the interpreter is undone when the handler is off the stage."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, threading
from waterline.clock import Clock
from waterline.compute import watchdog

dog = watchdog.watchdog()
dog.patience = 0.2
clock = Clock()
caught = 0
for _ in range(2):
    dog.enter(clock)
    try:
        while True:
            pass
    except watchdog.Overrun:
        caught += 1
    dog.leave()

calls = 0
def see(frame, event, argument):
    global calls
    calls += event == "call"
def work():
    return 1
sys.setprofile(see)
for _ in range(1000):
    work()
sys.setprofile(None)
print(caught, calls)
"""


def test_a_profiler_still_works_after_an_interrupted_handler() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "2 1000\n", done.stderr
