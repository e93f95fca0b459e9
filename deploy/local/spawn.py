"""Starting a process so that it never outlives the launcher."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.account import Account
from deploy.local.console import Trouble
from deploy.local.guardian import Guardian, die_with_parent
from deploy.local.process_table import Entry, ProcessTable, birth


@dataclass(frozen=True)
class Command:
    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    log: Path
    is_server: bool = False
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0  # seconds to stop in, before it is killed
    stdin: bytes = b""


class Spawner:
    """Each process in a session of its own, known to the table and the guardian before it can do harm."""

    def __init__(self, table: ProcessTable, guardian: Guardian) -> None:
        self.table = table
        self._guardian = guardian

    def start(self, command: Command) -> subprocess.Popen[bytes]:
        """A server writes straight to its log; of any other process the caller reads the output."""
        if command.is_server:
            with open_log(command.log) as log:
                return self._start(command, log)
        return self._start(command, subprocess.PIPE)

    def _start(self, command: Command, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        parent = os.getpid()

        def prepare() -> None:
            if command.account is not None:
                command.account.become()
            die_with_parent(parent, command.stop_signal)

        try:
            process = subprocess.Popen(
                command.arguments,
                env=dict(command.environment),
                cwd=command.directory,
                stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=prepare,
            )
        except FileNotFoundError as error:
            raise Trouble(
                f"{command.name} could not be started: the command {command.arguments[0]} was not found."
            ) from error
        except (OSError, subprocess.SubprocessError) as error:
            raise Trouble(f"{command.name} could not be started: {error}") from error
        entry = Entry(
            name=command.name,
            pid=process.pid,
            birth=birth(process.pid) or "",
            stop_signal=int(command.stop_signal),
            grace=command.grace,
            is_server=command.is_server,
        )
        self.table.add(entry)
        self._guardian.started(entry)
        if process.stdin is not None:
            try:
                process.stdin.write(command.stdin)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it died at once; whoever waits for it says why
        return process

    def ended(self, pid: int) -> None:
        self.table.remove(pid)
        self._guardian.ended(pid)


LOG_BYTES = 20_000_000


def open_log(path: Path) -> IO[bytes]:
    """Appends; a long log is set aside once, so two files are kept at most."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".1.log"))
    return path.open("ab", buffering=0)


def last_lines(path: Path, count: int = 15) -> str:
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 20_000))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
    except OSError:
        return ""
