"""Finding a stream to read, by its ARN: for a service that takes its records from another one's stream."""

from __future__ import annotations

from typing import cast

from moto.backends import get_backend

from waterline.services.stream import EventStream

_SERVICES = ("kinesis", "dynamodb")


def stream_at(arn: str) -> EventStream | None:
    """The Kinesis stream, the consumer of one, or the stream of a table, with this ARN; None: there is none."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] not in _SERVICES or not parts[4]:
        return None
    backends = get_backend(parts[2])
    return cast("EventStream | None", backends[parts[4]][parts[3]].stream_at(arn))
