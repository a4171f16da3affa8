"""The protocol of the Custom Event Bus: requests and answers in CBOR, at an endpoint that moto does not know.

moto has no such service and no such protocol. While a cloud is open, both are entered in moto's own tables: the
endpoint among its addresses, the backends where it looks for a service by name, the two halves of the protocol among
its parsers and serializers. So a call takes the way of all others, and what holds for all holds here too: faults, the
guard, the account of the caller.

Source: Smithy RPC v2 CBOR protocol (smithy.io, read 2026-11), and the model of botocore. What botocore can read of CBOR
is enough for its own requests; the other direction is written here, for the types that JSON has, bytes and dates.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from boto3 import Session
from botocore.model import Shape
from botocore.parsers import RpcV2CBORParser
from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.parse import PROTOCOL_PARSERS, RequestParser
from moto.core.serialize import SERIALIZERS, BaseJSONSerializer

SERVICE = "eventbridgev2"
"""What boto3 calls the service."""

_PROTOCOL = "smithy-rpc-v2-cbor"
ADDRESS = r"https?://(.+\.)?eventsv2\.([^.]+)\.amazonaws\.com"
"""Where the service is: with the number of the bus's account before it, or without."""

_MODULE = f"moto.{SERVICE}"


class _Parser(RequestParser):  # type: ignore[misc]
    """A request."""

    def _do_parse(self, request_dict: Mapping[str, Any], shape: Shape) -> Any:
        return decoded(request_dict["body"])


class _Serializer(BaseJSONSerializer):  # type: ignore[misc]
    """An answer. moto walks the model; what comes out is written as CBOR and not as JSON."""

    def serialize(self, result: Any) -> Any:
        written = super().serialize(result)
        written["headers"]["smithy-protocol"] = "rpc-v2-cbor"
        if not written["body"]:
            written["body"] = encoded({})
        return written

    def _get_protocol_specific_content_type(self) -> str:
        return "application/cbor"

    def _serialize_body(self, body: Any) -> bytes:
        return encoded(body)

    def _serialize_type_timestamp(self, serialized: Any, value: Any, shape: Shape, key: str) -> None:
        self._default_serialize(serialized, value, shape, key)


def decoded(content: bytes) -> Any:
    """What CBOR stands for."""
    if not content:
        return {}
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(content))


def encoded(value: Any) -> bytes:
    """CBOR of what JSON can hold, of bytes, and of dates."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case float():
            return b"\xfb" + struct.pack(">d", value)
        case str():
            text = value.encode()
            return _head(3, len(text)) + text
        case bytes():
            return _head(2, len(value)) + value
        case dt.datetime():
            return _head(6, 1) + encoded(value.timestamp())
        case list() | tuple():
            return _head(4, len(value)) + b"".join(map(encoded, value))
        case Mapping():
            items = [encoded(key) + encoded(inner) for key, inner in value.items()]
            return _head(5, len(items)) + b"".join(items)
    raise TypeError(f"CBOR has nothing for {type(value).__name__}")


def _head(major: int, number: int) -> bytes:
    """The beginning of an item: its major type, and a number, in as few bytes as it takes."""
    if number < 24:
        return bytes([major << 5 | number])
    for extra, form, size in ((24, ">B", 1), (25, ">H", 2), (26, ">I", 4), (27, ">Q", 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | extra]) + struct.pack(form, number)
    raise OverflowError("CBOR's integers have 64 bits")


class _Regions:
    """Those of EventBridge: boto3 does not yet know where the service itself is."""

    def __iter__(self) -> Iterator[str]:
        return iter(Session().get_available_regions("events"))


def _nowhere() -> BackendDict[Any]:
    """Backends that are not made yet; what they are made of, ``waterline.ground.installed`` says."""
    return BackendDict(BaseBackend, SERVICE, use_boto3_regions=False, additional_regions=_Regions())


@contextmanager
def known_to_moto() -> Iterator[None]:
    """Let moto look for this service's backends and speak its protocol, for the length of a ``with`` block."""
    module = ModuleType(_MODULE)
    setattr(module, f"{SERVICE}_backends", _nowhere())
    address = (SERVICE, re.compile(ADDRESS))
    with ExitStack() as stack:
        stack.enter_context(_entered(sys.modules, _MODULE, module))
        stack.enter_context(_entered(PROTOCOL_PARSERS, _PROTOCOL, _Parser))
        stack.enter_context(_entered(SERIALIZERS, _PROTOCOL, _Serializer))
        backend_index.backend_url_patterns.append(address)
        stack.callback(backend_index.backend_url_patterns.remove, address)
        yield


@contextmanager
def _entered(table: MutableMapping[str, Any], key: str, value: Any) -> Iterator[None]:
    """An entry for the length of a ``with`` block; what was there before comes back (a cloud beside another one)."""
    before = table.get(key)
    table[key] = value
    try:
        yield
    finally:
        if before is None:
            del table[key]
        else:
            table[key] = before
