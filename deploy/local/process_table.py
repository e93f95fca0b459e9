"""Processes the launcher started, known by pid and birth, so that a reused pid is never signalled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Entry:
    name: str
    pid: int
    birth: str
    stop_signal: int
    grace: float
    is_server: bool


def birth(pid: int) -> str | None:
    """What tells this process from a later one with its pid; None when it is dead or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rsplit(b")", 1)[1].split()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _birth_from_ps(pid)
    except (OSError, IndexError):
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return _boot() + ":" + fields[19].decode()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _birth_from_ps(pid: int) -> str | None:
    answer = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def is_alive(entry: Entry) -> bool:
    return birth(entry.pid) == entry.birth


def kill_group(leader: int) -> None:
    """What a process leaves behind; while a group has members, the kernel gives its number to nobody else."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def halt(entries: list[Entry], *, is_hurried: Callable[[], bool] = lambda: False) -> list[Entry]:
    """Stops what still lives, youngest first and servers last; returns those that had to be killed."""
    killed: list[Entry] = []
    for servers in (False, True):
        stage = [entry for entry in reversed(entries) if entry.is_server is servers and is_alive(entry)]
        for entry in stage:
            # Only the leader: it knows how to stop its own children.
            _signal(entry, entry.stop_signal)
        began = time.monotonic()
        left = stage
        while left := [entry for entry in left if is_alive(entry)]:
            waited = time.monotonic() - began
            for entry in left:
                if is_hurried() or waited > entry.grace:
                    killed.append(entry)
                    kill_group(entry.pid)
            left = [entry for entry in left if entry not in killed]
            time.sleep(POLL_SECONDS)
        for entry in stage:
            kill_group(entry.pid)
    return killed


def _signal(entry: Entry, number: int) -> None:
    try:
        os.kill(entry.pid, number)
    except ProcessLookupError:
        pass  # It ended by itself meanwhile.


class ProcessTable:
    """The entries, in order of birth, kept in a file for a run that comes after a kill."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._save()

    def remove(self, pid: int) -> None:
        self.entries = [entry for entry in self.entries if entry.pid != pid]
        self._save()

    def _save(self) -> None:
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps([asdict(entry) for entry in self.entries]))
            fresh.replace(self._path)
        except OSError:
            pass  # a full disk must not stop the run; the guardian knows the entries too


def leftovers(path: Path) -> list[Entry]:
    """Of a table written by an earlier run, the processes that still live and are really the same."""
    try:
        entries = [Entry(**fields) for fields in json.loads(path.read_text())]
    except (OSError, ValueError, TypeError):
        return []
    return [entry for entry in entries if is_alive(entry)]
