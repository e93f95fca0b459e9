"""The process manager: restarts, pauses, giving up, stopping."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deploy.local.process_table import Entry, ProcessTable, birth, halt, leftovers
from deploy.local.processes import Manager, Patience, Ready, Signalled
from deploy.local.spawn import Command, Spawner
from tests.waiting import wait_for


class NoGuardian:
    """The real one forks, which a test worker with threads must not; test_run.py tries the real one."""

    def started(self, entry: Entry) -> None: ...

    def ended(self, pid: int) -> None: ...


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def line(self, name: str, text: str) -> None:
        self.said.append(f"{name}: {text}")


@pytest.fixture
def manager(tmp_path: Path) -> Manager:
    spawner = Spawner(ProcessTable(tmp_path / "processes.json"), NoGuardian())  # type: ignore[arg-type]
    patience = Patience(first_pause=0.02, longest_pause=0.05, quick_death=5, quick_deaths=3)
    return Manager(spawner, Heard(), patience)  # type: ignore[arg-type]


def command(tmp_path: Path, name: str, code: str, **more: object) -> Command:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    arguments = (sys.executable, "-c", code)
    return Command(name, arguments, environment, tmp_path, tmp_path / f"{name}.log", **more)  # type: ignore[arg-type]


def said(manager: Manager) -> list[str]:
    return manager.console.said  # type: ignore[attr-defined, no-any-return]


def test_a_process_that_died_is_started_again_with_its_output_kept(manager: Manager, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; p = pathlib.Path('n'); n = len(p.read_text()) if p.exists() else 0; "
        "p.write_text('x' * (n + 1)); print('life', n); n or sys.exit(4); time.sleep(100)"
    )
    manager.start(command(tmp_path, "worker", code), is_vital=False)
    threading.Thread(
        target=lambda: (wait_for(lambda: "worker: life 1" in said(manager)), manager.events.put(Signalled(15)))
    ).start()

    assert manager.watch(lambda: None) == 0

    assert said(manager) == [
        "worker: life 0",
        "worker ended with code 4 after 0 s; starting it again in 0.02 s.",
        "worker: life 1",
    ]
    assert (tmp_path / "worker.log").read_text() == "life 0\nlife 1\n"
    manager.stop()


def test_a_vital_process_that_keeps_dying_ends_the_run_with_its_last_words(manager: Manager, tmp_path: Path) -> None:
    manager.start(command(tmp_path, "web", "raise SystemExit('no port')"), is_vital=True)

    assert manager.watch(lambda: None) == 1
    assert "it died 3 times within 5 s" in said(manager)[-1]
    assert said(manager)[-1].endswith("no port")


def test_another_process_that_keeps_dying_is_left_and_the_rest_goes_on(manager: Manager, tmp_path: Path) -> None:
    manager.start(command(tmp_path, "stream", "raise SystemExit(2)"), is_vital=False)
    web = manager.start(command(tmp_path, "web", "import time; time.sleep(100)"), is_vital=True)
    threading.Thread(
        target=lambda: (
            wait_for(lambda: any("without stream" in line for line in said(manager))),
            manager.events.put(Signalled(2)),
        )
    ).start()

    assert manager.watch(lambda: None) == 0
    assert web.poll() is None
    manager.stop()
    assert web.wait(5) == -15


def test_the_ready_callback_is_called_once(manager: Manager) -> None:
    calls = []
    manager.events.put(Ready())
    manager.events.put(Signalled(15))

    assert manager.watch(lambda: calls.append(1)) == 0
    assert calls == [1]


def test_stopping_takes_the_youngest_first_and_the_servers_last(manager: Manager, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*a):\n    open('order', 'a').write(sys.argv[1] if sys.argv[1:] else {0!r})\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nopen({0!r} + '.up', 'w')\ntime.sleep(100)"
    )
    for name, is_server in (("S", True), ("a", False), ("b", False)):
        manager.start(command(tmp_path, name, code.format(name), is_server=is_server), is_vital=True)
    wait_for(lambda: all((tmp_path / f"{name}.up").exists() for name in "Sab"))

    assert manager.stop() == []

    order = (tmp_path / "order").read_text()
    assert sorted(order) == ["S", "a", "b"]
    assert order[-1] == "S"
    assert manager.spawner.table.entries == []


def test_what_a_dead_process_left_in_its_group_goes_with_it(manager: Manager, tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "child = [sys.executable, '-c', 'import time; time.sleep(100)']\n"
        "print(subprocess.Popen(child, stdout=subprocess.DEVNULL).pid)"
    )
    manager.start(command(tmp_path, "web", code), is_vital=True)

    manager.watch(lambda: None)

    children = [int(line.split()[1]) for line in said(manager) if line.startswith("web: ")]
    assert len(children) == 3
    wait_for(lambda: all(birth(pid) is None for pid in children))


def test_a_pid_used_again_by_another_process_is_not_signalled(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"], start_new_session=True)
    try:
        entry = Entry("web", other.pid, "born:earlier", 15, 0.1, False)
        table = ProcessTable(tmp_path / "processes.json")
        table.add(entry)

        assert leftovers(tmp_path / "processes.json") == []
        assert halt([entry]) == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_torn_table_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text('[{"name": "we')
    assert leftovers(tmp_path / "processes.json") == []
    assert leftovers(tmp_path / "absent.json") == []
