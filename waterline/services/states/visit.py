"""One stay in one state: what goes in, the work, and what comes out, in JSONPath or in JSONata.

In JSONPath the input goes through InputPath and Parameters, the result through ResultSelector, ResultPath and
OutputPath. In JSONata there are Arguments and Output. Assign and Output see the variables as they were on entry.

Source: AWS Step Functions Developer Guide, "Processing input and output in Step Functions" and "Passing data between
states with variables" (read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from waterline.services.states import jsonata, paths, templates
from waterline.services.states.errors import QUERY_EVALUATION, RUNTIME, StateError, means
from waterline.services.states.intrinsics import text_of
from waterline.services.states.scope import View

if TYPE_CHECKING:
    from waterline.services.states.branch import Branch


@dataclass(frozen=True)
class Outcome:
    """`next` is the next state's name; None: this was the last one."""

    output: Any
    next: str | None
    variables: dict[str, Any] = field(default_factory=dict)


class Visit:
    """A state that is being visited. `data` is its raw input."""

    def __init__(self, branch: Branch, name: str) -> None:
        self.branch = branch
        self.name = name
        self.state: Mapping[str, Any] = branch.states[name]
        self.kind: str = self.state["Type"]
        self.data = branch.data
        self.jsonata = self.state.get("QueryLanguage", branch.language) == "JSONata"
        self.retries = 0
        self.entered_at = branch.execution.ground.clock.date
        self.token: str | None = None
        self._variables = branch.scope.all()

    @property
    def context(self) -> dict[str, Any]:
        """The context object."""
        execution = self.branch.execution
        context = {
            **execution.context,
            "State": {"EnteredTime": execution.iso(self.entered_at), "Name": self.name, "RetryCount": self.retries},
        }
        if self.token is not None:
            context["Task"] = {"Token": self.token}
        if self.branch.item is not None:
            context["Map"] = {"Item": self.branch.item}
        return context

    def view(self, data: Any, **states: Any) -> View:
        """What expressions see whose ``$`` is `data`; in JSONata ``$states`` has the input and what is given."""
        known = {"input": self.data, **states} if self.jsonata else {}
        return View(self.branch.execution.ground, data, self.context, self._variables, known)

    # -- fields ------------------------------------------------------------------------------------------------------

    def path(self, name: str, data: Any) -> Any:
        """A field that holds a path, or null, which gives an empty object; left out, it gives `data`."""
        path = self.state.get(name, "$")
        return {} if path is None else templates.field(name, path, self.view(data))

    def template(self, name: str, data: Any, default: Any) -> Any:
        """A field that holds a payload template (JSONPath)."""
        if name not in self.state:
            return default
        return templates.filled(name, self.state[name], self.view(data))

    def arguments(self, data: Any) -> Any:
        """``Arguments``, or what came in (JSONata)."""
        if "Arguments" not in self.state:
            return data
        return jsonata.filled("Arguments", self.state["Arguments"], self.view(data))

    def given(self, name: str, data: Any, kinds: type | tuple[type, ...]) -> Any:
        """A field that is given as it is, by a path (``NamePath``) or by an expression; None if it is not there."""
        if f"{name}Path" in self.state:
            path = self.state[f"{name}Path"]
            value = templates.field(f"{name}Path", path, self.view(data))
            wrong = StateError(
                RUNTIME, f"The {name}Path parameter does not reference a value of the right type: {path}"
            )
        elif name in self.state:
            value = self.state[name]
            said = f"The value of the field '{name}'"
            if self.jsonata:
                value = jsonata.filled(name, value, self.view(data))
            wrong = StateError(
                QUERY_EVALUATION if self.jsonata else RUNTIME, f"{said} is of the wrong type: {text_of(value)}"
            )
        else:
            return None
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise wrong
        return value

    def number(self, name: str, data: Any, least: float = 0) -> Any:
        """A field with a number, which is not below `least`."""
        value = self.given(name, data, (int, float))
        if value is not None and value < least:
            code = QUERY_EVALUATION if self.jsonata else RUNTIME
            raise StateError(code, f"The value of the field '{name}' is out of range: {text_of(value)}")
        return value

    # -- in and out --------------------------------------------------------------------------------------------------

    def effective(self) -> Any:
        """What the work gets: the input after InputPath and Parameters, or Arguments."""
        if self.jsonata:
            return self.arguments(self.data)
        data = self.path("InputPath", self.data)
        return self.template("Parameters", data, data)

    def finished(self, result: Any) -> Outcome:
        """What a state comes to whose work gave a `result`."""
        if self.jsonata:
            view = self.view(None, result=result)
            output = jsonata.filled("Output", self.state["Output"], view) if "Output" in self.state else result
            return Outcome(output, self.state.get("Next"), self.assigned(self.state, view))
        variables = self.assigned(self.state, self.view(result))
        selected = self.template("ResultSelector", result, result)
        path = self.state.get("ResultPath", "$")
        combined = self.data if path is None else paths.put(path, self.data, selected)
        return Outcome(self.path("OutputPath", combined), self.state.get("Next"), variables)

    def passed(self, data: Any, following: str | None, chosen: Mapping[str, Any] | None = None) -> Outcome:
        """What a state comes to that does not change its data; `chosen` is the rule of a Choice, whose fields hold."""
        holder = self.state if chosen is None else chosen
        if self.jsonata:
            view = self.view(None)
            output = jsonata.filled("Output", holder["Output"], view) if "Output" in holder else self.data
        else:
            view = self.view(data)
            output = self.path("OutputPath", data)
        return Outcome(output, following, self.assigned(holder, view))

    def assigned(self, holder: Mapping[str, Any], view: View) -> dict[str, Any]:
        """The variables that an ``Assign`` sets."""
        if "Assign" not in holder:
            return {}
        fill = jsonata.filled if self.jsonata else templates.filled
        values: dict[str, Any] = fill("Assign", holder["Assign"], view)
        return values

    def caught(self, error: StateError) -> Outcome:
        """What the first catcher makes of an error; raises it if there is none."""
        for catcher in self.state.get("Catch", ()):
            if means(catcher["ErrorEquals"], error):
                view = self.view(error.output, errorOutput=error.output)
                if self.jsonata:
                    output = jsonata.filled("Output", catcher["Output"], view) if "Output" in catcher else error.output
                else:
                    path = catcher.get("ResultPath", "$")
                    output = self.data if path is None else paths.put(path, self.data, error.output)
                return Outcome(output, catcher["Next"], self.assigned(catcher, view))
        raise error
