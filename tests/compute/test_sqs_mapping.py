"""The event source mapping of a queue: batches, their outcome, its pollers, and what becomes of it.

AWS Lambda Developer Guide (read 2026-11): "Using Lambda with Amazon SQS", "Configuring scaling behavior for SQS event
source mappings", "Handling errors for an SQS event source in Lambda".
"""

from __future__ import annotations

import pytest
from world import COUNT, FAIL, World, sleeping

from waterline.clock import SECOND

FAIL_ON_BAD = """
def handler(event, context):
    for record in event["Records"]:
        if record["body"] == "bad":
            raise ValueError("bad order")
"""
REPORT_BAD = """
def handler(event, context):
    bad = [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]
    return {"batchItemFailures": bad}
"""


def test_what_succeeds_is_deleted(world: World) -> None:
    """ "Using Lambda with Amazon SQS": when your function processes a batch, Lambda deletes its messages."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue)
    (message,) = world.send(queue, "one")
    world.cloud.settle()
    kinds = [kind for _, kind in world.story(message)]
    assert kinds == ["sent", "received", "started", "invoked", "succeeded", "deleted"]
    assert world.counts(queue) == (0, 0)


def test_a_record_has_the_keys_of_a_record_on_aws(world: World) -> None:
    """ "Using Lambda with Amazon SQS", example standard queue message event."""
    queue = world.queue()
    world.deploy(
        "def handler(event, context):\n    print(sorted(event['Records'][0]), event['Records'][0]['eventSource'])"
    )
    world.map(queue)
    world.send(queue, "one")
    world.cloud.settle()
    keys = [
        "attributes",
        "awsRegion",
        "body",
        "eventSource",
        "eventSourceARN",
        "md5OfBody",
        "messageAttributes",
        "messageId",
        "receiptHandle",
    ]
    assert f"{keys} aws:sqs" in world.cloud.logs("issue")


def test_a_backlog_is_cut_into_batches_of_the_batch_size(world: World) -> None:
    """CreateEventSourceMapping, BatchSize: the most messages in one batch."""
    queue = world.queue()
    world.deploy(COUNT)
    world.send(queue, *"abcdefg")
    world.map(queue, BatchSize=3)
    world.cloud.settle()
    assert world.batches() == [(0, 3), (0, 3), (0, 1)]


@pytest.mark.parametrize(("settings", "size"), [({}, 10), ({"BatchSize": 1}, 1)])
def test_the_batch_size_is_ten_unless_said(world: World, settings: dict[str, int], size: int) -> None:
    """CreateEventSourceMapping, BatchSize: default 10 for Amazon SQS."""
    queue = world.queue()
    world.deploy(COUNT)
    world.send(queue, *map(str, range(12)))
    world.map(queue, **settings)
    world.cloud.settle()
    assert world.batches()[0] == (0, size)


def test_a_batching_window_gathers_over_time_and_ends_with_itself(world: World) -> None:
    """MaximumBatchingWindowInSeconds: the most time that Lambda spends gathering records before it invokes.

    Source: CreateEventSourceMapping.
    """
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue, MaximumBatchingWindowInSeconds=5)
    for second in range(8):
        world.send(queue, str(second))
        world.cloud.advance(seconds=1.1)
    world.cloud.settle()
    assert world.batches() == [(5, 5), (10.5, 3)]


def test_a_full_batch_does_not_wait_for_its_window(world: World) -> None:
    """ "Batching behavior": Lambda invokes when the batch is full, the window over, or the payload 6 MB."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue, BatchSize=3, MaximumBatchingWindowInSeconds=60)
    for second in range(3):
        world.send(queue, str(second))
        world.cloud.advance(seconds=1)
    assert world.batches() == [(2, 3)]


def test_a_window_gathers_more_than_ten(world: World) -> None:
    """ReceiveMessage gives ten at most; a batch with a window may be larger."""
    queue = world.queue()
    world.deploy(COUNT)
    world.send(queue, *map(str, range(37)))
    world.map(queue, BatchSize=100, MaximumBatchingWindowInSeconds=2)
    world.cloud.settle()
    assert sum(size for _, size in world.batches()) == 37
    assert max(size for _, size in world.batches()) > 10


