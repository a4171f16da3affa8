"""Scratch space: the temporary directory of one execution environment.

On AWS it is ``/tmp``, which every environment has for itself, and which lives as long as the environment does: what an
invocation leaves there the next one finds, and no other environment does (AWS Lambda Developer Guide, "Understanding
the Lambda execution environment lifecycle", read 2026-11).

Here ``tempfile`` and the variable ``TMPDIR`` lead to a directory of the environment's own, in the machine's temporary
directory. Ours differs: a path that is written out, as in ``open("/tmp/x")``, is the machine's own ``/tmp``, the same
for all; the directory's name is another one in every run; and its size is not limited.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref


class Scratch:
    """A directory that is there between :meth:`make` and :meth:`remove`; never outlives this object."""

    def __init__(self) -> None:
        self._finalizer: weakref.finalize[..., Scratch] | None = None

    def make(self) -> str:
        """Make an empty directory, and return its path. To be called while no handler is on stage."""
        self.remove()
        path = tempfile.mkdtemp(prefix="waterline-")
        self._finalizer = weakref.finalize(self, shutil.rmtree, path, ignore_errors=True)
        return path

    def remove(self) -> None:
        """Remove the directory and all that is in it. To remove it twice changes nothing."""
        if self._finalizer is not None:
            self._finalizer()
            self._finalizer = None
