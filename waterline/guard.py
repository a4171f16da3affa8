"""The guard: no request leaves this machine, and no real account is ever touched.

:func:`install` is called once, when ``waterline`` is imported, and holds until the process ends: before, during and
after a cloud, and for boto3 clients and sessions made earlier. What is refused raises :class:`OutsideTheLab` at once:
one sentence that says what was tried, why it was refused, and what to do instead. It is not an ``OSError``, and not one
of botocore's exceptions, on purpose: nothing that retries a broken network may retry a refusal, or reword it.

Words: *this machine* is the loopback interface (127.0.0.0/8, ::1, ``localhost``), this machine's own host name, and
sockets without a network (``AF_UNIX``). A *way out* is a means by which Python can send something anywhere else:

- botocore: moto answers a request before it is sent. What reaches botocore's ``URLLib3Session.send`` was not answered,
  so it stops there, unless it goes to this machine (``endpoint_url="http://127.0.0.1:8000"`` is a server of one's own).
- Sockets and lookups: an audit hook sees every connect, datagram and DNS lookup, whichever library asks for it.
- A connection that was open before, or a proxy on this machine that would carry the request on: ``http.client`` is
  audited too, by the peer of its socket and by the host it asks a proxy for.
- Credentials: the ``AWS_`` variables of the learner's shell are dropped and fake ones are set, files with profiles are
  not read, instance and container metadata are switched off. Proxy variables are dropped, and ``NO_PROXY=*`` keeps out
  a proxy that the operating system knows.

Limits: child processes are not watched (they inherit the fake credentials, and no proxy); neither is a library that
opens sockets in C (ZeroMQ, which carries Jupyter, is one), a plain socket that was connected before ``waterline`` was
imported, nor, on Windows, asyncio's proactor given an address in digits. The guard is there against accidents.

Source: AWS SDKs and Tools Reference Guide, pages "Dual-stack and FIPS endpoints", "Service-specific endpoints",
"Account-based endpoints", "IMDS credential provider" and "Container credential provider" (the metadata addresses);
AWS Lambda Developer Guide, "Creating and managing Lambda function URLs".
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable, Mapping, MutableMapping
from ipaddress import IPv6Address, ip_address
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.httpsession import URLLib3Session
from moto.core.models import botocore_stubber  # importing it puts moto into every boto3 session made from now on

from waterline.errors import LabMistake

__all__ = ["ENVIRONMENT", "OutsideTheLab", "install"]


class OutsideTheLab(LabMistake):
    """Something was about to leave this machine. Its text is one sentence: what was tried, why not, what to do."""


ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }
)
"""What the environment says once the guard is installed. No other ``AWS_`` or ``_PROXY`` variable is left in it."""

_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_FUNCTION_URL = re.compile(r"\.lambda-url\.[a-z0-9-]+\.on\.aws$")
_EXECUTE_API = re.compile(r"\.execute-api\.[a-z0-9-]+\.amazonaws\.com$")
_AWS = re.compile(r"\.(amazonaws\.com(\.cn)?|api\.aws|on\.aws|aws\.dev)$")
_LOCAL_NAMES = frozenset({"", "localhost", socket.gethostname().lower()})
_LOCAL_FAMILIES = frozenset(getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK") if hasattr(socket, name))
_SIGNED_FOR = re.compile(r"/([a-z0-9-]+)/aws4_request")
_TO_A_PROXY = re.compile(rb"(?:CONNECT |[A-Z]{1,20} https?://)([^/ ]+)[^ ]* HTTP/1\.[01]\r\n")


def install() -> None:
    """Close every way out. To call it again changes nothing; it cannot be undone in this process."""
    if getattr(URLLib3Session.send, "__module__", None) == __name__:
        return
    _set_environment(os.environ)
    boto3.DEFAULT_SESSION = None  # it may be older than moto, and keep real credentials
    URLLib3Session.send = _guarded_send(URLLib3Session.send)
    # CPython looks a host name up inside these methods before it raises their audit event, and by then a DNS query has
    # left the machine: so the address is checked here first. The audit hook stays for whoever goes round these methods.
    for name, check, position in (
        ("bind", _check_bind, 0),
        ("connect", _check_connect, 0),
        ("connect_ex", _check_connect, 0),
        ("sendto", _check_send, -1),
        ("sendmsg", _check_send, 3),
    ):
        if hasattr(socket.socket, name):  # there is no sendmsg on Windows
            setattr(socket.socket, name, _checked(getattr(socket.socket, name), check, position))
    sys.addaudithook(_audit_hook())


def _set_environment(environment: MutableMapping[str, str]) -> None:
    for name in list(environment):
        if name.upper().startswith("AWS_") or name.upper().endswith("_PROXY"):
            del environment[name]
    environment.update(ENVIRONMENT)


# --- what counts as this machine, and what to say otherwise ----------------------------------------------------------


def _literal(host: str) -> str | None:
    """An IP address as it is usually written, or None when `host` is a name."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _text(host: object) -> str:
    return (host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)).lower().rstrip(".")


