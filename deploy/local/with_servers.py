"""Runs a command with a throwaway PostgreSQL and Redis, and returns its exit code.

.venv/bin/python -m deploy.local.with_servers pytest -n 2
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

from deploy.local.console import Console, Trouble
from deploy.local.guardian import die_with_make, die_with_parent
from deploy.local.project import this_project
from deploy.local.throwaway import throwaway_servers

GRACE = 15.0


class Stopped(Exception):
    def __init__(self, number: int) -> None:
        self.number = number


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    for later in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(later, signal.SIG_IGN)
    raise Stopped(number)


def run_with_servers(command: list[str]) -> int:
    console = Console()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _raise_stopped)
    die_with_make()
    try:
        with throwaway_servers(this_project(), console) as environment:
            return _run(command, environment)
    except Stopped as stopped:
        return 128 + stopped.number
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The command keeps our terminal (for a debugger), so Ctrl-C reaches it without us."""
    launcher = os.getpid()
    try:
        process = subprocess.Popen(
            command, env=environment, preexec_fn=lambda: die_with_parent(launcher, signal.SIGTERM)
        )
    except OSError as error:
        raise Trouble(f"{command[0]} could not be started: {error}") from error
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = process.wait()
    except Stopped as stopped:
        process.send_signal(stopped.number)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Usage: python -m deploy.local.with_servers COMMAND [ARGUMENT...]")
    sys.exit(run_with_servers(sys.argv[1:]))
