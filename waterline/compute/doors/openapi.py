"""A stand-in for the OpenAPI validator that moto's API Gateway wants to import.

moto needs the real one for one thing only, to check an OpenAPI document (``failOnWarnings``). Where it is not
installed, that is refused in one sentence, and everything else works.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any, NoReturn

_PACKAGE = "openapi_spec_validator"


class NoValidator(ValueError):
    """An OpenAPI document cannot be checked here. moto answers with this text."""

    message = "The lab checks no OpenAPI documents: make the API with create_resource and put_method."


def _validate(_document: Any) -> NoReturn:
    raise NoValidator(NoValidator.message)


def stand_in() -> None:
    """Make moto's API Gateway importable, with the real validator if there is one."""
    if _PACKAGE in sys.modules or importlib.util.find_spec(_PACKAGE) is not None:
        return
    for name in (_PACKAGE, f"{_PACKAGE}.validation", f"{_PACKAGE}.validation.exceptions"):
        module: Any = ModuleType(name, __doc__)
        module.__path__ = []
        module.validate, module.OpenAPIValidationError = _validate, NoValidator
        sys.modules[name] = module