def _on_this_machine(host: object) -> bool:
    if host is None:
        return True
    name = _text(host)
    literal = _literal(name)
    if literal is None:
        return name in _LOCAL_NAMES
    address = ip_address(literal)
    return address.is_loopback or address.is_unspecified


def _refusal(tried: str, host: object) -> OutsideTheLab:
    name = _text(host)
    why = "nothing leaves this machine in the lab"
    if (_literal(name) or name) in _METADATA:
        why = "there is no instance or container metadata here"
        instead = "credentials are set already, so make the session and the client again after importing waterline"
    elif _FUNCTION_URL.search(name):
        instead = "call a function URL with cloud.http, for example cloud.http.get(url)"
    elif _EXECUTE_API.search(name):
        instead = "call an API of API Gateway with cloud.http, for example cloud.http.get(url)"
    elif _AWS.search(name):
        instead = "call AWS with boto3 while a Cloud is open"
    elif name.endswith(".example"):
        instead = "let somebody answer there with cloud.third_party, while a Cloud is open"
    else:
        instead = "call AWS with boto3 while a Cloud is open, and let whatever else you call listen on localhost"
    return OutsideTheLab(f"{tried} was refused, because {why}: {instead}.")


# --- botocore ---------------------------------------------------------------------------------------------------------


