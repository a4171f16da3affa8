"""What a run costs, minute by minute, by the prices of `waterline.pricing` without free tier and volume tiers.

Counted are the function's requests and GB-seconds (each invocation rounded up to a millisecond, billed when it ends;
making an environment is billed too), the calls to a queue (one to send each message, one for each receive, one to
delete each batch), a stream's shards by the hour and its records. Messages are small: one chunk each. Not counted are
empty receives, provisioned concurrency, and what stands behind the function.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np

from waterline.pricing import bill, kinesis, lambda_, sqs
from waterline.pricing.tariff import Use
from waterline.simulator.draws import Floats, Times
from waterline.simulator.loops import layout
from waterline.simulator.mistakes import not_negative, positive
from waterline.simulator.scenario import Function, Queue, Source, Stream

_MINUTE = 60_000_000
_MANY = 1_000_000


def by_bin(counts: Times, bin: int, through: Source, function: Function) -> Floats:
    """USD in each bin of the curves."""
    request, gb_second = _lambda_prices()
    gigabytes = function.memory / 1024
    spent = counts[layout.BEGUN] * request + counts[layout.BILLED] / 1000 * gigabytes * gb_second
    if isinstance(through, Queue):
        calls = counts[layout.ARRIVED] + counts[layout.RECEIVED] + counts[layout.ENDED]
        spent = spent + calls * _queue_price("standard" if through.groups is None else "fifo")
    elif isinstance(through, Stream):
        unit, shard_hour = _stream_prices()
        spent = spent + counts[layout.ARRIVED] * unit + through.shards * shard_hour * bin / (60 * _MINUTE)
    return np.asarray(spent, dtype=np.float64)


def per_minute(rate: float, duration: float, *, memory: int, batch: float = 1) -> float:
    """The formula beside it: USD a minute of a function at so many messages a second, in batches of so many."""
    not_negative("rate", rate)
    not_negative("duration", duration)
    positive("batch", batch)
    request, gb_second = _lambda_prices()
    return 60 * rate / batch * (request + duration * memory / 1024 * gb_second)


@cache
def _lambda_prices() -> tuple[float, float]:
    """USD for a request, and for a GB-second."""
    return _price(lambda_.Function(requests=_MANY)), _price(lambda_.Function(duration=Decimal(_MANY)))


@cache
def _queue_price(kind: sqs.Kind) -> float:
    return _price(sqs.Queue(sends=_MANY, kind=kind))


@cache
def _stream_prices() -> tuple[float, float]:
    """USD for a record, and for a shard for an hour."""
    return _price(kinesis.Stream(units=_MANY)), _price(kinesis.Stream(shard_hours=Decimal(_MANY)))


def _price(use: Use) -> float:
    """Of one, from the bill of a million."""
    return float(bill(use, free_tier=False).total / _MANY)
