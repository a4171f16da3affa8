"""The process in which checks run: `python -m waterline.grading.worker`.

It is warm: pytest, boto3, moto and a first cloud are behind it when the first answer comes. It reads one request per
line from standard input and writes one reply per line to standard output, both JSON, and ends when its input ends.

Where a process can be forked in safety (Linux), each answer is judged in a child of its own, and the learner's code
never runs in the worker: however it ends, by `os._exit`, by a signal, by its time limit, the worker goes on and says
so. Elsewhere (`--once`) the worker judges one answer itself and ends; the kernel keeps a spare one warm.

A child's verdict counts only if it is one line that begins with the token of its request, and the first thing in its
pipe: whatever else stands there, the outcome is `cannot be run`.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from waterline.grading.parcel import Parcel
from waterline.grading.verdict import Outcome, Verdict

READY = b"ready\n"
"""What a worker writes when it is warm; if it cannot be, it writes why."""
LONGEST_REPLY = 1_000_000
LONGEST_PRINTED = 2_000
MEMORY = 4 << 30
"""Bytes of address space that one check may take."""

PYTEST = [
    *("--noconftest", "--maxfail=1", "-c", os.devnull, "--import-mode=importlib"),
    *("-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:capture", "-p", "no:logging", "-p", "no:warnings"),
    *("-p", "no:junitxml", "-p", "no:doctest", "-p", "no:unittest", "-p", "no:debugging", "-p", "no:faulthandler"),
    *("-p", "no:stepwise", "-p", "no:pastebin", "-p", "no:setuponly", "-p", "no:setupplan", "-p", "no:legacypath"),
    *("-p", "no:recwarn", "-p", "no:threadexception", "-p", "no:unraisableexception", "-p", "no:tmpdir"),
]
WARMING = "def test_warm(warm):\n    assert warm() == 1\n"


def judged(parcel: Parcel, checks: Path, root: Path) -> Verdict:
    """Run the checks in `checks` on what is in `parcel`, with pytest, in this process."""
    import pytest

    from waterline.grading.plugin import Judge

    if not checks.is_file():
        return Verdict(
            Outcome.CANNOT_BE_RUN, f"The check itself is missing, which is no fault of yours: {checks.name}."
        )
    judge = Judge(parcel)
    printed = _Printed()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = pytest.main([*PYTEST, f"--rootdir={root}", str(checks)], plugins=[judge, judge.injected])
    verdict = judge.verdict(int(status))
    return Verdict(**{**verdict.__dict__, "printed": printed.kept})


class _Printed(io.TextIOBase):
    """What is printed during a check: the beginning is kept, the rest only counted."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._left = LONGEST_PRINTED

    @property
    def kept(self) -> str:
        return "".join(self._parts) + (" [...]" if self._left < 0 else "")

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._left > 0:
            self._parts.append(text[: self._left])
        self._left -= len(text)
        return len(text)


def warm_up() -> None:
    """Do what is slow the first time: import, run pytest, open a cloud and make its clients."""
    with tempfile.TemporaryDirectory(prefix="waterline-") as folder:
        checks = Path(folder) / "test_warm.py"
        checks.write_text(WARMING, encoding="utf-8")
        from waterline.grading.parcel import Piece

        parcel = Parcel((Piece("warm", "def warm():\n    return 1\n"),), functions=("warm",))
        judged(parcel, checks, checks.parent)
    with contextlib.suppress(Exception):  # a cloud that does not open is told by the check that needs one
        _first_cloud()
    gc.collect()
    gc.freeze()


def _first_cloud() -> None:
    import boto3

    from waterline.cloud import Cloud

    with Cloud(seed=0) as cloud:
        sqs = boto3.client("sqs")
        queue = sqs.create_queue(QueueName="warm")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        cloud.deploy("warm", "def handler(event, context):\n    return 1\n")
        boto3.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="warm")
        sqs.send_message(QueueUrl=queue, MessageBody="warm")
        cloud.settle()


