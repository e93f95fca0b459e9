"""`make run`: from a bare machine to a page, and back to no process at all.

python3 -m deploy.local.run
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from urllib.parse import urlsplit

from deploy.local import postgres, procfile, redis
from deploy.local.account import server_account
from deploy.local.console import Console, Trouble
from deploy.local.environment import POSTGRES_PORT, REDIS_PORT, SANDBOX_PORT, EnvFile, Environment
from deploy.local.guardian import Guardian, die_with_make
from deploy.local.install import install
from deploy.local.ports import free_port, is_free, web_port
from deploy.local.process_table import Entry, ProcessTable, birth, halt, leftovers
from deploy.local.processes import Interrupted, Manager, Ready, Signalled, require_success
from deploy.local.project import Project, this_project
from deploy.local.servers import await_answer, home_of_data
from deploy.local.spawn import Command, Spawner

READY_SECONDS = 180.0
STOP_SECONDS = 10.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def only_run(project: Project, console: Console) -> Iterator[None]:
    """One run in a folder. The lock outlives a killed launcher until its guardian has tidied up."""
    project.state.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(project.state / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    told = False
    deadline = time.monotonic() + 60
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            other = _other_run(project)
            if (other and birth(other["pid"]) is not None) or time.monotonic() > deadline:
                raise Trouble(
                    f"Plumbline is already running in this folder: http://localhost:{other.get('port', '?')} "
                    f"(process {other.get('pid', '?')}). Stop it with Ctrl-C where it runs, "
                    f"or with kill {other.get('pid', '')}"
                ) from None
            if not told:
                console.say("The last run was killed and is still being tidied up; waiting for that.")
                told = True
            time.sleep(0.2)
    yield


def _other_run(project: Project) -> dict[str, int]:
    try:
        noted = json.loads((project.state / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


class Run:
    def __init__(self, project: Project, console: Console, port: int) -> None:
        self.project = project
        self.console = console
        self.port = port
        self.data_places = [project.state]
        self.made: list[str] = []
        self.web_began = 0.0
        self.environment = Environment(EnvFile(project.env_file), os.environ)

    def go(self) -> int:
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        install_began = time.monotonic()
        did_install = install(self.project, "local", self.console.say)
        seconds = time.monotonic() - install_began
        self.console.say(f"{seconds:6.1f} s  packages {'installed' if did_install else 'were installed already'}")
        guardian = Guardian()
        table = ProcessTable(self.project.state / "processes.json")
        left = leftovers(self.project.state / "processes.json")
        manager = Manager(Spawner(table, guardian), self.console)
        try:
            self._stop_leftovers(left)
            self._start(manager)
            self._hear_signals_in(manager)
            code = manager.watch(self._say_ready)
        except Interrupted as interrupted:
            code = 128 + interrupted.number
        finally:
            self._hear_signals_in(manager)
            self._stop(manager)
            guardian.dismiss()
        return code

    def _hear_signals_in(self, manager: Manager) -> None:
        """Until now a signal interrupts whatever start-up is at; from now on it is an event among others."""

        def on_signal(number: int, frame: FrameType | None) -> None:
            manager.events.put(Signalled(number))

        for number in STOP_SIGNALS:
            signal.signal(number, on_signal)

    def _start(self, manager: Manager) -> None:
        with self.console.step("settings in .env") as reword:
            self.made = self.environment.complete()
            reword(f"settings in .env, made: {', '.join(self.made)}" if self.made else "settings in .env are complete")
        self._start_servers(manager)
        if self.environment.starts_sandbox:
            self._settled_port(SANDBOX_PORT, "the sandbox")
        environment = self._environment_of_processes()
        # Where another sandbox is named, none is started.
        left_out = set() if self.environment.starts_sandbox else {"sandbox"}
        lines = procfile.read(self.project.root / "Procfile.local", environment, without=left_out)
        self.console.expect(["setup", *(line.name for line in lines)])
        with self.console.step("database set up"):
            setup = self._command("setup", (str(self.project.python), "manage.py", "setup", "--demo"), environment)
            require_success(manager.run_to_end(setup), "Setting up the database (manage.py setup --demo)", setup)
        self.web_began = time.monotonic()
        for line in lines:
            command = self._command(line.name, line.arguments, {**environment, **line.environment})
            manager.start(command, is_vital=line.name == "web")
        threading.Thread(target=self._await_ready, args=(manager,), daemon=True).start()

    def _stop_leftovers(self, left: list[Entry]) -> None:
        if left:
            names = ", ".join(f"{entry.name} ({entry.pid})" for entry in left)
            with self.console.step(f"stopped what a killed run had left: {names}"):
                halt(left)

    def _start_servers(self, manager: Manager) -> None:
        with self.console.step("PostgreSQL and Redis") as reword:
            waiting = []
            words = []
            if self.environment.starts_postgres:
                cluster, command, port = self._postgres()
                waiting.append((manager.start(command, is_vital=True), command, lambda: postgres.answers(port)))
                words.append(f"{cluster.binaries} on 127.0.0.1:{port}")
            else:
                words.append(f"PostgreSQL as DATABASE_URL says, at {_place(self.environment.get('DATABASE_URL'))}")
            if self.environment.starts_redis:
                binary, command, url = self._redis()
                waiting.append((manager.start(command, is_vital=True), command, lambda: redis.answers(url)))
                words.append(f"{binary} on {_place(url)}")
            else:
                words.append(f"Redis as REDIS_URL says, at {_place(self.environment.get('REDIS_URL'))}")
            for process, command, answers in waiting:
                await_answer(process, command, answers)
            reword(", ".join(words))

    def _postgres(self) -> tuple[postgres.Cluster, Command, int]:
        say = self.console.say
        account = server_account(say)
        home = home_of_data(self.project, account, say)
        if home not in self.data_places:
            self.data_places.append(home)
        binaries = postgres.choose(postgres.available(self.project), home, say)
        binaries = postgres.reachable(binaries, account, home, say)
        data = postgres.cluster_directory(home, binaries.major)
        cluster = postgres.Cluster(binaries, data, account, self.project.logs / "postgres.log")
        password = urlsplit(self.environment.get("ADMIN_DATABASE_URL")).password or ""
        if not cluster.exists:
            with self.console.step(f"made a new database in {data}"):
                cluster.initialise(password)
        cluster.discard_stale_lock(say)
        if not cluster.knows(password):
            say(
                f"The administrator's password in .env is not the one {data} was made with; "
                "the database gets the new one."
            )
            if "ENCRYPTION_KEYS" in self.made:
                say(
                    "What was encrypted with the lost ENCRYPTION_KEYS (exchange keys, second factors) cannot "
                    "be read any more: put the old .env back, or enter it again."
                )
            cluster.reset_password(password)
        port = self._settled_port(POSTGRES_PORT, "PostgreSQL")
        return cluster, cluster.command(port), port

    def _redis(self) -> tuple[redis.Binary, Command, str]:
        binary = redis.find(self.project)
        self._settled_port(REDIS_PORT, "Redis")
        url = self.environment.get("REDIS_URL")
        data = self.project.state / binary.directory_name
        return binary, redis.command(binary, url, data, self.project.logs / "redis.log"), url

    def _settled_port(self, name: str, server: str) -> int:
        port = int(self.environment.get(name))
        if is_free(port):
            return port
        other = free_port()
        self.console.say(f"Port {port}, which {server} had here, is taken by another program now; it moves to {other}.")
        self.environment.move_port(name, other)
        return other

    def _environment_of_processes(self) -> dict[str, str]:
        told = self.environment.for_children()
        path = told.get("PATH", os.defpath)
        return {
            **told,
            "PATH": f"{self.project.bin}{os.pathsep}{path}",
            "VIRTUAL_ENV": str(self.project.venv),
            "PYTHONUNBUFFERED": "1",
            "PORT": str(self.port),
            "PLUMBLINE_STATE": str(self.project.state),
        }

    def _command(self, name: str, arguments: tuple[str, ...], environment: dict[str, str]) -> Command:
        log = self.project.logs / f"{name}.log"
        return Command(name, arguments, environment, self.project.root, log, grace=STOP_SECONDS)

    def _await_ready(self, manager: Manager) -> None:
        began = time.monotonic()
        has_complained = False
        while (answer := _readiness(self.port)) != "200":
            if not has_complained and time.monotonic() - began > READY_SECONDS:
                has_complained = True
                self.console.say(
                    f"http://localhost:{self.port}/readyz does not say ready after {READY_SECONDS:.0f} s: "
                    f"{answer}. Waiting on; the reason may stand in {self.project.logs}."
                )
            time.sleep(0.2)
        manager.events.put(Ready())

    def _say_ready(self) -> None:
        say = self.console.say
        say(f"{time.monotonic() - self.web_began:6.1f} s  processes ready")
        say("")
        say(f"  Plumbline   http://localhost:{self.port}")
        say(f"  log in as   {self.environment.get('DEMO_EMAIL')}")
        say(f"  password    {self.environment.get('DEMO_PASSWORD')}")
        if self.environment.starts_sandbox:
            say(f"  sandbox     {self.environment.get('SANDBOX_ADDRESS')}/sandbox/")
        say(f"  data        {', '.join(map(str, self.data_places))}")
        say(f"  logs        {self.project.logs}")
        say("  stop        Ctrl-C")
        say("")

    def _stop(self, manager: Manager) -> None:
        if not manager.spawner.table.entries:
            return
        self.console.say("Stopping; Ctrl-C again kills at once.")
        with self.console.step("everything stopped") as reword:
            killed = manager.stop()
            if killed:
                reword(f"everything stopped; killed for not stopping: {', '.join(e.name for e in killed)}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    for later in STOP_SIGNALS:
        signal.signal(later, signal.SIG_IGN)
    raise Interrupted(number)


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname or 'a socket'}:{parts.port}" if parts.port else (parts.hostname or "a socket")
    except ValueError:
        return "an address that cannot be read"


def _readiness(port: int) -> str:
    """'200', or what came instead."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        response = connection.getresponse()
        body = response.read(500).decode(errors="replace")
        return "200" if response.status == 200 else f"it answers {response.status} {body}"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error})"
    finally:
        connection.close()


def main() -> int:
    console = Console()
    project = this_project()
    die_with_make()
    try:
        with only_run(project, console):
            port = web_port(os.environ.get("PORT") or "8000")
            note = project.state / "run.json"
            note.write_text(json.dumps({"pid": os.getpid(), "port": port}))
            code = Run(project, console, port).go()
            note.unlink(missing_ok=True)
            return code
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        print("\nInterrupted; make run takes up where it stopped.", file=sys.stderr)
        return 128 + interrupted.number


if __name__ == "__main__":
    sys.exit(main())
