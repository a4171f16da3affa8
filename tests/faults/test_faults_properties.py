"""Whatever goes wrong: the same seed gives the same journal, and nothing vanishes without an event that says why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scene import client, opened

from waterline.journal import Journal

SOURCE = """
import json, time

def handler(event, context):
    for record in event["Records"]:
        time.sleep(json.loads(record["body"])["takes"])
"""


@dataclass(frozen=True)
class Laid:
    """One fault to be laid: a verb, its rate, its other arguments, and when it begins and ends."""

    verb: str
    target: str
    rate: float | None
    options: tuple[tuple[str, object], ...] = ()
    start: int = 0
    lasts: int = 100


@dataclass(frozen=True)
class Run:
    seed: int
    takes: tuple[float, ...]
    batch_size: int
    reports: bool
    dead_after: int
    faults: tuple[Laid, ...]


RATES = st.sampled_from([0.0, 0.2, 0.5, 1.0])
CHOICES = st.sampled_from(
    [
        ("errors", "issue-ticket", ()),
        ("errors", "issue-ticket", (("after_work", True),)),
        ("errors", "issue-ticket", (("when", '"takes": 1'),)),
        ("slow", "issue-ticket", (("seconds", 3),)),
        ("slow", "sqs", (("seconds", 2),)),
        ("crashes", "issue-ticket", ()),
        ("crashes", "issue-ticket", (("within", 1),)),
        ("out_of_memory", "issue-ticket", (("within", 3),)),
        ("partial_batch_failures", "issue-ticket", ()),
        ("throttles", "sqs", (("operation", "SendMessage"),)),
        ("errors", "sqs", ()),
        ("duplicates", "tickets", (("within", 40),)),
        ("reorders", "tickets", (("within", 7),)),
    ]
)
STARTS, LENGTHS = st.sampled_from([0, 2, 30]), st.sampled_from([1, 20, 90])
RATED = st.builds(
    lambda choice, rate, start, lasts: Laid(*choice[:2], rate, choice[2], start, lasts), CHOICES, RATES, STARTS, LENGTHS
)
OUTAGES = st.builds(
    lambda target, start, lasts: Laid("outage", target, None, (), start, lasts),
    st.sampled_from(["issue-ticket", "sqs"]),
    STARTS,
    LENGTHS,
)
RUNS = st.builds(
    Run,
    seed=st.integers(0, 5),
    takes=st.lists(st.sampled_from([0, 0.5, 1, 8]), min_size=1, max_size=12).map(tuple),
    batch_size=st.sampled_from([1, 3, 10]),
    reports=st.booleans(),
    dead_after=st.integers(1, 4),
    faults=st.lists(RATED | OUTAGES, max_size=5).map(tuple),
)


def play(run: Run) -> tuple[Journal, int]:
    """Play a run; returns its journal, and how many sends were answered."""
    with opened(run.seed) as scene:
        dead = scene.arn(scene.queue("tickets-dead"))
        policy = f'{{"deadLetterTargetArn": "{dead}", "maxReceiveCount": {run.dead_after}}}'
        url = scene.mapped(
            SOURCE,
            attributes={"RedrivePolicy": policy},
            BatchSize=run.batch_size,
            FunctionResponseTypes=["ReportBatchItemFailures"] if run.reports else [],
        )
        for laid in run.faults:
            options = dict(laid.options) | ({} if laid.rate is None else {"rate": laid.rate})
            verb = getattr(scene.cloud.faults, laid.verb)
            verb(laid.target, start=laid.start, end=laid.start + laid.lasts, **options)
        answered = 0
        for takes in run.takes:
            try:
                client("sqs").send_message(QueueUrl=url, MessageBody=f'{{"takes": {takes}}}')
                answered += 1
            except ClientError:
                pass
            scene.cloud.advance(seconds=0.7)
        scene.cloud.settle()
        # One more receive for what was received once too often, with every fault over: it moves to the dead letters.
        scene.cloud.advance(minutes=10)
        scene.cloud.settle()
        return scene.cloud.journal, answered


def check_nothing_vanishes(journal: Journal, answered: int, duplicated: bool) -> None:
    """Every copy of every message that was taken in is deleted or dead-lettered, by somebody who is in the journal."""
    sent = journal.of("sent", place="sqs:tickets")
    assert len(sent) == answered
    for event in sent:
        message = event.message
        kinds = Counter(each.kind for each in journal.of(message=message))
        copies = 1 + kinds["duplicated"]
        assert copies == 1 or duplicated
        assert kinds["deleted"] + kinds["dead-lettered"] == copies, journal.trace(str(message))
        assert kinds["deleted"] <= kinds["succeeded"]
        assert kinds["invoked"] == kinds["succeeded"] + kinds["failed"], "every invocation ends"


def check_what_strikes_says_so(journal: Journal, run: Run) -> None:
    """An event has a fault only where one was laid, and while it lasted or soon after; without faults nothing fails."""
    laid = {fault.verb for fault in run.faults}
    names = {
        "error": "errors",
        "slow": "slow",
        "crash": "crashes",
        "out of memory": "out_of_memory",
        "partial batch failure": "partial_batch_failures",
        "throttle": "throttles",
        "duplicate": "duplicates",
        "reorder": "reorders",
        "outage": "outage",
    }
    for event in journal:
        for fault in str(event.detail.get("fault", "")).split(", "):
            assert not fault or names[fault] in laid, event
        if event.kind in ("refused", "slowed", "duplicated", "failed"):
            timed_out = event.detail.get("why", "").startswith("timed out")
            assert "fault" in event.detail or timed_out, event


def check_environments(journal: Journal) -> None:
    """No environment runs two invocations at once, and none runs again after its runtime died."""
    running: dict[int, str] = {}
    gone: set[int] = set()
    for event in journal:
        environment, invocation = event.detail.get("environment"), event.detail.get("invocation")
        if event.kind == "invoked":
            assert environment not in gone
            assert running.setdefault(environment, invocation) == invocation
        elif event.kind in ("succeeded", "failed"):
            assert running.pop(environment, invocation) == invocation
        elif event.kind == "ended":
            gone.add(environment)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(run=RUNS)
def test_whatever_goes_wrong_nothing_vanishes_and_the_same_seed_gives_the_same_journal(run: Run) -> None:
    journal, answered = play(run)
    check_nothing_vanishes(journal, answered, any(fault.verb == "duplicates" for fault in run.faults))
    check_what_strikes_says_so(journal, run)
    check_environments(journal)
    again, answered_again = play(run)
    assert (again.to_json_lines(), answered_again) == (journal.to_json_lines(), answered)


def test_another_seed_strikes_others() -> None:
    faults = (Laid("errors", "issue-ticket", 0.5), Laid("duplicates", "tickets", 0.5))
    runs = [play(Run(seed, (0.5,) * 12, 1, False, 4, faults))[0].digest() for seed in range(3)]
    assert len(set(runs)) == 3
