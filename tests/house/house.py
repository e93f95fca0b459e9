"""A whole install of its own for tests that break things: PostgreSQL, Redis, daphne and the workers, as processes."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis as redis_client

from deploy.local import postgres, procfile, redis
from deploy.local.account import server_account
from deploy.local.environment import SECRETS, postgres_urls, redis_url
from deploy.local.ports import free_port
from deploy.local.project import this_project
from deploy.local.spawn import Command
from exchanges.domain.venues import VENUES
from tests.waiting import wait_for

PROJECT = this_project()
EMAIL, PASSWORD = "trader@demo.example", "a-password-for-the-house"


class House:
    """Starts, breaks and mends the parts."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, Command | list[str]] = {}
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self.account = server_account(lambda text: None)
        binaries = postgres.reachable(postgres.available(PROJECT)[0], self.account, home, lambda text: None)
        cluster = postgres.Cluster(binaries, home / "postgres", self.account, home / "postgres.log")
        urls = {**postgres_urls(free_port()), "REDIS_URL": redis_url(free_port())}
        cluster.initialise(urls["ADMIN_DATABASE_URL"].split(":")[2].split("@")[0], is_throwaway=True)
        self.urls = urls
        port = int(urls["DATABASE_URL"].rpartition(":")[2].partition("/")[0])
        # Durable settings: this PostgreSQL is killed on purpose.
        self.commands["postgres"] = cluster.command(port)
        self.commands["redis"] = redis.command(
            redis.find(PROJECT), urls["REDIS_URL"], home / "redis", home / "redis.log", is_throwaway=True
        )
        self.environment = {
            **os.environ,
            **urls,
            **{name: SECRETS[name]() for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "AUDIT_SIGNING_KEY")},
            "PATH": f"{PROJECT.bin}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "PORT": str(self.port),
            "PLUMBLINE_STATE": str(home),
            "PLUMBLINE_SANDBOX_PORT": (sandbox := str(free_port())),
            "SANDBOX_ADDRESS": f"http://127.0.0.1:{sandbox}",
            "MAIL_DIR": str(home / "mail"),
            "DEMO_EMAIL": EMAIL,
            "DEMO_PASSWORD": PASSWORD,
            "DATABASE_POOL_SIZE": "8",
            "JOB_LEASE_SECONDS": "3",
            "LIVE_CHANNEL": f"house:{self.port}",
            "AUDIT_ANCHOR_DIR": str(home / "anchors"),
            "PRIVATE_DIR": str(home / "private"),
            "PYTHONPATH": str(PROJECT.root),
            # Until a test says where a venue stands, nobody is there.
            "VENUE_ADDRESSES": ",".join(f"{name}=http://127.0.0.1:1" for name in VENUES),
        }
        for line in procfile.read(PROJECT.root / "Procfile.local", self.environment):
            more = ["--include", "tests.house.kinds"] if line.arguments[0] == "celery" else []
            self.commands[line.name] = [*line.arguments, *more]

    def start(self, name: str) -> None:
        command = self.commands[name]
        with (self.home / f"{name}.out").open("ab") as log:
            process = self._spawn(command, log)
        self.processes[name] = process
        if name == "postgres":
            wait_for(self._postgres_answers, said=lambda: self.said(name))
        if name == "redis":
            wait_for(lambda: redis.answers(self.urls["REDIS_URL"]), said=lambda: self.said(name))

    def _spawn(self, command: Command | list[str], log: Any) -> subprocess.Popen[bytes]:
        if isinstance(command, list):
            return subprocess.Popen(
                [str(PROJECT.bin / command[0]), *command[1:]],
                env=self.environment,
                cwd=PROJECT.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process = subprocess.Popen(
            command.arguments,
            env=dict(command.environment),
            cwd=command.directory,
            stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=command.account.uid if command.account else None,
            group=command.account.gid if command.account else None,
            extra_groups=[] if command.account else None,
        )
        if process.stdin:
            with process.stdin as configuration:
                configuration.write(command.stdin)
        return process

    def stop(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        process = self.processes.pop(name, None)
        if process is None:
            return
        os.killpg(process.pid, how) if how is signal.SIGKILL else process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def restart_postgres(self) -> None:
        self.stop("postgres", signal.SIGINT)
        self.start("postgres")

    def said(self, name: str) -> str:
        return (self.home / f"{name}.out").read_text(errors="replace")[-3000:]

    def everything_said(self) -> str:
        return "".join(file.read_text(errors="replace") for file in self.home.glob("*.out"))

    def _postgres_answers(self) -> bool:
        try:
            psycopg.connect(self.urls["ADMIN_DATABASE_URL"], connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def run(self, code: str) -> str:
        """What a line of Python prints inside this install."""
        code = f"import django; django.setup()\nimport tests.house.kinds\n{code}"
        done = subprocess.run(
            [PROJECT.python, "-c", code],
            env=self.environment,
            cwd=PROJECT.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def manage(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One of our commands; it must succeed."""
        done = subprocess.run(
            [PROJECT.python, "manage.py", *words],
            env={**self.environment, **environment},
            cwd=PROJECT.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Asks the database as the tables' owner."""
        with psycopg.connect(self.urls["OWNER_DATABASE_URL"], autocommit=True) as owner:
            return owner.execute(statement, values).fetchall()

    def broker(self) -> redis_client.Redis:
        return redis_client.Redis.from_url(self.urls["REDIS_URL"])

    def signed_in(self) -> httpx.Client:
        client = httpx.Client(base_url=self.address, follow_redirects=True, timeout=30)
        client.get("/account/login/")
        answer = client.post(
            "/account/login/",
            data={"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]},
        )
        assert "/w/" in str(answer.url), answer.text
        return client


@contextmanager
def empty_house() -> Iterator[House]:
    """Nothing started yet; whatever the test starts is taken down afterwards."""
    home = Path(tempfile.mkdtemp(prefix="plumbline-house-", dir="/tmp"))
    home.chmod(0o711)
    house = House(home)
    try:
        yield house
    finally:
        for name in reversed([name for name in house.processes if name not in {"postgres", "redis"}]):
            house.stop(name)
        house.stop("redis", signal.SIGKILL)
        house.stop("postgres", signal.SIGQUIT)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def standing_house(**environment: str) -> Iterator[House]:
    """Set up, every process running and ready."""
    with empty_house() as house:
        house.environment.update(environment)
        house.start("postgres")
        house.start("redis")
        house.manage("setup", "--demo")
        for name in house.commands.keys() - {"postgres", "redis"}:
            house.start(name)
        wait_for(lambda: _is_ready(house), seconds=180, said=house.everything_said)
        yield house


def _is_ready(house: House) -> bool:
    try:
        return httpx.get(f"{house.address}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
