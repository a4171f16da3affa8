"""ministack as a rival: an emulator with code of its own, in real seconds over the loopback interface.

It is no requirement of the project. Where its command is not found (see ``tests/witness/tellers.py``), the row says so.
Its work is done in processes of its own, so only wall time is compared; a rival's size may be a part of the lab's,
because its pollers wait in real seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import boto3
from cases import BATCH, TRIVIAL, entries
from measure import Contender, Missing, Ratio, Work, race

sys.path.append(str(Path(__file__).parents[1] / "witness"))

from stage import ONCE, Stage
from tellers import REGION, command, ministack

_ROLE = "arn:aws:iam::000000000000:role/lambda"


@contextmanager
def through_a_queue(messages: int, batch_size: int) -> Iterator[Work]:
    """Messages sent in batches to a queue with a trivial function behind it, until the queue is empty."""
    found = command()
    assert found is not None
    with ministack(found) as (endpoint, _version):
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
        sqs, awslambda = (session.client(name, endpoint_url=endpoint, config=ONCE) for name in ("sqs", "lambda"))
        stage = Stage("bench", sqs, awslambda, _ROLE, time.sleep)
        queue = stage.queue()
        stage.map(queue, stage.function(TRIVIAL), BatchSize=batch_size)

        def work() -> None:
            for first in range(0, messages, BATCH):
                sqs.send_message_batch(QueueUrl=queue, Entries=entries(first))
            until = time.monotonic() + 120
            while stage.held(queue):
                if time.monotonic() > until:
                    raise RuntimeError(f"ministack still has {stage.held(queue)} of {messages} messages after 120 s.")
                time.sleep(0.01)

        yield work


def compared(
    contenders: Mapping[str, Contender], pairs: list[tuple[str, str]], rounds: int, messages: int, batch_size: int
) -> list[Ratio | Missing]:
    """The race with ministack as one contender more, against the first of the first pair."""
    lab, rival = pairs[0][0], f"ministack, {messages:,}"
    if command() is None:
        return [*race(contenders, pairs, rounds), Missing(lab, rival, "not measured: ministack is not installed")]
    with_it = {**contenders, rival: partial(through_a_queue, messages, batch_size)}
    *others, against = race(with_it, [*pairs, (lab, rival)], rounds)
    return [*others, replace(against, cpu=None)]