def test_a_batch_larger_than_six_megabytes_is_invoked_in_parts(world: World) -> None:
    """ "Batching behavior": the payload limit of 6 MB closes a batch."""
    queue = world.queue()
    world.deploy(COUNT)
    world.send(queue, *["x" * 1_000_000] * 8)
    world.map(queue)
    world.cloud.settle()
    assert [size for _, size in world.batches()] == [6, 2]


def test_a_failed_batch_comes_back_whole_and_the_good_ones_run_again(world: World) -> None:
    """ "Handling errors": without a partial batch response all messages of a failed batch become visible again."""
    queue = world.queue(VisibilityTimeout=30, dead_after=2)
    world.deploy(FAIL_ON_BAD)
    good, bad = world.send(queue, "good", "bad")
    world.map(queue)
    world.cloud.settle()
    for message in (good, bad):
        kinds = [kind for _, kind in world.story(message, "received", "invoked", "failed", "dead-lettered")]
        assert kinds == ["received", "invoked", "failed", "received", "invoked", "failed", "dead-lettered"]
    assert world.story(good, "invoked") == [(0, "invoked"), (30, "invoked")]


def test_a_message_is_dead_lettered_after_its_last_receive_with_its_count(world: World) -> None:
    """ "Using dead-letter queues in Amazon SQS": it moves when its receive count exceeds maxReceiveCount."""
    queue = world.queue(dead_after=3)
    world.deploy(FAIL)
    world.map(queue)
    (message,) = world.send(queue, "poison")
    world.cloud.settle()
    assert [event.detail["count"] for event in world.cloud.journal.of("received")] == [1, 2, 3]
    assert world.story(message, "dead-lettered") == [(90, "dead-lettered")]


def test_only_the_reported_messages_come_back(world: World) -> None:
    """ "Implementing partial batch responses": messages that are not reported are deleted."""
    queue = world.queue(dead_after=2)
    world.deploy(REPORT_BAD)
    good, bad = world.send(queue, "good", "bad")
    world.map(queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    world.cloud.settle()
    assert world.story(good, "invoked", "deleted") == [(0, "invoked"), (0, "deleted")]
    assert world.story(bad, "invoked", "deleted", "dead-lettered") == [
        (0, "invoked"),
        (30, "invoked"),
        (60, "dead-lettered"),
    ]


def test_a_report_that_nobody_asked_for_is_ignored_and_the_failed_message_is_lost(world: World) -> None:
    """ "Implementing partial batch responses": it must be enabled on the mapping (misconception 8)."""
    queue = world.queue(dead_after=2)
    world.deploy(REPORT_BAD)
    _, bad = world.send(queue, "good", "bad")
    world.map(queue)
    world.cloud.settle()
    assert world.story(bad, "invoked", "deleted", "dead-lettered") == [(0, "invoked"), (0, "deleted")]


def test_a_slow_success_is_delivered_twice_and_its_late_delete_deletes_nothing(world: World) -> None:
    """ "Amazon SQS visibility timeout", and DeleteMessage on old receipt handles (misconception 2).

    AWS looks at the visibility timeout only when the mapping is made, so it can be lowered afterwards.
    """
    queue = world.queue(VisibilityTimeout=20)
    world.deploy(sleeping(8), timeout=15)
    world.map(queue)
    world.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    (message,) = world.send(queue, "order")
    world.cloud.advance(seconds=9)
    assert world.story(message, "received", "succeeded", "deleted") == [
        (0, "received"),
        (5, "received"),
        (8, "succeeded"),
    ]
    assert world.counts(queue) == (0, 1)


@pytest.mark.parametrize("fifo", ["", ".fifo"])
def test_a_late_delete_is_no_error_of_the_mapping(world: World, fifo: str) -> None:
    """A FIFO queue answers a late delete with an error; the mapping lives on and polls. Source: DeleteMessage."""
    queue = world.queue(f"tickets{fifo}", VisibilityTimeout=20)
    world.deploy(sleeping(8), timeout=15)
    world.map(queue)
    world.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    world.send(queue, "order", group="g" if fifo else None)
    world.cloud.advance(seconds=60)
    world.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "20"})
    world.cloud.settle()
    assert world.counts(queue) == (0, 0)


# -- throttles ---------------------------------------------------------------------------------------------------------


