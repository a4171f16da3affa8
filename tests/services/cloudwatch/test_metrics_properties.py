"""Against the queue's own counts, against brute force, and against an alarm that is looked at every minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.cloudwatch.models import cloudwatch_backends
from moto.core import DEFAULT_ACCOUNT_ID
from observatory import REGION, Observatory, opened

from waterline.clock import SECOND
from waterline.services.cloudwatch.verdict import verdict
from waterline.services.metrics import MINUTE, JournalMetrics, Metric
from waterline.services.metrics.queues import POISONED_AFTER

QUICK = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send later", "receive", "delete", "purge"]),
        st.integers(0, 200),
        st.sampled_from([0, 1, 7, 20, 60, 61, 130, 1800, 30_000]),
    ),
    max_size=14,
)
LEVELS = ("Visible", "NotVisible", "Delayed")


def play(lab: Observatory, steps: list[tuple[str, int, int]], between: Callable[[], object] = lambda: None) -> None:
    """Do something to the queue, and let some seconds go by, again and again."""
    held: list[dict[str, Any]] = []
    for step, seconds, pause in steps:
        match step:
            case "send":
                lab.send("x" * (seconds + 1))
            case "send later":
                lab.send(DelaySeconds=seconds)
            case "receive":
                held += lab.receive(VisibilityTimeout=seconds)
            case "delete" if held:
                lab.delete(held.pop(seconds % len(held)))
            case "purge":
                lab.store().purge()
        between()
        lab.advance(pause)


def everything(metrics: JournalMetrics) -> dict[Metric, list[tuple[int, Any]]]:
    first, last = metrics.origin // MINUTE, metrics.now // MINUTE + 1
    listed = {}
    for metric in metrics.metrics:
        series = metrics.series(metric)
        assert series is not None
        listed[metric] = [(minute, samples) for minute, samples in series.between(first, last, metrics.now)]
    return listed


@QUICK
@given(STEPS)
def test_what_the_metrics_say_of_a_queue_is_what_the_queue_says_of_itself(steps: list[tuple[str, int, int]]) -> None:
    with opened() as lab:
        lab.queue(MessageRetentionPeriod=7200)
        seen: dict[int, tuple[float, ...]] = {}

        def look() -> None:
            queue, end = lab.store(), lab.clock.now + 1
            ages = [
                (end - message.enqueued_at) / SECOND
                for message in queue.contents
                if message.approximate_receive_count <= POISONED_AFTER
            ]
            counts = (queue.visible_count, queue.in_flight_count, queue.delayed_count)
            seen[end // MINUTE * 60 - 60] = (*counts, max(ages, default=0))
            lab.clock.at(lab.clock.now + MINUTE, look, background=True)

        lab.clock.at(MINUTE - 1, look, background=True)
        play(lab, steps)
        lab.advance(60)
        minutes = min(1440, lab.clock.now // MINUTE)
        told = {
            name: lab.points(name, "Maximum", minutes=minutes, QueueName="orders")
            for name in [f"ApproximateNumberOfMessages{kind}" for kind in LEVELS] + ["ApproximateAgeOfOldestMessage"]
        }
        by_minute = {second: tuple(values.get(second) for values in told.values()) for second in seen}
        asleep = (None,) * 4
        assert all(by_minute[s] == seen[s] for s in seen if s < minutes * 60 and by_minute[s] != asleep)
        assert all(seen[s] == (0, 0, 0, 0) for s in seen if s < minutes * 60 and by_minute[s] == asleep)


@QUICK
@given(STEPS)
def test_reading_bit_by_bit_gives_what_reading_at_once_gives(steps: list[tuple[str, int, int]]) -> None:
    with opened() as lab:
        lab.queue()
        origin = round(lab.clock.start.timestamp()) * SECOND
        often = JournalMetrics(lab.journal, origin)
        for number, (_, seconds, pause) in enumerate(steps):
            lab.invocation(
                1 + 50 * number, 2 + 50 * number + seconds + pause % 9, request=f"r-{number}", environment=number
            )
        play(lab, steps, between=lambda: everything(often))
        assert everything(often) == everything(JournalMetrics(lab.journal, origin))


@QUICK
@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(1, 300), st.booleans(), st.integers(1, 3)), min_size=1, max_size=12
    )
)
def test_function_metrics_are_those_of_brute_force(runs: list[tuple[int, int, bool, int]]) -> None:
    with opened() as lab:
        # At the same second, ends come before beginnings: so they are planned in that order.
        for number, (begin, length, fails, batch) in enumerate(runs):
            messages = tuple(f"m-{number}-{each}" for each in range(batch))
            outcome = "failed" if fails else "succeeded"
            begun = begin + number / 1000
            lab.invocation(begun, begun + length, outcome, request=f"r-{number}", messages=messages, environment=number)
        lab.advance(1000)
        spans = [
            (begin + n / 1000, begin + n / 1000 + length, fails) for n, (begin, length, fails, _) in enumerate(runs)
        ]

        def of_minute(second: int) -> list[tuple[float, float, bool]]:
            return [span for span in spans if second <= span[0] < second + 60]

        seconds = range(0, 1000, 60)
        begun_in = {second: of_minute(second) for second in seconds if of_minute(second)}
        about = {"minutes": 17, "FunctionName": "pay"}
        assert lab.points("Invocations", **about) == {s: len(found) for s, found in begun_in.items()}  # type: ignore[arg-type]
        errors = {s: sum(fails for _, _, fails in found) for s, found in begun_in.items()}
        assert lab.points("Errors", **about) == errors  # type: ignore[arg-type]
        longest = {s: max(round((end - begin) * 1000) for begin, end, _ in found) for s, found in begun_in.items()}
        assert lab.points("Duration", "Maximum", **about) == longest  # type: ignore[arg-type]
        most = {}
        for second in seconds:
            instants = [second, *(begin for begin, _, _ in of_minute(second))]
            peak = max(sum(begin <= instant < end for begin, end, _ in spans) for instant in instants)
            if peak:
                most[second] = peak
        assert lab.points("ConcurrentExecutions", "Maximum", **about) == most  # type: ignore[arg-type]


@QUICK
@given(
    steps=STEPS,
    metric=st.sampled_from(
        [
            "ApproximateNumberOfMessagesVisible",
            "ApproximateAgeOfOldestMessage",
            "NumberOfMessagesSent",
            "SentMessageSize",
        ]
    ),
    statistic=st.sampled_from(["Maximum", "Minimum", "Average", "Sum", "SampleCount"]),
    period=st.sampled_from([1, 2, 5]),
    needed=st.sampled_from([(1, 1), (2, 3), (3, 3), (1, 4)]),
    missing=st.sampled_from(["missing", "ignore", "breaching", "notBreaching"]),
    comparison=st.sampled_from(["GreaterThanThreshold", "LessThanOrEqualToThreshold"]),
    threshold=st.sampled_from([0, 1, 90, 5000]),
)
def test_an_alarm_that_sleeps_changes_when_one_that_is_looked_at_every_minute_does(
    steps: list[tuple[str, int, int]],
    metric: str,
    statistic: str,
    period: int,
    needed: tuple[int, int],
    missing: str,
    comparison: str,
    threshold: int,
) -> None:
    with opened() as lab:
        lab.queue(MessageRetentionPeriod=7200)
        lab.alarm(
            metric=metric,
            threshold=threshold,
            Statistic=statistic,
            Period=60 * period,
            DatapointsToAlarm=needed[0],
            EvaluationPeriods=needed[1],
            TreatMissingData=missing,
            ComparisonOperator=comparison,
            QueueName="orders",
        )
        store = cloudwatch_backends[DEFAULT_ACCOUNT_ID][REGION].store
        wanted = Metric.of("AWS/SQS", metric, QueueName="orders")
        state, changes = "INSUFFICIENT_DATA", []
        range_ = needed[1] + 2

        def look() -> None:
            nonlocal state
            end = store.now
            start = end - range_ * period * MINUTE
            flags: list[bool | None] = [None] * range_
            for point in store.points(wanted, start, end, period * MINUTE, None, end):
                value = point.samples.statistic(statistic)
                above = value > threshold
                flags[(point.at - start) // (period * MINUTE)] = above if "Greater" in comparison else not above
            after = verdict(flags, needed[1], needed[0], missing, state)
            if after != state:
                changes.append((lab.clock.now / SECOND, after))
            state = after
            lab.clock.at(lab.clock.now + MINUTE, look, background=True)

        lab.clock.at(MINUTE, look, background=True)
        play(lab, steps)
        lab.advance(12 * 3600)
        assert lab.changes() == changes
