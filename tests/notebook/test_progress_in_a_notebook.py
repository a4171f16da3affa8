"""The progress bar: there for what takes longer than a second, gone when it is done, never there when switched off."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import OPENED
from kernel import notebook

WORK = """
def load(messages=60):
    source = "import time\\ndef handler(event, context):\\n    raise ValueError('no')"
    queue = connect("slow", source)
    for number in range(messages):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
"""


@pytest.mark.parametrize("switch", ["", "off"])
def test_a_long_run_shows_progress_and_leaves_nothing_behind(tmp_path: Path, switch: str) -> None:
    with notebook(tmp_path, WATERLINE_PROGRESS=switch) as book:
        for cell in (OPENED, WORK, "load()"):
            ran = book.run(cell)
            assert not ran.error, ran.error
        quick = book.run("cloud.advance(minutes=1)")
        assert quick.shown == []
        ran = book.run("began = time.monotonic()\nwhile time.monotonic() < began + 2.5: cloud.advance(hours=12)")
        assert not ran.error, ran.error
        drawn = [message for message in ran.messages if message["msg_type"] in ("display_data", "stream")]
        if switch == "off":
            assert drawn == []
        else:
            assert drawn, "no progress was shown"
            assert what_stays(ran.messages) == []


def what_stays(messages: list[dict[str, object]]) -> list[object]:
    """What a front end still shows under the cell when it has ended."""
    return [
        (message["msg_type"], message["content"])
        for message in messages
        if message["msg_type"] in ("display_data", "update_display_data", "stream", "comm_close")
    ]