def test_throttled_batches_come_back_and_their_receive_count_has_risen(world: World) -> None:
    """Reserved concurrency does not hold the pollers back (misconceptions 3 and 4): a throttle counts as a receive.

    Source: "Handling errors for an SQS event source in Lambda".
    """
    queue = world.queue(dead_after=2)
    world.deploy(COUNT)
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=0)
    (message,) = world.send(queue, "healthy")
    world.map(queue)
    world.cloud.settle()
    assert world.story(message, "received", "invoked", "dead-lettered") == [
        (0, "received"),
        (30, "received"),
        (60, "dead-lettered"),
    ]
    throttles = [at for at, _ in world.story(message, "throttled")]
    assert throttles[:5] == [0, 1, 3, 7, 15], "tried again inside the visibility timeout"


def test_a_throttled_batch_is_tried_again_before_it_comes_back(world: World) -> None:
    """The guide on visibility timeouts: the extra time lets Lambda retry if the function is throttled (M1).

    Source: "Creating and configuring an Amazon SQS event source mapping".
    """
    queue = world.queue()
    world.deploy(sleeping(2))
    world.awslambda.put_function_concurrency(FunctionName="issue", ReservedConcurrentExecutions=1)
    first, second = world.send(queue, "a", "b")
    world.map(queue, BatchSize=1)
    world.cloud.settle()
    assert world.story(first, "throttled", "succeeded") == [(2, "succeeded")]
    assert world.story(second, "throttled", "received", "invoked") == [
        (0, "received"),
        (0, "throttled"),
        (1, "throttled"),
        (3, "invoked"),
    ]


# -- pollers -----------------------------------------------------------------------------------------------------------


def _running_at_once(world: World) -> int:
    running, most = 0, 0
    for event in world.cloud.journal:
        running += {"invoked": 1, "succeeded": -1}.get(event.kind, 0)
        most = max(most, running)
    return most


def test_a_mapping_begins_with_five_batches_at_a_time(world: World) -> None:
    """ "Configuring scaling behavior": Lambda starts with five concurrent batches."""
    queue = world.queue()
    world.deploy(sleeping(0.1))
    world.send(queue, *map(str, range(7)))
    world.map(queue, BatchSize=1)
    world.cloud.settle()
    assert [at for at, _ in world.batches()] == [0] * 5 + [0.1] * 2


def test_a_backlog_brings_three_hundred_more_a_minute(world: World) -> None:
    """ "Configuring scaling behavior": up to 300 more concurrent invokes per minute."""
    queue = world.queue(VisibilityTimeout=900)
    world.deploy(sleeping(600), timeout=900)
    world.send(queue, *map(str, range(60)))
    world.map(queue, BatchSize=1)
    for second, running in ((0.1, 5), (1.1, 10), (10.1, 55)):
        world.cloud.advance(seconds=second - world.cloud.clock.now / SECOND)
        assert len(world.cloud.journal.of("invoked")) == running, second


def test_messages_that_arrive_while_all_are_busy_bring_more_pollers(world: World) -> None:
    """Source: "Configuring scaling behavior for SQS event source mappings"."""
    queue = world.queue(VisibilityTimeout=900)
    world.deploy(sleeping(600), timeout=900)
    world.map(queue, BatchSize=1)
    world.send(queue, *"abcde")
    world.cloud.advance(seconds=60)
    world.send(queue, *"fg")
    world.cloud.advance(seconds=1)
    assert world.story(None, "invoked")[5:] == [(60.2, "invoked"), (60.4, "invoked")]


@pytest.mark.parametrize("most", [2, 7])
def test_maximum_concurrency_is_never_passed_and_causes_no_throttle(world: World, most: int) -> None:
    """ScalingConfig.MaximumConcurrency: the most concurrent invocations that this source may cause.

    Source: "Configuring scaling behavior for SQS event source mappings".
    """
    queue = world.queue()
    world.deploy(sleeping(2))
    world.send(queue, *map(str, range(60)))
    world.map(queue, BatchSize=1, ScalingConfig={"MaximumConcurrency": most})
    world.cloud.settle()
    assert _running_at_once(world) == most
    assert len(world.cloud.journal.of("deleted")) == 60
    assert not world.cloud.journal.of("throttled")