def _guarded_send(send: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def guarded_send(self: Any, request: Any) -> Any:
        host = urlsplit(request.url).hostname
        if host is not None and _on_this_machine(host):
            return send(self, request)
        raise _unanswered(request, host or request.url)

    return guarded_send


def _unanswered(request: Any, host: str) -> OutsideTheLab:
    """Why moto did not answer this request: its endpoint is none of AWS's usual ones, no cloud is open, or it never saw
    the request, because the session that made the client is older than moto."""
    tried = f"{_action(request)} to {host}"
    if host in _METADATA:
        return _refusal(tried, host)
    if host.endswith(".api.aws"):
        instead = "the lab has no dual-stack endpoints: make the client again without use_dualstack_endpoint"
    elif not _AWS.search(host):
        instead = (
            "nothing leaves this machine in the lab: make the client again without endpoint_url, "
            "or with one on localhost"
        )
    elif not botocore_stubber.enabled:
        instead = "no cloud is open: open one with Cloud(...) or Cloud.start(...), and make the call again"
    elif host.endswith(".amazonaws.com"):
        instead = (
            "its client or its session was made before waterline was imported: "
            "make the session and the client again, now"
        )
    else:
        instead = "the lab does not have this endpoint: make the client again in region us-east-1"
    return OutsideTheLab(f"{tried} was refused, because {instead}.")


def _action(request: Any) -> str:
    """What was called, as IAM writes it (``sqs:SendMessage``); method and path where the request does not say."""
    headers = {_text(name): _decoded(value) for name, value in request.headers.items()}
    body = _decoded(request.body) if isinstance(request.body, str | bytes | bytearray) else ""
    signed = _SIGNED_FOR.search(headers.get("authorization", ""))
    service = f"{signed[1]}:" if signed else ""
    if target := headers.get("x-amz-target"):
        return service + target.rpartition(".")[2]
    if action := re.match(r"Action=(\w+)", body):
        return service + action[1]
    call = f"{request.method} {urlsplit(request.url).path or '/'}"
    return f"{signed[1]} {call}" if signed else call


def _decoded(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else str(value)


# --- sockets, lookups, http.client ------------------------------------------------------------------------------------


def _check_address(doing: str, sock: Any, address: Any) -> None:
    if address is None or sock.family in _LOCAL_FAMILIES:
        return
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        raise _refusal(f"{doing} {address!r}", "")
    if not (isinstance(address, tuple) and len(address) > 1):
        return  # Python itself says what is wrong with such an address
    if not _on_this_machine(address[0]):
        raise _refusal(f"{doing} {_host_and_port(address[0], address[1])}", address[0])


def _host_and_port(host: object, port: object) -> str:
    name = _text(host)
    if port is None:
        return name
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _check_connect(sock: Any, address: Any) -> None:
    _check_address("Connecting to", sock, address)


def _check_send(sock: Any, address: Any) -> None:
    _check_address("Sending to", sock, address)


def _check_bind(sock: Any, address: Any) -> None:
    """A server may listen on any of this machine's addresses, but a name may have to be looked up first."""
    if sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and address:
        _check_lookup(*address[:1])


def _check_lookup(host: object, port: object = None, *_: object) -> None:
    """An address in digits needs no DNS, so it passes: connecting to it is another matter."""
    if not _on_this_machine(host) and _literal(_text(host)) is None:
        raise _refusal(f"Looking up {_host_and_port(host, port)}", host)


def _check_reverse_lookup(host: object) -> None:
    if not _on_this_machine(host):
        raise _refusal(f"Looking up {_text(host)}", host)


def _check_getnameinfo(address: Any) -> None:
    if isinstance(address, tuple) and address:
        _check_reverse_lookup(address[0])


def _check_http(connection: Any, data: object) -> None:
    sock = getattr(connection, "sock", None)
    try:
        peer = sock.getpeername()  # type: ignore[union-attr]
    except (AttributeError, OSError):
        return  # not connected, or not a socket
    _check_address("Sending to", sock, peer)
    asked = _TO_A_PROXY.match(data) if isinstance(data, bytes | bytearray) else None
    if asked:
        host = urlsplit("//" + asked[1].decode("ascii", "replace")).hostname
        if host is not None and not _on_this_machine(host):
            raise _refusal(f"Asking the proxy at {_host_and_port(*peer[:2])} for {host}", host)


_CHECKS: Mapping[str, Callable[..., None]] = {
    "socket.connect": _check_connect,
    "socket.sendto": _check_send,
    "socket.sendmsg": _check_send,
    "socket.getaddrinfo": _check_lookup,
    "socket.gethostbyname": _check_lookup,
    "socket.gethostbyaddr": _check_reverse_lookup,
    "socket.getnameinfo": _check_getnameinfo,
    "http.client.send": _check_http,
}


def _audit_hook() -> Callable[[str, tuple[Any, ...]], None]:
    find = _CHECKS.get  # bound here: every import and every open file passes through the hook

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        check = find(event)
        if check is not None:
            check(*arguments)

    return hook


def _checked(method: Callable[..., Any], check: Callable[[Any, Any], None], position: int) -> Callable[..., Any]:
    def checked(self: Any, *arguments: Any) -> Any:
        if -len(arguments) <= position < len(arguments):
            check(self, arguments[position])
        return method(self, *arguments)

    checked.__name__, checked.__doc__ = method.__name__, method.__doc__
    return checked
