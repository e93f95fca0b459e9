"""A PostgreSQL and a Redis for one command: fast, private to it, gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import postgres, redis
from deploy.local.account import Account, server_account
from deploy.local.console import Console, Say, Trouble
from deploy.local.environment import SECRETS, postgres_urls, redis_url
from deploy.local.guardian import Guardian
from deploy.local.ports import free_port
from deploy.local.process_table import ProcessTable, halt
from deploy.local.project import Project
from deploy.local.servers import await_answer
from deploy.local.spawn import Spawner, last_lines

TRIES = 5


@contextmanager
def throwaway_servers(project: Project, console: Console) -> Iterator[dict[str, str]]:
    """Yields the environment to run the command with. Call before any thread exists."""
    guardian = Guardian()
    table = ProcessTable(None)
    account = server_account(lambda text: None)
    home = _temporary_home(account)
    guardian.owns(home)
    try:
        with console.step("test servers") as reword:
            told = _start(Spawner(table, guardian), project, home, account, reword)
        yield told
    finally:
        # An impatient second Ctrl-C must not interrupt this; should it fail, the guardian does it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        halt(table.entries)
        shutil.rmtree(home, ignore_errors=True)
        guardian.dismiss()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


def _temporary_home(account: Account | None) -> Path:
    """A fresh directory the server's user may enter; TMPDIR of root may be closed to it."""
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108
        try:
            home = Path(tempfile.mkdtemp(prefix="plumbline-test-", dir=parent))
        except OSError:
            continue
        home.chmod(0o711)
        if account is None or account.can_enter(home):
            return home
        home.rmdir()
    raise Trouble(
        "No temporary directory was found for the test servers. Set TMPDIR to one with a few hundred MB free."
    )


def _start(spawner: Spawner, project: Project, home: Path, account: Account | None, reword: Say) -> dict[str, str]:
    binaries = postgres.reachable(postgres.available(project)[0], account, home, reword)
    binary = redis.find(project)
    cluster = postgres.Cluster(binaries, home / "postgres", account, home / "postgres.log")
    urls = {**postgres_urls(0), "REDIS_URL": redis_url(0)}
    password = urls["ADMIN_DATABASE_URL"].split(":")[2].split("@")[0]
    cluster.initialise(password, is_throwaway=True)
    postgres_port = _start_postgres(spawner, cluster)
    url = _start_redis(spawner, binary, urls["REDIS_URL"], home)
    reword(f"test servers: {binaries}, {binary}")
    told = {name: text.replace("@127.0.0.1:0/", f"@127.0.0.1:{postgres_port}/") for name, text in urls.items()}
    told["REDIS_URL"] = url
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "AUDIT_SIGNING_KEY"):
        told[name] = SECRETS[name]()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        **told,
        "PATH": f"{project.bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(project.venv),
    }


def _start_postgres(spawner: Spawner, cluster: postgres.Cluster) -> int:
    """Many test runs choose ports at once; whoever comes second chooses again."""
    for attempt in range(1, TRIES + 1):
        port = free_port()
        command = cluster.command(port, postgres.THROWAWAY, is_throwaway=True)
        process = spawner.start(command)
        try:
            await_answer(process, command, lambda: process.poll() is None and postgres.answers(port))  # noqa: B023
        except Trouble:
            spawner.ended(process.pid)
            if attempt == TRIES or "in use" not in last_lines(command.log):
                raise
        else:
            return port
    raise AssertionError("unreachable")


def _start_redis(spawner: Spawner, binary: redis.Binary, url: str, home: Path) -> str:
    for attempt in range(1, TRIES + 1):
        here = url.replace(":0/", f":{free_port()}/")
        command = redis.command(binary, here, home / "redis", home / "redis.log", is_throwaway=True)
        process = spawner.start(command)
        try:
            await_answer(process, command, lambda: redis.answers(here))  # noqa: B023
        except Trouble:
            spawner.ended(process.pid)
            if attempt == TRIES or "in use" not in last_lines(command.log):
                raise
        else:
            return here
    raise AssertionError("unreachable")
