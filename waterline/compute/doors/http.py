"""What a door says of itself, in the words of ``waterline.web``: requests and responses as plain values."""

from __future__ import annotations

import json
from types import MappingProxyType

from waterline.web import Headers, Request, Response

__all__ = ["Headers", "Request", "Response", "refusal"]


def refusal(status: int, body: object) -> Response:
    """An answer of the door itself: JSON for an object, else text."""
    if isinstance(body, str):
        return Response(status, MappingProxyType({"content-type": "text/plain"}), body.encode())
    return Response(status, MappingProxyType({"content-type": "application/json"}), json.dumps(body).encode())
