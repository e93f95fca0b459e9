"""Which PostgreSQL and which data."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import postgres
from deploy.local.account import server_account
from deploy.local.console import Trouble
from deploy.local.postgres import Binaries, Cluster
from deploy.local.project import Project

MACHINE_15 = Binaries(Path("/pg15"), "15.18", "machine")
EMBEDDED_18 = Binaries(Path("/pg18"), "18.6", "embedded")


def used(home: Path, major: int, when: int) -> None:
    cluster = home / f"postgres-{major}"
    cluster.mkdir()
    (cluster / "postmaster.opts").touch()
    os.utime(cluster / "postmaster.opts", (when, when))


def test_an_empty_home_takes_the_first_choice(tmp_path: Path) -> None:
    assert postgres.choose([MACHINE_15, EMBEDDED_18], tmp_path, pytest.fail) == MACHINE_15


def test_data_of_another_major_version_keep_their_own_server(tmp_path: Path) -> None:
    used(tmp_path, 18, 100)

    assert postgres.choose([MACHINE_15, EMBEDDED_18], tmp_path, pytest.fail) == EMBEDDED_18


def test_the_data_used_last_decide(tmp_path: Path) -> None:
    used(tmp_path, 18, 100)
    used(tmp_path, 15, 200)

    assert postgres.choose([EMBEDDED_18, MACHINE_15], tmp_path, pytest.fail) == MACHINE_15


def test_data_whose_server_is_gone_stay_and_are_named(tmp_path: Path) -> None:
    used(tmp_path, 18, 100)
    said: list[str] = []

    assert postgres.choose([MACHINE_15], tmp_path, said.append) == MACHINE_15

    assert said == [
        "Your data were made by PostgreSQL 18, which is not here now; they stay untouched in "
        f"{tmp_path}/postgres-18. This run starts empty with PostgreSQL 15. To have them back, install "
        "PostgreSQL 18 or choose it with PLUMBLINE_POSTGRES=machine or PLUMBLINE_POSTGRES=embedded."
    ]


def test_an_unknown_choice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLUMBLINE_POSTGRES", "oracle")
    with pytest.raises(Trouble, match="PLUMBLINE_POSTGRES=oracle is not known"):
        postgres.available(Project(tmp_path))


def test_a_server_too_old_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, major in {"old": "14.9", "new": "16.2"}.items():
        (tmp_path / name).mkdir()
        for tool in ("postgres", "initdb"):
            (tmp_path / name / tool).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}'\n")
            (tmp_path / name / tool).chmod(0o755)
    monkeypatch.setenv("PLUMBLINE_POSTGRES", "machine")
    monkeypatch.setenv("PATH", f"{tmp_path / 'old'}:{os.environ['PATH']}")
    monkeypatch.setattr(postgres, "PLACES", (str(tmp_path / "new"),))
    monkeypatch.setattr(postgres, "on_path", lambda *names: [tmp_path / "old" / "postgres"])

    assert postgres.available(Project(tmp_path)) == [Binaries(tmp_path / "new", "16.2", "machine")]


@pytest.fixture
def home() -> Iterator[Path]:
    """A place the server's user may enter, as root's tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="plumbline-cluster-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory)


def fake_cluster(home: Path, script: str) -> Cluster:
    (home / "bin").mkdir()
    (home / "bin").chmod(0o755)
    (home / "bin/initdb").write_text(f"#!/bin/sh\n{script}\n")
    (home / "bin/initdb").chmod(0o755)
    binaries = Binaries(home / "bin", "15.1", "machine")
    return Cluster(binaries, home / "postgres-15", server_account(lambda text: None), home / "log")


def test_a_disk_full_while_making_the_database_is_named_and_leaves_nothing_half_made(home: Path) -> None:
    cluster = fake_cluster(home, "echo 'could not write to file: No space left on device' >&2; exit 1")

    with pytest.raises(Trouble, match=r"is full .* so the new PostgreSQL database could not finish"):
        cluster.initialise("secret")
    assert sorted(path.name for path in home.iterdir()) == ["bin"]


def test_an_interrupted_making_is_done_again(home: Path) -> None:
    (home / "postgres-15.new").mkdir()
    (home / "postgres-15.new/half").touch()
    cluster = fake_cluster(
        home, 'for word in "$@"; do case $word in --pgdata=*) touch "${word#*=}/PG_VERSION";; esac; done'
    )

    cluster.initialise("secret")

    assert cluster.exists
    assert not (home / "postgres-15/half").exists()
    assert cluster.knows("secret")
    assert not cluster.knows("another")


def test_a_note_of_a_pid_that_is_somebody_else_by_now_is_removed(tmp_path: Path) -> None:
    cluster = Cluster(MACHINE_15, tmp_path / "postgres-15", None, tmp_path / "log")
    cluster.data.mkdir()
    note = cluster.data / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{cluster.data}\n")  # we live, and are no PostgreSQL

    cluster.discard_stale_lock(pytest.fail)

    assert not note.exists()
