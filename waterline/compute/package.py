"""A deployment package: the Python modules in a zip, imported afresh by every execution environment.

Modules are imported straight from the zip under the path that they have on AWS, ``/var/task``, so that tracebacks are
the same on every machine. Other files in the zip are not unpacked: a handler cannot ``open`` them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import io
import sys
import types
import zipfile
from collections.abc import Sequence

ROOT = "/var/task"


class Package(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """The modules of one zip; finds and loads them for Python's import. Raises zipfile.BadZipFile for no zip."""

    def __init__(self, code: bytes) -> None:
        self._files: dict[str, str] = {}
        self._sources: dict[str, tuple[str, str]] = {}
        self._compiled: dict[str, types.CodeType] = {}
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    self._add(name, archive.read(name).decode("utf-8-sig", errors="replace"))
        self._add_namespaces()
        self._top_level = tuple(sorted({name.partition(".")[0] for name in self._sources}))
        self._is_flat = all("." not in name for name in self._sources)

    def _add(self, name: str, source: str) -> None:
        module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        path = f"{ROOT}/{name}"
        self._sources[module] = (path, source)
        self._files[path] = source

    def _add_namespaces(self) -> None:
        """A folder without ``__init__.py`` is a package too, as it would be on ``sys.path``."""
        for module in list(self._sources):
            while (module := module.rpartition(".")[0]) and module not in self._sources:
                self._sources[module] = (f"{ROOT}/{module.replace('.', '/')}/__init__.py", "")

    def __contains__(self, module: str) -> bool:
        return module in self._sources

    def loaded(self) -> list[str]:
        """The names in ``sys.modules`` that belong to the package: its top-level modules and whatever is in them."""
        present = [name for name in self._top_level if name in sys.modules]
        if present and not self._is_flat:
            inside = tuple(f"{name}." for name in present)
            present += [name for name in sys.modules if name.startswith(inside)]
        return present

    def line(self, path: str, number: int) -> str:
        """The text of one line of a file in the package, or an empty text."""
        lines = self._files.get(path, "").splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    # -- what Python's import asks for -------------------------------------------------------------------------------

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._sources:
            return None
        origin = self._sources[fullname][0]
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=origin, is_package=self.is_package(fullname))
        spec.has_location = True
        return spec

    def is_package(self, fullname: str) -> bool:
        return self._sources[fullname][0].endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        return self._sources[fullname][1]

    def get_code(self, fullname: str) -> types.CodeType:
        if fullname not in self._compiled:
            path, source = self._sources[fullname]
            self._compiled[fullname] = compile(source, path, "exec", dont_inherit=True)
        return self._compiled[fullname]