# -- one answer ----------------------------------------------------------------------------------------------------


def _judge_one(request: Mapping[str, Any], token: str, reply: int) -> None:
    """Judge the answer of a request in this process, which is the learner's from now on, and write to `reply`."""
    me = os.getpid()
    _limit(int(request["seconds"]))
    _silence()
    try:
        verdict = judged(Parcel.from_json(request["parcel"]), Path(request["checks"]), Path(request["root"]))
    except BaseException as error:  # whatever the learner raised: the process ends here
        verdict = Verdict(Outcome.CANNOT_BE_RUN, f"The check was ended by {type(error).__name__}.")
    if os.getpid() == me:  # not in what the learner's code has forked
        _write(reply, f"{token} {json.dumps(verdict.to_json())}\n".encode())


def _limit(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in [
        ("RLIMIT_CPU", seconds + 2),
        ("RLIMIT_FSIZE", 64 << 20),
        ("RLIMIT_AS", MEMORY),
        ("RLIMIT_CORE", 0),
    ]:
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, what), (most, most))


def _silence() -> None:
    """Nothing that is printed past Python's own streams reaches anyone, and there is nothing to read."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _write(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]


def understood(line: bytes, token: str) -> Verdict:
    """The verdict in a line that a child wrote, if it is one that counts."""
    given, _, text = line.partition(b" ")
    try:
        if line.endswith(b"\n") and secrets.compare_digest(given, token.encode()):
            return Verdict.from_json(json.loads(text))
    except (ValueError, RecursionError):
        pass
    return Verdict(
        Outcome.CANNOT_BE_RUN,
        "The process in which your code was checked ended before the check was through: look for what ends a process "
        "(os._exit, a signal, too much memory).",
    )


def too_slow(seconds: int) -> Verdict:
    return Verdict(
        Outcome.CANNOT_BE_RUN,
        f"Your code was stopped after {seconds} s of real time: look for a loop that never ends.",
    )


# -- a worker that forks -------------------------------------------------------------------------------------------


def _fork(request: Mapping[str, Any], requests: int, replies: int) -> Verdict | None:
    """Judge in a child; None if our own input ended meanwhile."""
    seconds = int(request["seconds"])
    token = secrets.token_hex(16)
    result, reply = os.pipe()
    folder = tempfile.mkdtemp(prefix="waterline-")
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            for pipe in (requests, replies, result):
                os.close(pipe)
            os.chdir(folder)
            _judge_one(request, token, reply)
        finally:
            os._exit(0)
    os.close(reply)
    deadline = time.monotonic() + seconds
    line = b""
    try:
        while not line.endswith(b"\n") and len(line) < LONGEST_REPLY:
            ready, _, _ = select.select([result, requests], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return too_slow(seconds)
            if result not in ready:
                return None  # a kernel sends nothing while it waits: its end is closed
            part = os.read(result, 65536)
            if not part:
                break
            line += part
        return understood(line, token)
    finally:
        os.close(result)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        shutil.rmtree(folder, ignore_errors=True)


def serve(requests: BinaryIO, replies: BinaryIO, once: bool) -> None:
    """Answer requests until their end."""
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        if once:
            os.chdir(request["folder"])
            _judge_one(request, request["token"], replies.fileno())
            os._exit(0)
        verdict = _fork(request, requests.fileno(), replies.fileno())
        if verdict is None:
            return
        _write(replies.fileno(), f"{request['token']} {json.dumps(verdict.to_json())}\n".encode())


def main() -> None:
    # The pipes move out of the way of whatever reads or prints.
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    _silence()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    try:
        warm_up()
    except Exception as error:
        _write(replies.fileno(), f"{type(error).__name__}: {error}".partition("\n")[0].encode() + b"\n")
        return
    _write(replies.fileno(), READY)
    serve(requests, replies, once="--once" in sys.argv[1:])
    os._exit(0)  # at once: nothing is left to be put in order


if __name__ == "__main__":
    main()
