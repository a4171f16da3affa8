"""The process in which checks run: `python -m waterline.grading.worker`.

It is warm: pytest, boto3, moto and a first cloud are behind it when the first answer comes. It reads one request per
line from standard input and writes one reply per line to standard output, both JSON, and ends when its input ends.

Where a process can be forked in safety (Linux), each answer is judged in children of its own, one per processor, and
the learner's code never runs in the worker: however it ends, by `os._exit`, by a signal, by its time limit, the worker
goes on and says so. Elsewhere (`--once`) the worker judges one answer itself and ends, and the kernel keeps a spare one
warm.

What a child says counts only if it is one line that begins with the token of its request, and the first thing in its
pipe: whatever else stands there, the outcome is `cannot be run`.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import secrets
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from waterline.grading.parcel import Parcel
from waterline.grading.part import Part, failed, joined
from waterline.grading.verdict import Verdict

READY = b"ready\n"
"""What a worker writes when it is warm; if it cannot be, it writes why."""
LONGEST_REPLY = 1_000_000
MOST_SHARES = 4
"""Processes among which the tests of one check are shared out, at most."""
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


def judged(parcel: Parcel, checks: Path, root: Path, share: int = 0, shares: int = 1) -> Part:
    """Run our share of the tests in `checks` on what is in `parcel`, with pytest, in this process."""
    import pytest

    from waterline.grading.plugin import Judge

    if not checks.is_file():
        return failed(f"The check itself is missing, which is no fault of yours: {checks.name}.")
    judge = Judge(parcel, share, shares)
    with contextlib.redirect_stdout(judge.printed), contextlib.redirect_stderr(judge.printed):
        status = pytest.main([*PYTEST, f"--rootdir={root}", str(checks)], plugins=[judge, judge.injected])
    return judge.part(int(status))


def warm_up() -> None:
    """Do what is slow the first time: import, run pytest, open a cloud and make its clients."""
    with tempfile.TemporaryDirectory(prefix="waterline-") as folder:
        checks = Path(folder) / "test_warm.py"
        checks.write_text(WARMING, encoding="utf-8")
        from waterline.grading.parcel import Piece

        parcel = Parcel((Piece("warm", "def warm():\n    return 1\n"),), functions=("warm",))
        judged(parcel, checks, checks.parent)
        before = tempfile.tempdir
        try:
            tempfile.tempdir = folder  # its function's temporary directory goes with ours
            _first_cloud()
        except Exception:  # a cloud that does not open is told by the check that needs one
            pass
        finally:
            tempfile.tempdir = before
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


def _judge_one(request: Mapping[str, Any], token: str, reply: int, share: int, shares: int) -> None:
    """Judge our share in this process, which is the learner's from now on, and write to `reply` what it came to."""
    me = os.getpid()
    _limit(int(request["seconds"]))
    _silence()
    try:
        parcel, checks, root = Parcel.from_json(request["parcel"]), Path(request["checks"]), Path(request["root"])
        part = judged(parcel, checks, root, share, shares)
    except BaseException as error:  # whatever the learner raised: the process ends here
        part = failed(f"The check was ended by {type(error).__name__}.")
    if os.getpid() == me:  # not in what the learner's code has forked
        _write(reply, f"{token} {json.dumps(part.to_json())}\n".encode())


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


def understood(line: bytes, token: str) -> Any:
    """What stands in a line that counts, or None: one that is whole, begins with the token, and is JSON."""
    given, _, text = line.partition(b" ")
    try:
        if line.endswith(b"\n") and secrets.compare_digest(given, token.encode()):
            return json.loads(text)
    except (ValueError, RecursionError):
        pass
    return None


def part_in(line: bytes, token: str) -> Part:
    """The part that a process wrote in which the learner's code ran; anything else is told as its early end."""
    try:
        return Part.from_json(understood(line, token))
    except (ValueError, TypeError):
        return failed(
            "The process in which your code was checked ended before the check was through: look for what ends a "
            "process (os._exit, a signal, too much memory)."
        )


def too_slow(seconds: int) -> Part:
    return failed(f"Your code was stopped after {seconds} s of real time: look for a loop that never ends.", at=-2)


def _settle_in(folder: str) -> None:
    """Leave files in this folder only, which whoever started us removes: we may be killed before we could."""
    os.chdir(folder)
    tempfile.tempdir = folder


# -- a worker that forks -------------------------------------------------------------------------------------------


class _Child:
    """One share, judged in a process of its own."""

    def __init__(self, request: Mapping[str, Any], share: int, shares: int, ours: Sequence[int]) -> None:
        self.token = secrets.token_hex(16)
        self.line = b""
        self.ended = False
        self.folder = tempfile.mkdtemp(prefix="waterline-")
        self.result, reply = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                for pipe in (*ours, self.result):
                    os.close(pipe)
                _settle_in(self.folder)
                _judge_one(request, self.token, reply, share, shares)
            finally:
                os._exit(0)
        os.close(reply)

    def read(self) -> None:
        part = os.read(self.result, 65536)
        self.line += part
        self.ended = not part or self.line.endswith(b"\n") or len(self.line) > LONGEST_REPLY

    def end(self) -> None:
        os.close(self.result)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.folder, ignore_errors=True)


def _fork(request: Mapping[str, Any], requests: int, replies: int) -> Verdict | None:
    """Judge in children; None if our own input ended meanwhile."""
    seconds = int(request["seconds"])
    shares = min(os.cpu_count() or 1, MOST_SHARES)
    deadline = time.monotonic() + seconds
    children: list[_Child] = []
    try:
        for share in range(shares):
            ours = [requests, replies, *(child.result for child in children)]
            children.append(_Child(request, share, shares, ours))
        while waiting := [child for child in children if not child.ended]:
            pipes = [requests, *(child.result for child in waiting)]
            ready, _, _ = select.select(pipes, [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return joined([too_slow(seconds)])
            for child in waiting:
                if child.result in ready:
                    child.read()
            if ready == [requests]:
                return None  # a kernel sends nothing while it waits: its end is closed
        return joined([part_in(child.line, child.token) for child in children])
    finally:
        for child in children:
            child.end()


def serve(requests: BinaryIO, replies: BinaryIO, once: bool) -> None:
    """Answer requests until their end."""
    for line in iter(requests.readline, b""):
        request = json.loads(line)
        if once:
            _settle_in(request["folder"])
            _judge_one(request, request["token"], replies.fileno(), 0, 1)
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
