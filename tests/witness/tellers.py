"""Who tells the stories: the lab, in virtual time, and ministack, in real seconds over the loopback interface.

ministack (MIT) is a local emulator, a Python package; it runs handlers in processes of its own, without Docker. It is
no requirement of the project: it is used when its command is found on the path or named by ``WATERLINE_MINISTACK``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from shared_stories import STORIES
from stage import ONCE, SERVICES, Stage
from telling import Story

HERE = Path(__file__).parent
REGION = "us-east-1"
TOLD_AT_ONCE = 4
"""How many stories ministack is told at a time: it has two cores to run their handlers on."""

Outcomes = dict[str, Any]


class _Clients(dict[str, Any]):
    """Clients by service, each made when it is first asked for."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        self._make = make

    def __missing__(self, service: str) -> Any:
        self[service] = self._make(service)
        return self[service]


def command() -> str | None:
    """ministack's command, or None."""
    return os.environ.get("WATERLINE_MINISTACK") or shutil.which("ministack")


def tell(story: Story, stage: Stage) -> Any:
    """A story's outcome; an error that no story expects is told as its type and sentence."""
    try:
        return json.loads(json.dumps(story.tell(stage)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def to_the_lab(stories: Sequence[Story] = STORIES) -> Outcomes:
    """Each in a cloud of its own, in virtual time."""
    from waterline.cloud import Cloud

    def one(story: Story) -> Any:
        with Cloud(seed=7) as cloud:
            clients = _Clients(lambda service: boto3.client(service, config=ONCE))
            return tell(story, Stage("w", clients, cloud.role, lambda seconds: cloud.advance(seconds=seconds)))

    return {story.name: one(story) for story in stories}


def to_ministack(command: str) -> tuple[str, Outcomes]:
    """All to one fresh ministack, and its version. From a process of its own: this one's network is guarded."""
    with ministack(command) as (endpoint, version):
        told = subprocess.run(
            [sys.executable, __file__, endpoint], capture_output=True, text=True, timeout=900, check=False
        )
    if told.returncode:
        raise RuntimeError(f"The stories could not be told to ministack: {told.stderr[-2000:]}")
    outcomes: Outcomes = json.loads(told.stdout)
    return version, outcomes


@contextlib.contextmanager
def ministack(command: str) -> Iterator[tuple[str, str]]:
    """Its endpoint on the loopback interface, on a free port, and its version; until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "ERROR",
        "SERVICES": ",".join((*SERVICES, "iam", "sts")),
    }
    server = subprocess.Popen(
        [command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        yield endpoint, _version(endpoint, server)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _version(endpoint: str, server: subprocess.Popen[bytes]) -> str:
    """What it says it is, as soon as it answers."""
    for _ in range(100):
        if server.poll() is not None:
            raise RuntimeError(f"ministack ended with status {server.returncode} before it answered.")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1) as answer:
                return str(json.load(answer)["version"])
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("ministack did not answer within ten seconds.")


def _at(endpoint: str) -> Outcomes:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    clients = {name: session.client(name, endpoint_url=endpoint, config=ONCE) for name in SERVICES}
    role = "arn:aws:iam::000000000000:role/lambda"

    def one(number: int) -> Any:
        return tell(STORIES[number], Stage(f"w{number}", clients, role, time.sleep))

    with ThreadPoolExecutor(TOLD_AT_ONCE) as pool:
        outcomes = list(pool.map(one, range(len(STORIES))))
    return {story.name: outcome for story, outcome in zip(STORIES, outcomes, strict=True)}


if __name__ == "__main__":
    print(json.dumps(_at(sys.argv[1])))
