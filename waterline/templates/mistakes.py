"""How a template's mistakes are told: one sentence that says where in the template to look."""

from __future__ import annotations

from collections.abc import Sequence

from waterline.errors import LabMistake


class TemplateRefused(LabMistake, ValueError):
    """The template, or what was given with it, is wrong. Nothing was created."""


class NotSupported(TemplateRefused):
    """The template asks for what the lab does not have; `what` names each thing, in the template's order."""

    def __init__(self, template: str, what: Sequence[str]) -> None:
        super().__init__(
            f"{template} asks for {len(what)} {'thing' if len(what) == 1 else 'things'} that the lab does not have, "
            f"and nothing was created: {'; '.join(what)}. (allow_unsupported=True deploys the rest.)"
        )
        self.what = tuple(what)


class DeploymentFailed(LabMistake, RuntimeError):
    """A service refused a resource; what the deployment had done was undone."""


class NoSuchStack(LabMistake, KeyError):
    """There is no stack of that name."""

    def __str__(self) -> str:
        return str(self.args[0])
