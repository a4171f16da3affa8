"""A notebook without a browser: a real ipykernel, and what came back from each cell."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE = 60
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
Message = dict[str, Any]


@dataclass
class Ran:
    """What one cell, or one message to a widget, brought back. `messages`: all of the IOPub channel, in order."""

    messages: list[Message] = field(default_factory=list)

    def of(self, kind: str) -> list[Message]:
        return [message for message in self.messages if message["msg_type"] == kind]

    def contents(self, kind: str) -> list[Any]:
        return [message["content"] for message in self.of(kind)]

    @property
    def printed(self) -> str:
        return "".join(content["text"] for content in self.contents("stream"))

    @property
    def value(self) -> str:
        """The text of the cell's last line."""
        return "".join(content["data"]["text/plain"] for content in self.contents("execute_result"))

    @property
    def error(self) -> str:
        """All that the learner sees of an error, without colors; empty when there was none."""
        return "\n".join(_COLOR.sub("", "\n".join(content["traceback"])) for content in self.contents("error"))

    @property
    def error_name(self) -> str:
        return "".join(content["ename"] for content in self.contents("error"))

    @property
    def shown(self) -> list[str]:
        """The kinds of what the cell leaves under it, in order."""
        return [
            message["msg_type"]
            for message in self.messages
            if message["msg_type"] in ("stream", "display_data", "execute_result", "error")
        ]


class Notebook:
    """One kernel and its front end."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str, during: Callable[[], object] | None = None, silent: bool = False) -> Ran:
        """Run one cell to its end. `during` is called once the cell has said ``go`` (or at once, if it is silent)."""
        return self.finish(self.client.execute(code, silent=silent, allow_stdin=False), during)

    def run_cell(self, name: str, code: str) -> Ran:
        """Run a cell as JupyterLab does, which says which cell it is."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "user_expressions": {}}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": name})
        self.client.shell_channel.send(message)
        return self.finish(str(message["header"]["msg_id"]))

    def value(self, expression: str) -> Any:
        """What an expression of plain values is worth in the kernel."""
        ran = self.run(f"print(repr({expression}))")
        assert not ran.error, ran.error
        return eval(ran.printed, {"datetime": dt})

    def finish(self, request: str, during: Callable[[], object] | None = None) -> Ran:
        """Gather what a request brings back, until the kernel is idle again."""
        ran, deadline = Ran(), time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            ran.messages.append(message)
            if during is not None and "go" in ran.printed:
                during()
                during = None
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return ran
        raise AssertionError(f"The cell did not end within {PATIENCE} seconds.")

    def interrupt(self) -> None:
        """What the stop button does, a moment later, when the cell is well under way."""
        time.sleep(0.3)
        self.manager.interrupt_kernel()

    def send(self, channel: str, kind: str, content: Any, subshell: str | None = None) -> str:
        """Send any message as a front end would; returns its identifier."""
        message = self.client.session.msg(kind, content)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        getattr(self.client, f"{channel}_channel").send(message)
        return str(message["header"]["msg_id"])

    def reply(self, channel: str, request: str) -> Any:
        """The content of the reply to a request."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = getattr(self.client, f"{channel}_channel").get_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == request:
                return message["content"]
        raise AssertionError(f"No reply on the {channel} channel within {PATIENCE} seconds.")

    def touch(self, model: str, state: dict[str, Any], subshell: str | None = None) -> Ran:
        """Change a widget's state from the front end, as a hand on its slider does."""
        content = {"comm_id": model, "data": {"method": "update", "state": state, "buffer_paths": []}}
        return self.finish(self.send("shell", "comm_msg", content, subshell))

    def restart(self) -> None:
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=PATIENCE)


@contextmanager
def notebook(folder: Path, **environment: str) -> Iterator[Notebook]:
    """A kernel that ends with the ``with`` block. What is written goes to `folder`."""
    import os

    manager = KernelManager(kernel_name="python3")
    env = {**os.environ, "WATERLINE_PROGRESS": "off", "IPYTHONDIR": str(folder / "ipython"), **environment}
    env["PYTHONPATH"] = str(Path(__file__).parents[2])
    manager.start_kernel(env=env, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield Notebook(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
