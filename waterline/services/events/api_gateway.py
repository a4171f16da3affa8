"""APIs of API Gateway as targets: a request to a stage, with the method and the path that the target's ARN names.

    arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/POST/orders/*

Each star in the path is replaced by one of the target's path parameters, which may be JSON paths into the event, as its
headers and query parameters may. Statuses count as those of an API destination do.

Source: Amazon EventBridge User Guide, "Event bus targets in Amazon EventBridge" (read 2026-11). How long EventBridge
waits for an answer is not documented; here it waits as long as the API does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.events.api_destinations import dynamic, refusal
from waterline.services.events.event import BusEvent


def send(targets: Targets, sender: Sender, target: Mapping[str, Any], text: str, event: BusEvent) -> None:
    """Send one request. Raises NotTaken."""
    region, resource = str(target["Arn"]).split(":")[3], str(target["Arn"]).split(":", 5)[5]
    parts = resource.split("/", 3)
    if len(parts) < 3:
        why = f"{target['Arn']} does not name an API, a stage and a method"
        raise NotTaken("INVALID_PARAMETER", why, retryable=False)
    api, stage, method = parts[:3]
    path = parts[3] if len(parts) > 3 else ""
    given = target.get("HttpParameters") or {}
    for value in given.get("PathParameterValues") or []:
        path = path.replace("*", quote(dynamic(value, event), safe=""), 1)
    query = {name: dynamic(value, event) for name, value in (given.get("QueryStringParameters") or {}).items()}
    headers = {name: dynamic(value, event) for name, value in (given.get("HeaderParameters") or {}).items()}
    url = f"https://{api}.execute-api.{region}.amazonaws.com/{stage}/{path}" + (f"?{urlencode(query)}" if query else "")
    verb = "POST" if method == "*" else method
    body = None if verb in ("GET", "HEAD") else text.encode()
    response = targets.http(sender, verb, url, {"Content-Type": "application/json", **headers}, body)
    if not 200 <= response.status < 300:
        raise refusal(f"the API {api}", response)
