"""Throwaway servers: fast, many at once, gone afterwards."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.deploy.conftest import FakeProject, processes_of
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see that nothing is left")

LAUNCH = (sys.executable, "-m", "deploy.local.with_servers")

ASK = """
import os, psycopg, redis
with psycopg.connect(os.environ["ADMIN_DATABASE_URL"], autocommit=True) as connection:
    shown = [connection.execute("SHOW " + name).fetchone()[0] for name in
             ("fsync", "synchronous_commit", "full_page_writes", "max_connections", "listen_addresses")]
    print("shown", *shown, os.path.dirname(connection.execute("SHOW data_directory").fetchone()[0]))
print("redis", redis.Redis.from_url(os.environ["REDIS_URL"]).config_get("appendonly"))
for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "DJANGO_SETTINGS_MODULE", "ENCRYPTION_KEYS"):
    print(name, os.environ[name])
print("path", os.environ["PATH"].split(os.pathsep)[0])
raise SystemExit(7)
"""

WAIT = """
import os, time
print("home", os.environ["ADMIN_DATABASE_URL"], os.getpid(), flush=True)
time.sleep(1000)
"""


def test_the_command_gets_servers_and_secrets_and_its_exit_code_comes_back(project: FakeProject) -> None:
    result = project.run(*LAUNCH, "python", "-c", ASK, DATABASE_URL="postgres://precious.example/live")

    assert result.returncode == 7, result.stdout + result.stderr
    shown = re.search(r"shown off off off 200 127\.0\.0\.1 (\S+)", result.stdout)
    assert shown, result.stdout
    assert "redis {'appendonly': 'no'}" in result.stdout
    assert re.search(r"^DATABASE_URL postgres://plumbline_app:\S+@127\.0\.0\.1:\d+/plumbline$", result.stdout, re.M)
    assert re.search(
        r"^OWNER_DATABASE_URL postgres://plumbline_owner:\S+@127\.0\.0\.1:\d+/plumbline$", result.stdout, re.M
    )
    assert "DJANGO_SETTINGS_MODULE config.settings.test" in result.stdout
    assert re.search(r"^ENCRYPTION_KEYS k1:[A-Za-z0-9+/]{43}=$", result.stdout, re.M)
    assert f"path {project.root}/.venv/bin" in result.stdout
    home = Path(shown[1])
    assert not home.exists()
    assert processes_of(home) == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_leaves_neither_process_nor_data(project: FakeProject, number: signal.Signals) -> None:
    launched = project.start(*LAUNCH, "python", "-c", WAIT)
    launched.await_words("home ")
    home = next(
        Path(found[1])
        for command in _all_commands()
        if (found := re.search(r"-D (\S+/plumbline-test-\w+)/postgres", command))
        and f"port={_port(launched.said)} " in command
    )
    assert processes_of(home)
    child = int(re.search(r"home \S+ (\d+)", launched.said)[1])  # type: ignore[index]

    if number == signal.SIGINT:  # as a terminal does: to the whole group
        os.killpg(launched.process.pid, number)
        launched.process.wait(20)
    else:
        launched.end(number)

    wait_for(lambda: processes_of(home) == {})
    wait_for(lambda: not home.exists())
    wait_for(lambda: not Path(f"/proc/{child}").exists())
    assert launched.process.returncode != 0


def test_two_at_once_do_not_meet(project: FakeProject) -> None:
    first, second = (project.start(*LAUNCH, "python", "-c", WAIT) for _ in range(2))
    first.await_words("home ")
    second.await_words("home ")

    assert _port(first.said) != _port(second.said)
    assert first.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert second.process.poll() is None


def _port(said: str) -> str:
    found = re.search(r"home \S+@127\.0\.0\.1:(\d+)/", said)
    assert found, said
    return found[1]


def _all_commands() -> list[str]:
    return list(processes_of(Path("/")).values())
