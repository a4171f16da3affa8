"""AWS/Lambda, asked through boto3. Source: AWS Lambda Developer Guide, "Types of metrics for Lambda functions"."""

from __future__ import annotations

from observatory import Observatory


def test_a_batch_is_one_invocation(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(5, 7, messages=("a", "b", "c"))
    lab.advance(60)
    assert lab.points("Invocations", FunctionName="pay") == {0: 1}
    assert lab.points("Duration", "Average", FunctionName="pay") == {0: 2000}


def test_each_attempt_at_an_event_is_an_invocation(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(0, 1, "failed", request="r")
    lab.invocation(61, 62, "failed", request="r")
    lab.invocation(182, 183, request="r")
    lab.advance(300)
    assert lab.points("Invocations", FunctionName="pay") == {0: 1, 60: 1, 180: 1}
    assert lab.points("Errors", FunctionName="pay") == {0: 1, 60: 1, 180: 0}


def test_errors_and_durations_stand_where_the_invocation_began_and_come_when_it_is_over(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(50, 130, "failed")
    lab.advance(120)
    assert lab.points("Errors", FunctionName="pay") == {}
    lab.advance(60)
    assert lab.points("Errors", FunctionName="pay") == {0: 1}
    assert lab.points("Duration", "Maximum", FunctionName="pay") == {0: 80_000}


def test_samples_that_come_late_stand_in_their_own_minute(lab: Observatory) -> None:
    lab.invocation(10, 200, request="slow")
    lab.invocation(70, 75, request="quick", environment=2)
    lab.advance(300)
    assert lab.points("Invocations", minutes=1, FunctionName="pay") == {0: 1}
    assert lab.points("Invocations", minutes=1, start=1, FunctionName="pay") == {60: 1}


def test_the_average_of_errors_is_the_error_rate(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    for number, outcome in enumerate(["succeeded", "failed", "succeeded", "succeeded"]):
        lab.invocation(number, number + 0.5, outcome, request=f"r-{number}")
    lab.advance(60)
    assert lab.points("Errors", "Average", FunctionName="pay") == {0: 0.25}


def test_a_throttled_batch_is_one_throttle_and_no_invocation(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    for message in ("a", "b"):
        lab.at(3, lambda m: lab.journal.record("throttled", "lambda:pay", m, invocation="r-1"), message)
    lab.advance(60)
    assert lab.points("Throttles", FunctionName="pay") == {0: 1}
    assert lab.points("Invocations", FunctionName="pay") == {}
    assert lab.points("Errors", FunctionName="pay") == {}


def test_a_minute_without_invocations_has_no_data_point(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(10, 11)
    lab.invocation(250, 251, request="r-2")
    lab.advance(600)
    for metric in ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"):
        assert list(lab.points(metric, "SampleCount", FunctionName="pay")) == [0, 240], metric


def test_concurrency_counts_environments_that_overlap(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(10, 100, request="a", environment=1)
    lab.invocation(20, 30, request="b", environment=2)
    lab.invocation(25, 200, request="c", environment=3)
    lab.advance(400)
    assert lab.points("ConcurrentExecutions", "Maximum", FunctionName="pay") == {0: 3, 60: 2, 120: 1, 180: 1}


def test_an_invocation_that_ends_with_the_minute_is_not_in_the_next(lab: Observatory) -> None:
    lab.invocation(10, 60)
    lab.advance(200)
    assert lab.points("ConcurrentExecutions", "Maximum", FunctionName="pay") == {0: 1}


def test_an_environment_that_is_being_made_is_at_work(lab: Observatory) -> None:
    lab.at(50, lambda: lab.journal.record("started", "lambda:pay", "m-1", invocation="r-1", environment=1))
    lab.invocation(70, 75)
    lab.advance(200)
    assert lab.points("ConcurrentExecutions", "Maximum", FunctionName="pay") == {0: 1, 60: 1}
    assert lab.points("Duration", FunctionName="pay") == {60: 5000}


def test_an_environment_that_could_not_be_made_is_a_failed_invocation(lab: Observatory) -> None:
    detail = {"invocation": "r-1", "environment": 1}
    for message in ("a", "b"):
        lab.at(50, lambda m: lab.journal.record("started", "lambda:pay", m, **detail), message)
        lab.at(62, lambda m: lab.journal.record("failed", "lambda:pay", m, duration=12_000_000, **detail), message)
    lab.advance(200)
    assert lab.points("Errors", FunctionName="pay") == {0: 1}
    assert lab.points("ConcurrentExecutions", "Maximum", FunctionName="pay") == {0: 1, 60: 1}


def test_the_age_of_an_asynchronous_event_grows_with_each_attempt(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.at(0, lambda: lab.journal.record("sent", "lambda:pay", "e-1", body="{}"))
    lab.invocation(1, 2, "failed", messages=("e-1",))
    lab.invocation(62, 63, "failed", messages=("e-1",))
    lab.at(63, lambda: lab.journal.record("dropped", "lambda:pay", "e-1", why="failed twice"))
    lab.advance(300)
    assert lab.points("AsyncEventsReceived", FunctionName="pay") == {0: 1}
    assert lab.points("AsyncEventAge", "Maximum", FunctionName="pay") == {0: 1000, 60: 62_000}
    assert lab.points("AsyncEventsDropped", FunctionName="pay") == {60: 1}


def test_an_event_that_goes_to_the_dead_letter_queue_is_dropped_once(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    record = lab.journal.record
    lab.at(0, lambda: record("sent", "lambda:pay", "e-1", body="{}"))
    lab.at(9, lambda: record("dead-lettered", "lambda:pay", "e-1", count=3, to="graveyard"))
    lab.at(9, lambda: record("dropped", "lambda:pay", "e-1", dead_letter_error="the queue is gone"))
    lab.at(9, lambda: record("dropped", "lambda:pay", "from-a-queue"))
    lab.advance(60)
    assert lab.points("AsyncEventsDropped", FunctionName="pay") == {0: 1}
    assert lab.points("DeadLetterErrors", FunctionName="pay") == {0: 1}


def test_iterator_age_is_in_milliseconds(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(5, 6, messages=("a", "b"), iterator_age=4_500_000)
    lab.advance(60)
    assert lab.points("IteratorAge", "Maximum", FunctionName="pay") == {0: 4500}
    assert lab.points("IteratorAge", "SampleCount", FunctionName="pay") == {0: 1}


def test_functions_are_counted_alone_together_and_by_alias(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions"."""
    lab.invocation(1, 5, request="a")
    lab.invocation(2, 5, request="b", function="refund")
    lab.invocation(3, 5, request="c", qualifier="live", environment=2)
    lab.advance(60)
    assert lab.points("Invocations") == {0: 3}
    assert lab.points("ConcurrentExecutions", "Maximum") == {0: 3}
    assert lab.points("Invocations", FunctionName="pay") == {0: 2}
    assert lab.points("Invocations", FunctionName="pay", Resource="pay") == {0: 1}
    assert lab.points("Invocations", FunctionName="pay", Resource="pay:live") == {0: 1}


def test_an_environment_that_both_versions_number_alike_is_not_taken_for_one(lab: Observatory) -> None:
    lab.invocation(1, 5, request="a", environment=1)
    lab.invocation(2, 6, request="b", environment=1)
    lab.advance(60)
    assert lab.points("Invocations", FunctionName="pay") == {0: 2}
    assert lab.points("ConcurrentExecutions", "Maximum", FunctionName="pay") == {0: 2}


def test_provisioned_environments_are_counted_and_so_is_what_spills_over(lab: Observatory) -> None:
    """Source: "Types of metrics for Lambda functions": the metrics of provisioned concurrency."""
    lab.invocation(1, 90, request="a", provisioned=True, allocated=2, qualifier="live")
    lab.invocation(2, 50, request="b", provisioned=True, allocated=2, qualifier="live", environment=2)
    lab.invocation(3, 50, request="c", provisioned=False, allocated=2, qualifier="live", environment=3)
    lab.invocation(4, 50, request="d")
    lab.advance(120)
    about = {"FunctionName": "pay", "Resource": "pay:live"}
    assert lab.points("ProvisionedConcurrencyInvocations", **about) == {0: 2}
    assert lab.points("ProvisionedConcurrencySpilloverInvocations", **about) == {0: 1}
    assert lab.points("ProvisionedConcurrentExecutions", "Maximum", **about) == {0: 2, 60: 1}
    assert lab.points("ProvisionedConcurrencyUtilization", "Maximum", **about) == {0: 1, 60: 0.5}
    assert lab.points("ProvisionedConcurrencyInvocations", FunctionName="pay", Resource="pay") == {}
