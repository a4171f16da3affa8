"""What a state's expressions can see: its input, its result, the context object, and the workflow's variables.

Words
-----
scope
    the variables of one line of states. A branch or an iteration has a scope of its own: it reads the outer one's
    variables and cannot change them. A child execution of a distributed Map sees none of its parent's.

Source: AWS Step Functions Developer Guide, "Passing data between states with variables" (read 2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from waterline.ground import Ground


@dataclass
class Scope:
    """Variables by name; `outer` is the scope around it."""

    variables: dict[str, Any] = field(default_factory=dict)
    outer: Scope | None = None

    def all(self) -> dict[str, Any]:
        return {**(self.outer.all() if self.outer else {}), **self.variables}

    def inner(self) -> Scope:
        return Scope(outer=self)


_NONE: dict[str, Any] = {}


@dataclass(frozen=True)
class View:
    """What an expression sees. `data` is what ``$`` means; `states` is JSONata's ``$states``."""

    ground: Ground
    data: Any
    context: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=lambda: _NONE)

    def of(self, data: Any) -> View:
        return replace(self, data=data)

    def knowing(self, **more: Any) -> View:
        """With more members of ``$states``."""
        return replace(self, states={**self.states, **more})
