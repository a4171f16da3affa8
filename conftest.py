"""Loads `book/strict.py`, which makes `pytest --nbval` strict, where nbval is installed.

A learner's environment has pytest, for the checks of the exercises, and no nbval.
"""

from importlib.util import find_spec

pytest_plugins = ["book.strict"] if find_spec("nbval") else []
