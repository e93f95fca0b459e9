"""A child of the launcher that outlives it just long enough to stop what it started.

The launcher may be killed outright, and then no handler of its own runs. The guardian waits on a pipe that
only the launcher holds: when it closes without a farewell, the guardian stops every process it was told of
and removes the temporary data. It keeps the run's lock until then, so the next start waits for it.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from deploy.local.process_table import Entry, halt

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, number: int) -> None:
    """Linux: this process gets the signal when its parent dies. A change of user clears it: call it last."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def die_with_make() -> None:
    """Killing make outright must leave nothing behind either."""
    if "MAKELEVEL" in os.environ:
        die_with_parent(os.getppid(), signal.SIGTERM)


class Guardian:
    def __init__(self) -> None:
        """Call before any thread exists: it forks."""
        reader, self._writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                os.close(self._writer)
                _watch(reader)
                status = 0
            finally:
                os._exit(status)
        os.close(reader)

    def started(self, entry: Entry) -> None:
        self._tell({"started": asdict(entry)})

    def ended(self, pid: int) -> None:
        self._tell({"ended": pid})

    def owns(self, directory: Path) -> None:
        """A temporary directory to remove."""
        self._tell({"owns": str(directory)})

    def dismiss(self) -> None:
        self._tell({"farewell": True})
        os.close(self._writer)
        os.waitpid(self._pid, 0)

    def _tell(self, message: dict[str, object]) -> None:
        try:
            os.write(self._writer, json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # it was killed; on Linux die_with_parent still holds


def _watch(reader: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    if _libc is not None:
        _libc.prctl(PR_SET_NAME, b"plumbline-guard", 0, 0, 0)
    # Nobody waits for our output; an inherited pipe would look like a launcher that still talks.
    with Path(os.devnull).open("r+b") as null:
        for descriptor in (0, 1, 2):
            os.dup2(null.fileno(), descriptor)
    entries: dict[int, Entry] = {}
    directories: list[str] = []
    with os.fdopen(reader, "rb") as stream:
        for line in stream:
            message = json.loads(line)
            if "farewell" in message:
                return
            if "started" in message:
                entry = Entry(**message["started"])
                entries[entry.pid] = entry
            elif "ended" in message:
                entries.pop(message["ended"], None)
            else:
                directories.append(message["owns"])
    halt(list(entries.values()))
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
