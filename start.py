#!/usr/bin/env python3
"""The one command of the course: make the environment, hand out the notebooks, open JupyterLab.

    python3 start.py [--no-browser] [--port N]     open the course
    python3 start.py test [pytest arguments]       run every test
    python3 start.py build [build arguments]       make the notebooks again from the manuscript in book/

This file asks whether the running Python is one of the course's, and leaves the rest to the package `waterline/desk`.
It is written so that Python 3.6 can still read it; `waterline/desk/pythons.py` says which other modules are.
"""

import importlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent


def desk(module: str) -> ModuleType:
    """A module of `waterline/desk`, taken from its folder: `waterline` itself needs what is not installed yet."""
    if "desk" not in sys.modules:
        folder = ROOT / "waterline" / "desk"
        spec = spec_from_file_location("desk", str(folder / "__init__.py"), submodule_search_locations=[str(folder)])
        assert spec is not None
        assert spec.loader is not None
        package = module_from_spec(spec)
        spec.loader.exec_module(package)
        sys.modules["desk"] = package
    return importlib.import_module("desk." + module)


def main(arguments: "list[str]", version: "tuple[int, ...]") -> int:
    """Run the command line under a Python of this `version`; returns the exit code."""
    try:
        course, pythons = desk("course"), desk("pythons")
    except (OSError, ImportError):
        print(f"\n{ROOT / 'waterline' / 'desk'} is incomplete: get the course again.", file=sys.stderr)
        return 1
    try:
        pythons.check(version)
    except course.StartError as refused:
        print(f"\n{refused}", file=sys.stderr)
        return 1
    desk("terminal").heed_signals()
    return int(desk("command").main(arguments, ROOT))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.version_info[:3]))
