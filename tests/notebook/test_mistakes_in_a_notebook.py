"""A learner's mistake is shown as one sentence: none of the lab's own lines, the same on every machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from kernel import Notebook, notebook

SENTENCES = {
    "a second cloud": (
        "other = Cloud.start(seed=8)",
        "CloudAlreadyOpen: A cloud is open already (seed 7): close it with close() before you open another.",
    ),
    "a message that nobody sent": (
        "cloud.journal.trace('no-such-message')",
        "UnknownMessage: ",
    ),
    "work that never ends": (
        (
            "connect('poisoned', 'def handler(event, context): 1 / 0')\n"
            "sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName='poisoned')['QueueUrl'], MessageBody='x')\n"
            "cloud.settle(limit_days=0.1)"
        ),
        (
            "NotSettled: Things were still happening after 0.1 virtual days: look at the end of the journal for what "
            "repeats, or give settle a higher limit."
        ),
    ),
    "a call that would leave the machine": (
        "import urllib.request; urllib.request.urlopen('http://example.com/')",
        "OutsideTheLab: ",
    ),
    "an async cell": ("await asyncio.sleep(0)\nCloud.start(seed=8)", "CloudAlreadyOpen: "),
    "a timed cell": ("%%time\nCloud.start(seed=8)", "CloudAlreadyOpen: "),
    "a mistake inside another error": (
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    Cloud.start(seed=8)",
        "CloudAlreadyOpen: ",
    ),
    "a closed cloud": (
        "with Cloud.aside() as other: pass\nother.advance(seconds=1)",
        "CloudMisused: This cloud is closed, so advance has nothing to work on: open a new one.",
    ),
    "a closed cloud opened again": (
        "with Cloud.aside() as other: pass\nother._enter(aside=True)",
        "CloudMisused: This cloud has been open before: make a new one.",
    ),
}


@pytest.mark.parametrize("what", SENTENCES)
def test_it_is_one_sentence(lesson: Notebook, what: str) -> None:
    cell, sentence = SENTENCES[what]
    ran = lesson.run(cell)
    assert ran.error.startswith(sentence)
    assert "\n" not in ran.error
    assert ran.error.endswith(".")
    assert ran.error_name == sentence.partition(":")[0]


def test_any_other_error_keeps_its_traceback(lesson: Notebook) -> None:
    ran = lesson.run("def inner():\n    1 / 0\ninner()")
    assert ran.error_name == "ZeroDivisionError"
    assert "----> 3 inner()" in ran.error


def test_the_same_cell_opens_its_cloud_anew_and_another_cell_is_refused(lesson: Notebook) -> None:
    lesson.run("cloud.close()")
    opening = "cloud = Cloud.start(seed=11)\nqueue = boto3.client('sqs').create_queue(QueueName='mine')['QueueUrl']"
    assert not lesson.run(opening).error
    lesson.run("first = cloud; cloud.advance(days=3)")
    ran = lesson.run(opening)
    assert not ran.error, ran.error
    assert lesson.value("(first.is_open, cloud.is_open, cloud.clock.now, cloud is first)") == (False, True, 0, False)
    refused = lesson.run("# another cell\ncloud = Cloud.start(seed=11)")
    assert refused.error.startswith("CloudAlreadyOpen: A cloud is open already (seed 11)")
    assert lesson.value("cloud.is_open")


def test_a_cell_that_was_edited_opens_its_cloud_anew_too_but_not_twice_in_one_run(lesson: Notebook) -> None:
    lesson.run("cloud.close()")
    assert not lesson.run_cell("opening", "cloud = Cloud.start(seed=12)").error
    edited = lesson.run_cell("opening", "# another seed\ncloud = Cloud.start(seed=13)")
    assert not edited.error, edited.error
    assert lesson.value("cloud.seed") == 13
    assert lesson.run_cell("below", "Cloud.start(seed=13)").error_name == "CloudAlreadyOpen"
    twice = lesson.run_cell("opening", "cloud = Cloud.start(seed=14)\nother = Cloud.start(seed=15)")
    assert twice.error_name == "CloudAlreadyOpen"
    assert lesson.value("(cloud.seed, cloud.is_open)") == (14, True)


def test_the_cell_that_imports_the_lab_and_opens_its_cloud_can_be_run_again(tmp_path: Path) -> None:
    with notebook(tmp_path) as lesson:
        first = "from waterline import Cloud\ncloud = Cloud.start(seed=7)"
        assert not lesson.run_cell("first", first).error
        again = lesson.run_cell("first", first)
        assert not again.error, again.error
        assert lesson.run_cell("second", "Cloud.start(seed=7)").error_name == "CloudAlreadyOpen"
