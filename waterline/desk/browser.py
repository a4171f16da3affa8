"""A Chromium for the browser tests: found on this machine, or else installed where that is possible."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess

from . import variables
from .terminal import say

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
)


def find_chromium() -> str | None:
    """A Chromium or Chrome that runs on this machine, or None."""
    for candidate in (os.environ.get("WATERLINE_CHROMIUM"), *CHROMIUM_NAMES, *CHROMIUM_PATHS):
        path = shutil.which(candidate) if candidate else None
        if path is None:
            continue
        if os.name == "nt":  # there, `--version` opens a window
            return path
        # Ubuntu's chromium is a note that asks for a snap: only one that answers is one.
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            asked = [path, "--version"]
            answer = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
            if answer.returncode == 0 and re.search(rb"(?i)chrom", answer.stdout):
                return path
    return None


def ensure_chromium() -> str | None:
    """Find Chromium for the browser tests, or install Debian's; say loudly when there will be none."""
    found = find_chromium()
    if found:
        return found
    if not shutil.which("apt-get"):
        reason = "no Chromium or Chrome is installed and there is no apt-get to install it with"
    else:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        before = [] if root else ["sudo", "-n"]
        may = root or (shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0)
        if not may:
            reason = "no Chromium or Chrome is installed and installing it needs `sudo apt-get install chromium`"
        else:
            say("Installing Chromium for the browser tests with apt-get.")
            install = [*before, "apt-get", "install", "-y", "--no-install-recommends", "chromium"]
            env = variables.clean(DEBIAN_FRONTEND="noninteractive")
            if subprocess.call(install, env=env, stdin=subprocess.DEVNULL) != 0:
                subprocess.call([*before, "apt-get", "update"], env=env, stdin=subprocess.DEVNULL)
                subprocess.call(install, env=env, stdin=subprocess.DEVNULL)
            found = find_chromium()
            if found:
                return found
            reason = "apt-get could not install a Chromium that runs"
    line = "!" * 100
    say(f"{line}\nTHE BROWSER TESTS WILL BE SKIPPED, because {reason}.\n{line}")
    return None
