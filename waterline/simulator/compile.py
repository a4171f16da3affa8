"""`python -m waterline.simulator.compile`: make the machine code of all loops ahead, so that nobody waits for it."""

from __future__ import annotations

from waterline.progressbar import counted
from waterline.simulator.arrivals import burst
from waterline.simulator.compiled import compiles, complete
from waterline.simulator.scenario import Call, Event, Failures, Function, Queue, Source, Stream
from waterline.simulator.world import prepared


def main() -> int:
    """Compile what is not there yet; the exit code."""
    if not compiles() or complete().exists():
        return 0
    # All loops take the same kinds of arrays whatever the scenario is, so one message through each compiles all.
    sources: tuple[Source, ...] = (Call(), Event(), Queue(), Stream())
    for source in counted(sources, len(sources), "compiling the simulator"):
        game = prepared(burst(1), source, Function(0.1), Failures(), None, seed=0, bins=10)
        game.loop.machine(**game.arrays)
    complete().touch()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
