"""Nothing is unaccounted for: at every instant each event that a subscriber wants is somewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from orders_bus import ACCOUNT, OrdersBus

from waterline import Cloud
from waterline.cloud import REGION

_ENDS = {"delivered", "dead-lettered", "dropped"}
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["a", "b", None]), st.integers(1, 4)),
        st.tuples(st.just("advance"), st.integers(0, 40), st.none()),
        st.tuples(st.just("stop"), st.none(), st.none()),
        st.tuples(st.just("resume"), st.booleans(), st.none()),
    ),
    max_size=14,
)


def play(orders: OrdersBus, steps: list[Any]) -> None:
    """Two subscribers, of which one has an unreliable target, through what hypothesis thinks of."""
    dead, rate = orders.queue("dead"), {"rate": 0.4}
    arn = orders.cloud.deploy("judge", "def handler(event, context):\n    return None\n")
    orders.cloud.faults.errors("judge", **rate)
    synchronous = {"LambdaParameters": {"InvocationType": "REQUEST_RESPONSE"}}
    one = orders.subscribe(
        arn, "judge", Type="FIFO", parameters=synchronous, OnFailureConfiguration={"Arn": dead},
        RetryPolicy={"MaxRetryAttempts": 2}, BatchConfiguration={"MaxBatchSize": 3, "MaxBatchWindowInSeconds": 5},
    )  # fmt: skip
    orders.subscribe(f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead", "copy")
    for what, first, second in steps:
        if what == "put":
            orders.put(*({"n": number} for number in range(second)), group=first)
        elif what == "advance":
            orders.cloud.advance(seconds=first)
        elif what == "stop":
            orders.api.update_subscriber(SubscriberArn=one, State="STOPPED")
        else:
            position = "LATEST" if first else "LAST_PROCESSED"
            orders.api.update_subscriber(SubscriberArn=one, State="RUNNING", ResumePosition=position)
        is_sound(orders)


def is_sound(orders: OrdersBus) -> None:
    """No copy has ended twice, and none is of an event that was never published or made twice for a subscriber."""
    journal = orders.cloud.journal
    published = {event.message for event in journal.of("sent", "eventsv2:orders")}
    copies = [(event.parents[0], event.detail["subscriber"]) for event in journal.of("routed", "eventsv2:orders")]
    assert {event for event, _ in copies} <= published
    assert max(Counter(copies).values(), default=0) <= 1
    ends = Counter(event.message for event in journal.of(place="eventsv2:orders") if event.kind in _ENDS)
    assert max(ends.values(), default=0) <= 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=_STEPS)
def test_every_event_reaches_its_end_once_for_each_subscriber(steps: list[Any]) -> None:
    with Cloud(seed=3) as cloud:
        orders = OrdersBus.opened(cloud)
        play(orders, [*steps, ("resume", False, None)])
        cloud.settle()
        journal = cloud.journal
        ended = {event.message for event in journal.of(place="eventsv2:orders") if event.kind in _ENDS}
        routed = {event.message for event in journal.of("routed", "eventsv2:orders")}
        assert ended == routed
        assert len(routed) == 2 * len(journal.of("sent", "eventsv2:orders"))


def digest() -> str:
    with Cloud(seed=11) as cloud:
        orders = OrdersBus.opened(cloud)
        steps = [("put", "a", 4), ("advance", 3, None), ("put", None, 2), ("stop", None, None), ("put", "b", 3)]
        play(orders, [*steps, ("advance", 30, None), ("resume", False, None)])
        cloud.settle()
        return cloud.journal.digest()


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_seed_is_the_same_journal_in_any_process(hash_seed: str) -> None:
    code = "import test_custom_bus_properties as t; print(t.digest())"
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=here
    )
    assert done.stdout.strip() == digest()
