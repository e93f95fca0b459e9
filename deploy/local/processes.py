"""The process manager: starts, watches, restarts with growing pauses, and stops everything."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from deploy.local.console import Console, Trouble
from deploy.local.process_table import Entry, halt, kill_group
from deploy.local.spawn import Command, Spawner, last_lines, open_log

LONGEST_LINE = 16_384


@dataclass(frozen=True)
class Patience:
    """When a process that died is started again, and when no more."""

    first_pause: float = 1.0
    longest_pause: float = 30.0
    quick_death: float = 10.0
    quick_deaths: int = 5


@dataclass(frozen=True)
class Died:
    process: subprocess.Popen[bytes]


@dataclass(frozen=True)
class Signalled:
    number: int


@dataclass(frozen=True)
class Ready:
    pass


Event = Died | Signalled | Ready


@dataclass
class Watched:
    command: Command
    is_vital: bool
    process: subprocess.Popen[bytes]
    started: float
    quick_deaths: int = 0
    restart_at: float | None = None
    has_given_up: bool = False


@dataclass
class Manager:
    spawner: Spawner
    console: Console
    patience: Patience = field(default_factory=Patience)
    events: SimpleQueue[Event] = field(default_factory=SimpleQueue)
    _watched: list[Watched] = field(default_factory=list)
    _signals: int = 0

    def start(self, command: Command, *, is_vital: bool) -> subprocess.Popen[bytes]:
        """A vital process that keeps dying ends the run."""
        process = self._spawn(command)
        self._watched.append(Watched(command, is_vital, process, time.monotonic()))
        return process

    def run_to_end(self, command: Command) -> int:
        """A one-off step, while the servers are watched."""
        process = self._spawn(command)
        while True:
            event = self.events.get()
            if isinstance(event, Died):
                if event.process is process:
                    self.spawner.ended(process.pid)
                    return process.returncode
                if any(one.process is event.process for one in self._watched):
                    raise Trouble(f"{self._name(event.process)} died while {command.name} was at work; see the logs.")

    def watch(self, on_ready: Callable[[], None]) -> int:
        """Until a signal, or until a vital process is given up. Returns the exit code."""
        while True:
            try:
                event = self.events.get(timeout=self._seconds_to_next_start())
            except Empty:
                self._start_what_is_due()
                continue
            if isinstance(event, Signalled):
                self._signals += 1
                return 0 if event.number in (2, 15) else 128 + event.number
            if isinstance(event, Ready):
                on_ready()
            elif self._on_death(event.process):
                return 1

    def stop(self) -> list[Entry]:
        """Everything, youngest first and the servers last; a second signal kills at once."""
        entries = list(self.spawner.table.entries)
        killed = halt(entries, is_hurried=self._is_hurried)
        for entry in entries:
            self.spawner.ended(entry.pid)
        return killed

    def _is_hurried(self) -> bool:
        while True:
            try:
                event = self.events.get_nowait()
            except Empty:
                return self._signals > 1
            self._signals += isinstance(event, Signalled)

    def _spawn(self, command: Command) -> subprocess.Popen[bytes]:
        process = self.spawner.start(command)
        relay = threading.Thread(target=self._relay, args=(command, process), daemon=True)
        relay.start()
        threading.Thread(target=self._await_death, args=(process, relay), daemon=True).start()
        return process

    def _relay(self, command: Command, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return  # a server, which writes its log itself
        with process.stdout as spoken, open_log(command.log) as log:
            while line := spoken.readline(LONGEST_LINE):
                try:
                    log.write(line)
                except OSError:
                    pass  # the disk is full; the screen still shows it
                self.console.line(command.name, line.decode(errors="replace").rstrip())

    def _await_death(self, process: subprocess.Popen[bytes], relay: threading.Thread) -> None:
        process.wait()
        relay.join(1.0)  # its last words first; a child that holds the pipe must not hide the death
        self.events.put(Died(process))

    def _on_death(self, process: subprocess.Popen[bytes]) -> bool:
        """True when the run cannot go on."""
        kill_group(process.pid)
        self.spawner.ended(process.pid)
        watched = next((one for one in self._watched if one.process is process), None)
        if watched is None:
            return False
        name, how = watched.command.name, _how(process.returncode)
        lived = time.monotonic() - watched.started
        watched.quick_deaths = watched.quick_deaths + 1 if lived < self.patience.quick_death else 0
        if watched.quick_deaths >= self.patience.quick_deaths:
            watched.has_given_up = True
            self.console.say(
                f"{name} {how}; it died {watched.quick_deaths} times within {self.patience.quick_death:g} s "
                f"of its start, so it is not started again. The end of {watched.command.log}:\n"
                f"{last_lines(watched.command.log)}"
            )
            if not watched.is_vital:
                self.console.say(f"The rest keeps running without {name}. Mend the cause, then Ctrl-C and make run.")
            return watched.is_vital
        pause = min(self.patience.first_pause * 2 ** max(0, watched.quick_deaths - 1), self.patience.longest_pause)
        watched.restart_at = time.monotonic() + pause
        self.console.say(f"{name} {how} after {lived:.0f} s; starting it again in {pause:g} s.")
        return False

    def _name(self, process: subprocess.Popen[bytes]) -> str:
        return next((one.command.name for one in self._watched if one.process is process), "a process")

    def _seconds_to_next_start(self) -> float | None:
        times = [one.restart_at for one in self._watched if one.restart_at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _start_what_is_due(self) -> None:
        for one in self._watched:
            if one.restart_at is not None and one.restart_at <= time.monotonic():
                one.restart_at = None
                one.process = self._spawn(one.command)
                one.started = time.monotonic()


class Interrupted(Exception):
    def __init__(self, number: int) -> None:
        self.number = number


def _how(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def require_success(code: int, what: str, command: Command) -> None:
    if code != 0:
        raise Trouble(f"{what} failed ({_how(code)}); the reason stands above and in {command.log}")
