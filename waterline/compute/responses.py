"""The answers to Lambda requests: moto's, which overlooks an invocation's qualifier and stumbles over bytes."""

from __future__ import annotations

from typing import Any

from moto.awslambda.responses import LambdaResponse


class FunctionResponse(LambdaResponse):  # type: ignore[misc]
    """One request, and its answer."""

    def setup_class(self, request: Any, full_url: str, headers: Any, use_raw_body: bool = False) -> None:
        try:
            super().setup_class(request, full_url, headers, use_raw_body)
        except UnicodeDecodeError:  # it is not even text: invoke says so to the caller
            super().setup_class(request, full_url, headers, True)

    def _get_param(self, param_name: str, if_none: Any = None) -> Any:
        # moto's invoke asks for the parameter by another name than boto3 gives it.
        return super()._get_param("Qualifier" if param_name == "qualifier" else param_name, if_none)
