"""A function as its author writes it, and the deployment package that is made of it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

MODULE = "lambda_function"
HANDLER = f"{MODULE}.handler"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)


class Deploys(Protocol):
    """What functions are deployed to: a cloud."""

    def deploy(
        self,
        name: str,
        source: str,
        *,
        timeout: int | None = None,
        memory: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str: ...


@dataclass(frozen=True)
class FunctionSource:
    """The text of one module whose ``handler`` is the entry. `timeout` in seconds, `memory` in MB; None: default."""

    name: str
    source: str
    timeout: int | None = None
    memory: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def deploy(self, cloud: Deploys, **changes: Any) -> str:
        """Deploy it to a cloud, with other settings where `changes` gives them; returns the function's ARN."""
        settings = {"timeout": self.timeout, "memory": self.memory, "environment": self.environment}
        return cloud.deploy(self.name, self.source, **{**settings, **changes})


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of files, the same to the byte for the same files (a zip usually holds the date of its making)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _FIXED_DATE), files[name])
    return buffer.getvalue()


def packaged(source: str) -> bytes:
    """The deployment package of a function that is one module."""
    return zipped({f"{MODULE}.py": source})
