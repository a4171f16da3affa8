"""API destinations: an event as an HTTP request, with a connection's authorization, not too often.

Words
-----
connection
    how to be let in: Basic, an API key in a header, or OAuth client credentials, whose token is fetched once and again
    after 401 or 407; and headers, query and body parameters that go along.
rate
    InvocationRateLimitPerSecond: attempts beyond it wait for their turn. One that would have to wait until the event
    is too old is not made.

Source: Amazon EventBridge User Guide, "API destinations as targets in Amazon EventBridge" (read 2026-11): statuses 401,
407, 409, 429 and 5xx are tried again, other statuses but 2xx are not; an answer that takes longer than
``eventbridge.api_destination_timeout`` counts as failed and is tried again; ``Retry-After`` puts the next attempt off,
and a negative one ends them.

Not here: private connections, the default rate of a destination that has none of its own, HTTP dates in Retry-After.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from waterline.clock import SECOND
from waterline.ground import Ground
from waterline.services.delivery import NotTaken, Sender, Targets
from waterline.services.events import limits
from waterline.services.events.event import as_json
from waterline.services.paths import InvalidPath, compiled
from waterline.services.token_bucket import TokenBucket
from waterline.web import Response

_RETRIED = frozenset({401, 407, 409, 429})
_UNAUTHORIZED = frozenset({401, 407})
_HEADERS = (
    ("User-Agent", "Amazon/EventBridge/ApiDestinations"),
    ("Content-Type", "application/json; charset=utf-8"),
    ("Range", "bytes=0-1048575"),
    ("Accept-Encoding", "gzip,deflate"),
    ("Connection", "close"),
)


class Content(Protocol):
    """What a target's parameters are read from: an event."""

    @property
    def content(self) -> Mapping[str, Any]: ...


class TryLater(NotTaken):
    """Not taken, and not before `after` microseconds; `too_old`: by then the event is too old."""

    def __init__(self, code: str, why: str, *, after: int = 0, too_old: bool = False) -> None:
        super().__init__(code, why, retryable=True)
        self.after = after
        self.too_old = too_old