def test_maximum_concurrency_can_be_changed_while_there_is_a_backlog(world: World) -> None:
    """Source: UpdateEventSourceMapping."""
    queue = world.queue()
    world.deploy(sleeping(1))
    world.send(queue, *map(str, range(40)))
    mapping = world.map(queue, BatchSize=1, ScalingConfig={"MaximumConcurrency": 5})
    world.cloud.advance(seconds=2.5)
    world.awslambda.update_event_source_mapping(UUID=mapping, ScalingConfig={"MaximumConcurrency": 2})
    world.cloud.advance(seconds=10)
    at_last = [at for at, _ in world.batches() if at >= 4]
    assert {at: at_last.count(at) for at in at_last} == dict.fromkeys(range(4, 13), 2)
    world.awslambda.update_event_source_mapping(UUID=mapping, ScalingConfig={"MaximumConcurrency": 5})
    world.cloud.settle()
    assert len(world.cloud.journal.of("deleted")) == 40


def test_idle_pollers_cost_nothing(world: World) -> None:
    """A month of an empty queue is one step of the clock, and ``settle`` does not wait for it."""
    queue = world.queue()
    world.deploy(COUNT)
    world.map(queue)
    world.cloud.settle()
    switches = world.cloud.clock.switches
    world.cloud.advance(days=30)
    assert world.cloud.clock.switches - switches <= 2
    assert world.cloud.clock.now == 30 * 86_400 * SECOND
    world.cloud.settle()
    assert world.cloud.clock.now == 30 * 86_400 * SECOND


# -- FIFO --------------------------------------------------------------------------------------------------------------


def test_a_group_has_one_batch_at_a_time_and_in_order(world: World) -> None:
    """ "Configuring scaling behavior for SQS event source mappings": as many as there are active message groups."""
    queue = world.queue("tickets.fifo")
    world.deploy(sleeping(1))
    ids = {group: world.send(queue, *(f"{group}{n}" for n in range(6)), group=group) for group in "AB"}
    world.map(queue, BatchSize=2)
    world.cloud.settle()
    for group in "AB":
        begun = [
            (event.seconds, event.message) for event in world.cloud.journal.of("invoked") if event.message in ids[group]
        ]
        assert [message for _, message in begun] == ids[group]
        assert [at for at, _ in begun] == [0, 0, 1, 1, 2, 2]


def test_a_failed_batch_blocks_its_own_group_only(world: World) -> None:
    """ "FIFO delivery logic in Amazon SQS": while messages of a group are in flight no others of it are given out."""
    queue = world.queue("tickets.fifo", dead_after=2)
    world.deploy(FAIL_ON_BAD)
    bad, behind = world.send(queue, "bad", "behind", group="A")
    (other,) = world.send(queue, "other", group="B")
    world.map(queue, BatchSize=1)
    world.cloud.settle()
    assert world.story(other, "deleted") == [(0, "deleted")]
    assert world.story(bad, "invoked", "dead-lettered") == [(0, "invoked"), (30, "invoked"), (60, "dead-lettered")]
    assert world.story(behind, "invoked") == [(60, "invoked")]


# -- the life of a mapping ---------------------------------------------------------------------------------------------


def test_a_disabled_mapping_receives_nothing_until_it_is_enabled(world: World) -> None:
    """UpdateEventSourceMapping, Enabled: when false, Lambda pauses polling."""
    queue = world.queue()
    world.deploy(COUNT)
    mapping = world.map(queue, Enabled=False)
    world.send(queue, "one")
    world.cloud.advance(minutes=5)
    assert world.counts(queue) == (1, 0)
    assert world.awslambda.get_event_source_mapping(UUID=mapping)["State"] == "Disabled"
    world.awslambda.update_event_source_mapping(UUID=mapping, Enabled=True)
    world.cloud.settle()
    assert world.batches() == [(300, 1)]


def test_disabling_and_enabling_does_not_multiply_the_pollers(world: World) -> None:
    """Source: UpdateEventSourceMapping."""
    queue = world.queue()
    world.deploy(sleeping(2))
    mapping = world.map(queue, BatchSize=1)
    world.send(queue, *"abcde")
    world.cloud.advance(seconds=1)
    for enabled in (False, True, False, True):
        world.awslambda.update_event_source_mapping(UUID=mapping, Enabled=enabled)
    world.cloud.advance(seconds=0.01)
    world.send(queue, *"fghij")
    world.cloud.advance(seconds=0.1)
    assert len(world.batches()) == 5
    world.cloud.settle()
    assert _running_at_once(world) <= 10
    assert len(world.cloud.journal.of("deleted")) == 10


