"""The manuscripts of the course and the build of its notebooks (see build.py)."""
