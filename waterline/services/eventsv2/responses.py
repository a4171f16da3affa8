"""One request to the Custom Event Bus, and its answer: the model checks it, the backend does it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from moto.backends import get_backend
from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores

from waterline.services.eventsv2.errors import InvalidInput
from waterline.services.eventsv2.wire import ADDRESS, SERVICE
from waterline.services.validation import violation


class EventBusResponse(BaseResponse):  # type: ignore[misc]
    """Finds the operation in the address, as the protocol has it: ``/service/AWSEventsV2/operation/PutEvents``."""

    use_raw_body = True

    def __init__(self) -> None:
        super().__init__(service_name=SERVICE)
        self.automated_parameter_parsing = True

    def _get_action(self) -> str:
        return str(self.path).rpartition("/")[2]

    def call_action(self) -> TYPE_RESPONSE:
        operation = self._get_action()
        backend = get_backend(SERVICE)[self.current_account][self.region]
        try:
            broken = violation(SERVICE, operation, self.params)
            if broken is not None:
                raise InvalidInput(broken.sentence(with_value=False))
            answer: Any = getattr(backend, camelcase_to_underscores(operation))(self.params) or {}
        except ServiceException as error:
            answer = error
        status, headers, body = self.serialized(ActionResult(answer))
        return status, {**headers, "status": str(status)}, body


URLS = SimpleNamespace(
    url_bases=[ADDRESS], url_paths={r"{0}/service/AWSEventsV2/operation/\w+$": EventBusResponse.dispatch}
)
