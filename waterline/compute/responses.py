"""The answers to Lambda requests: moto's, which overlooks qualifiers and recursion, and stumbles over bytes.

moto has no account settings, no provisioned concurrency and no recursion configs: their paths and answers are here.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda.responses import LambdaResponse
from moto.core.responses import ActionResult

MORE_PATHS = (
    r"{0}/(?P<api_version>[^/]+)/account-settings/?$",
    r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/provisioned-concurrency/?$",
    r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/recursion-config/?$",
)
"""The addresses that moto does not know."""


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

    def _function(self) -> str:
        return unquote(self.path.partition("/functions/")[2].partition("/")[0])

    def put_function_event_invoke_config(self) -> ActionResult:
        qualifier = self._get_param("Qualifier")
        return ActionResult(self.backend.put_function_event_invoke_config(self._function(), self.json_body, qualifier))

    def update_function_event_invoke_config(self) -> ActionResult:
        qualifier = self._get_param("Qualifier")
        return ActionResult(
            self.backend.update_function_event_invoke_config(self._function(), self.json_body, qualifier)
        )

    def get_function_event_invoke_config(self) -> ActionResult:
        qualifier = self._get_param("Qualifier")
        return ActionResult(self.backend.get_function_event_invoke_config(self._function(), qualifier))

    def delete_function_event_invoke_config(self) -> Any:
        self.backend.delete_function_event_invoke_config(self._function(), self._get_param("Qualifier"))
        return 204, {"status": 204}, "{}"

    def list_function_event_invoke_configs(self) -> ActionResult:
        return ActionResult(self.backend.list_function_event_invoke_configs(self._function()))

    def put_function_recursion_config(self) -> ActionResult:
        mode = self.backend.put_function_recursion_config(self._function(), self.json_body["RecursiveLoop"])
        return ActionResult({"RecursiveLoop": mode})

    def get_function_recursion_config(self) -> ActionResult:
        return ActionResult({"RecursiveLoop": self.backend.get_function_recursion_config(self._function())})

    def get_account_settings(self) -> str:
        return json.dumps(self.backend.get_account_settings())

    def put_provisioned_concurrency_config(self) -> tuple[int, dict[str, Any], str]:
        count = int(self._get_param("ProvisionedConcurrentExecutions", 0))
        answer = self.backend.put_provisioned_concurrency_config(*self._function_and_qualifier(), count)
        return 202, {"status": 202}, json.dumps(answer)

    def get_provisioned_concurrency_config(self) -> str:
        return json.dumps(self.backend.get_provisioned_concurrency_config(*self._function_and_qualifier()))

    def list_provisioned_concurrency_configs(self) -> str:
        configs = self.backend.list_provisioned_concurrency_configs(self._function_and_qualifier()[0])
        return json.dumps({"ProvisionedConcurrencyConfigs": configs})

    def delete_provisioned_concurrency_config(self) -> tuple[int, dict[str, Any], str]:
        self.backend.delete_provisioned_concurrency_config(*self._function_and_qualifier())
        return 204, {"status": 204}, ""

    def create_function_url_config(self) -> tuple[int, dict[str, Any], str]:
        made = self.backend.create_function_url_config(self._function(), self.json_body, self._get_param("Qualifier"))
        return 201, {"status": 201}, json.dumps(made.to_dict())

    def get_function_url_config(self) -> str:
        return json.dumps(
            self.backend.get_function_url_config(self._function(), self._get_param("Qualifier")).to_dict()
        )

    def update_function_url_config(self) -> str:
        kept = self.backend.update_function_url_config(self._function(), self.json_body, self._get_param("Qualifier"))
        return json.dumps(kept.to_dict())

    def delete_function_url_config(self) -> tuple[int, dict[str, Any], str]:
        self.backend.delete_function_url_config(self._function(), self._get_param("Qualifier"))
        return 204, {"status": 204}, "{}"

    def _function_and_qualifier(self) -> tuple[str, str]:
        return self._function(), self._get_param("Qualifier", "")
