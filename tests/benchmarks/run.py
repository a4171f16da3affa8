"""Runs the benchmarks: ``python tests/benchmarks/run.py [name ...] [--rounds 5] [--write docs/benchmarks.md]``."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from measure import HEAD  # noqa: E402

NAMES = tuple(sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py")))


def table(name: str, rounds: int, tiny: bool = False) -> str:
    """One benchmark's results as a markdown table under its title."""
    bench = importlib.import_module(f"bench_{name}")
    ratios = bench.run(bench.TINY if tiny else bench.FULL, rounds)
    return "\n".join([f"## {bench.TITLE}", "", HEAD, *(ratio.row() for ratio in ratios), ""])


def opening(rounds: int) -> str:
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return (
        "# Benchmarks\n\n"
        "How often one contender's time holds its rival's, in the same run: the median of "
        f"{rounds} interleaved rounds (lowest to highest). Below 1 the first is the faster one. {machine}. "
        "Made by `python tests/benchmarks/run.py`.\n"
    )


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="run.py", description="Ratios of the lab to bare moto and bare SimPy.")
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"which of: {', '.join(NAMES)} (all, if none is given)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how many interleaved rounds (5)")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes: to see that they run, not to compare")
    parser.add_argument("--write", type=Path, help="write the tables to this file too")
    asked = parser.parse_args(words)
    unknown = [name for name in asked.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}: there are {', '.join(NAMES)}")
    if asked.rounds < 1:
        parser.error("it takes one round or more")
    os.environ["WATERLINE_PROGRESS"] = "off"
    parts = [opening(asked.rounds)]
    print(parts[0], flush=True)
    for name in asked.names or NAMES:
        parts.append(table(name, asked.rounds, asked.tiny))
        print(parts[-1], flush=True)
    if asked.write:
        asked.write.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