class ApiDestinations:
    """The API destinations and connections of one account in one Region, as moto keeps them."""

    def __init__(self, ground: Ground, destinations: Mapping[str, Any], connections: Mapping[str, Any]) -> None:
        self._ground = ground
        self._targets = Targets(ground)
        self._destinations = destinations
        self._connections = connections
        self._rates: dict[str, tuple[int, TokenBucket]] = {}
        self._tokens: dict[str, str] = {}

    def at(self, arn: str) -> Any:
        """moto's destination. Raises NotTaken if there is none."""
        found = next((one for one in self._destinations.values() if one.arn == arn), None)
        if found is None:
            raise NotTaken("NO_RESOURCE", f"the API destination {arn.split('/')[1]} does not exist", retryable=False)
        return found

    def send(self, sender: Sender, target: Mapping[str, Any], text: str, event: Content, until: int) -> Response:
        """Send one request; an attempt whose turn comes after the instant `until` is not made. Raises NotTaken."""
        destination = self.at(target["Arn"])
        connection = next((one for one in self._connections.values() if one.arn == destination.connection_arn), None)
        if connection is None:
            raise NotTaken("NO_RESOURCE", f"the connection of {destination.name} does not exist", retryable=False)
        self._await_turn(destination, until)
        url, headers, body = self._request(sender, destination, connection, target, text, event)
        response = self._targets.http(
            sender, destination.http_method, url, headers, body, timeout=limits.API_DESTINATION_TIMEOUT
        )
        if response.status in _UNAUTHORIZED:
            self._tokens.pop(connection.arn, None)
        if not 200 <= response.status < 300:
            raise refusal(destination.name, response)
        return response

    # -- how often ---------------------------------------------------------------------------------------------------

    def _await_turn(self, destination: Any, until: int) -> None:
        rate = int(destination.invocation_rate_limit_per_second or 0)
        if not rate:
            return
        clock = self._ground.clock
        known = self._rates.get(destination.arn)
        if known is None or known[0] != rate:
            known = self._rates[destination.arn] = (rate, TokenBucket(rate, rate, clock.now))
        bucket = known[1]
        while not bucket.take(clock.now):
            wait = bucket.wait(clock.now) or 1
            if clock.now + wait > until:
                why = f"the rate of {destination.name} left it no turn"
                raise TryLater("THROTTLING", why, too_old=True)
            clock.rest(wait)

    # -- the request -------------------------------------------------------------------------------------------------

    def _request(
        self, sender: Sender, destination: Any, connection: Any, target: Mapping[str, Any], text: str, event: Content
    ) -> tuple[str, list[tuple[str, str]], bytes | None]:
        given = target.get("HttpParameters") or {}
        url = str(destination.invocation_endpoint)
        for value in given.get("PathParameterValues") or []:
            url = url.replace("*", quote(dynamic(value, event), safe=""), 1)
        also = connection.auth_parameters.get("InvocationHttpParameters") or {}
        own = {name: dynamic(value, event) for name, value in (given.get("HeaderParameters") or {}).items()}
        headers = {**dict(_HEADERS), **own, **_pairs(also, "HeaderParameters")}
        headers.update(self._authorization(sender, connection))
        query = {name: dynamic(value, event) for name, value in (given.get("QueryStringParameters") or {}).items()}
        query.update(_pairs(also, "QueryStringParameters"))
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        body = _with_parameters(text, _pairs(also, "BodyParameters"))
        return url, list(headers.items()), None if destination.http_method in ("GET", "HEAD") else body.encode()

    def _authorization(self, sender: Sender, connection: Any) -> dict[str, str]:
        parameters = connection.auth_parameters
        if basic := parameters.get("BasicAuthParameters"):
            pair = base64.b64encode(f"{basic['Username']}:{basic['Password']}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        if key := parameters.get("ApiKeyAuthParameters"):
            return {key["ApiKeyName"]: key["ApiKeyValue"]}
        if oauth := parameters.get("OAuthParameters"):
            if connection.arn not in self._tokens:
                self._tokens[connection.arn] = self._token(sender, connection.name, oauth)
            return {"Authorization": f"Bearer {self._tokens[connection.arn]}"}
        return {}

    def _token(self, sender: Sender, name: str, oauth: Mapping[str, Any]) -> str:
        also = oauth.get("OAuthHttpParameters") or {}
        client = oauth["ClientParameters"]
        form = {
            "grant_type": "client_credentials",
            "client_id": client["ClientID"],
            "client_secret": client["ClientSecret"],
            **_pairs(also, "BodyParameters"),
        }
        url = oauth["AuthorizationEndpoint"]
        query = _pairs(also, "QueryStringParameters")
        headers = {"Content-Type": "application/x-www-form-urlencoded", **_pairs(also, "HeaderParameters")}
        body = urlencode(form)
        if oauth["HttpMethod"] == "GET":
            query, body = {**query, **form}, ""
        if query:
            url += f"?{urlencode(query)}"
        response = self._targets.http(
            sender, oauth["HttpMethod"], url, headers, body.encode() or None, timeout=limits.API_DESTINATION_TIMEOUT
        )
        try:
            return str(response.json()["access_token"])
        except (ValueError, KeyError, TypeError) as error:
            why = f"the connection {name} got no access token: {response!r}"
            raise NotTaken("SDK_CLIENT_ERROR", why, retryable=response.status >= 500) from error


def refusal(name: str, response: Response) -> NotTaken:
    """What a status that is no success means for the event."""
    why = f"{name} answered {response.status}"
    if response.status not in _RETRIED and response.status < 500:
        return NotTaken("SDK_CLIENT_ERROR", why, retryable=False)
    code = "THROTTLING" if response.status == 429 else "ERROR_FROM_TARGET"
    try:
        after = float(response.headers.get("retry-after", ""))
    except ValueError:
        after = 0
    if after < 0:
        return NotTaken(code, f"{why}, and not to try again", retryable=False)
    return TryLater(code, why, after=round(after * SECOND))


def _pairs(parameters: Mapping[str, Any], name: str) -> dict[str, str]:
    """A connection's parameters of one kind, by their keys."""
    return {one["Key"]: str(one.get("Value", "")) for one in parameters.get(name) or []}


def dynamic(value: str, event: Content) -> str:
    """A target's parameter: a JSON path is replaced by what it finds in the event."""
    if not value.startswith("$."):
        return value
    try:
        there, found = compiled(value).found(event.content)
    except InvalidPath:
        return value
    return "" if not there else found if isinstance(found, str) else as_json(found)


def _with_parameters(text: str, parameters: Mapping[str, str]) -> str:
    """Body parameters join a body that is an object."""
    if not parameters:
        return text
    try:
        content = json.loads(text)
    except ValueError:
        return text
    return as_json({**content, **parameters}) if isinstance(content, dict) else text