def test_a_deleted_mapping_finishes_its_batch_and_takes_no_other(world: World) -> None:
    """Source: DeleteEventSourceMapping."""
    queue = world.queue()
    world.deploy(sleeping(2))
    mapping = world.map(queue, BatchSize=1)
    first, *_ = world.send(queue, *"abcde")
    world.cloud.advance(seconds=1)
    world.awslambda.delete_event_source_mapping(UUID=mapping)
    (late,) = world.send(queue, "late")
    world.cloud.settle()
    assert world.story(first, "succeeded", "deleted") == [(2, "succeeded"), (2, "deleted")]
    assert world.story(late) == [(1, "sent")]


def test_a_new_batch_size_holds_from_the_next_batch_on(world: World) -> None:
    """UpdateEventSourceMapping, BatchSize."""
    queue = world.queue()
    world.deploy(COUNT)
    mapping = world.map(queue, BatchSize=1)
    world.send(queue, *"ab")
    world.cloud.settle()
    world.awslambda.update_event_source_mapping(UUID=mapping, BatchSize=4)
    world.send(queue, *"cdefgh")
    world.cloud.settle()
    assert [size for _, size in world.batches()] == [1, 1, 4, 2]


def test_a_mapping_waits_behind_a_consumer_that_came_first(world: World) -> None:
    """Consumers of one queue compete (misconception 14): a message goes to one of them."""
    queue = world.queue()
    world.deploy(COUNT)
    world.deploy(COUNT, "other")
    world.map(queue)
    world.map(queue, "other")
    world.send(queue, *map(str, range(30)))
    world.cloud.settle()
    handled = [event.message for event in world.cloud.journal.of("succeeded")]
    assert len(handled) == len(set(handled)) == 30


def test_a_queue_deleted_under_its_mapping_leaves_one_clear_trail(world: World) -> None:
    queue = world.queue()
    world.deploy(sleeping(2))
    world.map(queue, BatchSize=1)
    running, *_ = world.send(queue, *"abcdef")
    world.cloud.advance(seconds=1)
    world.sqs.delete_queue(QueueUrl=queue)
    world.cloud.settle()
    assert [kind for _, kind in world.story(running)][-2:] == ["purged", "succeeded"]
    assert world.whys("ended") == ["the queue was deleted: its event source mapping stopped polling tickets"]


def test_a_function_deleted_under_its_mapping_leaves_its_messages_in_the_queue(world: World) -> None:
    """DeleteFunction, API reference: event source mappings are not deleted with the function."""
    queue = world.queue()
    world.deploy(COUNT)
    mapping = world.map(queue)
    world.awslambda.delete_function(FunctionName="issue")
    world.send(queue, "one")
    world.cloud.settle()
    assert world.counts(queue) == (1, 0)
    assert world.awslambda.get_event_source_mapping(UUID=mapping)["State"] == "Disabled"
    assert world.whys("ended") == ["the function was deleted: its event source mapping stopped polling tickets"]
    world.deploy(COUNT)
    world.awslambda.update_event_source_mapping(UUID=mapping, Enabled=True)
    world.cloud.settle()
    assert world.counts(queue) == (0, 0)


def test_a_function_deleted_while_it_runs_runs_to_its_end(world: World) -> None:
    queue = world.queue()
    world.deploy(sleeping(2))
    world.map(queue)
    (message,) = world.send(queue, "one")
    world.cloud.advance(seconds=1)
    world.awslambda.delete_function(FunctionName="issue")
    world.cloud.settle()
    assert world.story(message, "succeeded", "deleted") == [(2, "succeeded"), (2, "deleted")]


def test_a_function_made_anew_under_an_old_name_has_new_code(world: World) -> None:
    world.deploy("def handler(event, context):\n    return 'old'")
    assert world.result() == "old"
    world.awslambda.delete_function(FunctionName="issue")
    world.deploy("def handler(event, context):\n    return 'new'")
    assert world.result() == "new"


def test_what_a_handler_sends_is_the_child_of_what_it_worked_on(world: World) -> None:
    queue, next_queue = world.queue(), world.queue("printed")
    world.deploy(
        "import boto3, os\nsqs = boto3.client('sqs')\n"
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        "        sqs.send_message(QueueUrl=os.environ['NEXT'], MessageBody=record['body'])\n",
        environment={"NEXT": next_queue},
    )
    world.map(queue, BatchSize=1)
    (message,) = world.send(queue, "order")
    world.cloud.settle()
    assert len(world.cloud.journal.children(message)) == 1
    assert world.cloud.journal.trace(message).kinds[-2:] == ["succeeded", "deleted"]
