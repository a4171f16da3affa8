"""JupyterLab as the learner gets it: on this machine only, behind a token, with settings of its own, ended in order."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from . import variables
from .course import AGAIN, COMMAND, FIRST_PAGE, Course, StartError, disk_is_full
from .files import read_text
from .installer import DISK_IS_FULL
from .terminal import Progress, say


def is_free(port: int) -> bool:
    """True when a server could listen on this port of this machine, and nobody does."""
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as listener:
        if os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: int | None, first: int = 8888) -> int:
    """The port to listen on: the one wanted, or else the first free one from `first` on.

    Raises: StartError when the wanted port is taken, naming a free one.
    """
    if wanted is not None and is_free(wanted):
        return wanted
    for port in range(first, min(first + 200, 65536)):
        if port != wanted and is_free(port):
            if wanted is None:
                return port
            raise StartError(
                f"Port {wanted} is taken or not allowed here: type `{COMMAND} --port {port}`, or leave --port out."
            )
    raise StartError(f"No port from {first} to {first + 199} is free: close some servers, or choose one by --port.")


def trust(course: Course, copies: Sequence[Path]) -> None:
    """Sign copies as handed out, so that JupyterLab shows their pictures before they are run."""
    if copies:
        subprocess.call(
            [str(course.python), "-m", "nbformat.sign", *(str(copy) for copy in copies)],
            env=variables.for_lab(course, ""),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def ask(url: str, token: str, post: bool = False) -> bool:
    """True when the server answers this request well; proxies are for the outside only."""
    headers = {"Authorization": "token " + token}
    request = urllib.request.Request(url, data=b"" if post else None, headers=headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5) as answer:
            return bool(200 <= answer.status < 300)
    except (OSError, ValueError):
        return False


def start_server(course: Course, port: int, token: str, patience: float = 180) -> subprocess.Popen[bytes]:
    """Start JupyterLab on `work/` and return when it answers; a StartError after `patience` seconds."""
    command = [str(course.python), "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.root_dir=" + str(course.work)]
    command += ["--LabApp.default_url=/lab/tree/" + FIRST_PAGE, "--LabApp.extension_manager=readonly"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    course.jupyter.mkdir(parents=True, exist_ok=True)
    path = course.jupyter / "server.log"
    # In its own group, so that Ctrl-C reaches start.py only, which then ends JupyterLab in order.
    with path.open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=str(course.work),
            env=variables.for_lab(course, token),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=os.name != "nt",
            creationflags=0x200 if os.name == "nt" else 0,
        )
    progress = Progress()
    try:
        while server.poll() is None and progress.seconds() < patience:
            if ask(f"http://127.0.0.1:{port}/api/status", token):
                progress.clear()
                return server
            progress.draw(f"  Starting JupyterLab, {progress.seconds()} s")
            time.sleep(0.05)
    except BaseException:
        end_server(server, port, token)
        raise
    progress.clear()
    ended = server.returncode is not None
    end_server(server, port, token)
    if "already in use" in read_text(path):
        raise StartError(f"Port {port} was taken while JupyterLab started: {AGAIN}.")
    if DISK_IS_FULL.search(read_text(path)):
        raise StartError(disk_is_full(course.root))
    fault = "ended at once" if ended else f"did not answer within {patience:.0f} s"
    raise StartError(f"JupyterLab {fault}: look at {path}, then {AGAIN}.")


def end_server(server: subprocess.Popen[bytes], port: int, token: str) -> None:
    """End JupyterLab and its kernels: by asking, then by asking the system, then by force."""
    if server.poll() is not None:
        return
    ask(f"http://127.0.0.1:{port}/api/shutdown", token, post=True)
    for urge in (None, server.terminate, server.kill):
        if urge:
            urge()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(10)
            return


def open_lab(course: Course, port: int, browser: bool) -> int:
    """Run JupyterLab until the learner ends it.

    Returns: the exit code, 0 when it was ended in order.
    """
    token = secrets.token_hex(24)
    server = start_server(course, port, token)
    try:
        url = f"http://127.0.0.1:{port}/lab/tree/{FIRST_PAGE}?token={token}"
        say(f"\nThe course is open in JupyterLab; if no browser shows it, open this address:\n\n    {url}\n")
        say(f"Your copies are in {course.work}. Ctrl-C in this window ends the course.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        while server.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(0.5)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave a server behind
        end_server(server, port, token)
        say(f"\nJupyterLab has ended; your work is in {course.work}.")
        return 0
    if server.returncode:
        raise StartError(
            f"JupyterLab ended by itself (code {server.returncode}): look at {course.jupyter / 'server.log'}, then "
            f"{AGAIN}."
        )
    say(f"JupyterLab has ended; your work is in {course.work}.")
    return 0
