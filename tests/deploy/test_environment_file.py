"""The `.env` file is completed, never overwritten."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from deploy.local.environment import SANDBOX_PORT, EnvFile, Environment


def complete(path: Path, **real: str) -> tuple[Environment, list[str]]:
    environment = Environment(EnvFile(path), real)
    return environment, environment.complete()


def test_it_is_made_private_with_everything_a_first_run_needs(tmp_path: Path) -> None:
    _, made = complete(tmp_path / ".env")

    values = EnvFile(tmp_path / ".env").values
    assert sorted(made) == sorted(values)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    name, _, key = values["ENCRYPTION_KEYS"].partition(":")
    assert (name, len(base64.b64decode(key))) == ("k1", 32)
    assert len(base64.b64decode(values["AUDIT_SIGNING_KEY"])) == 32
    assert values["DEMO_EMAIL"] == "trader@demo.example"
    port = values["PLUMBLINE_POSTGRES_PORT"]
    assert values["ADMIN_DATABASE_URL"].startswith("postgres://plumbline_admin:")
    assert values["ADMIN_DATABASE_URL"].endswith(f"@127.0.0.1:{port}/postgres")
    assert values["OWNER_DATABASE_URL"].endswith(f"@127.0.0.1:{port}/plumbline")
    assert values["REDIS_URL"].endswith(f"@127.0.0.1:{values['PLUMBLINE_REDIS_PORT']}/0")
    assert values["SANDBOX_ADDRESS"] == f"http://127.0.0.1:{values['PLUMBLINE_SANDBOX_PORT']}"


def test_sandbox_of_another_address_is_not_ours_to_start(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SANDBOX_ADDRESS=http://sandbox.internal:8030\n")
    environment, made = complete(tmp_path / ".env")
    assert not environment.starts_sandbox
    assert "PLUMBLINE_SANDBOX_PORT" not in made


def test_address_of_the_sandbox_follows_its_port(tmp_path: Path) -> None:
    environment, _ = complete(tmp_path / ".env")
    environment.move_port(SANDBOX_PORT, 4321)
    assert environment.get("SANDBOX_ADDRESS") == "http://127.0.0.1:4321"
    assert environment.starts_sandbox


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    complete(tmp_path / ".env")
    before = (tmp_path / ".env").read_bytes()

    assert complete(tmp_path / ".env")[1] == []
    assert (tmp_path / ".env").read_bytes() == before


def test_two_copies_of_the_project_share_no_secret(tmp_path: Path) -> None:
    values = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        complete(tmp_path / name / ".env")
        values.append(EnvFile(tmp_path / name / ".env").values)

    assert [name for name in values[0] if values[0][name] == values[1][name]] == ["DEMO_EMAIL"]


def test_what_the_user_wrote_stays_to_the_letter(tmp_path: Path) -> None:
    written = "# mine\nexport SECRET_KEY='my own'\n\nODD =  kept # why\nDEMO_PASSWORD=\n"
    (tmp_path / ".env").write_text(written)
    (tmp_path / ".env").chmod(0o644)

    environment, made = complete(tmp_path / ".env")

    text = (tmp_path / ".env").read_text()
    assert text.startswith("# mine\nexport SECRET_KEY='my own'\n\nODD =  kept # why\nDEMO_PASSWORD=")
    assert environment.get("SECRET_KEY") == "my own"
    assert environment.get("ODD") == "kept"
    assert "SECRET_KEY" not in made
    assert len(environment.get("DEMO_PASSWORD")) == 19
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_the_real_environment_wins_and_is_not_written_down(tmp_path: Path) -> None:
    environment, made = complete(tmp_path / ".env", SECRET_KEY="from outside", METRICS_TOKEN="")

    assert environment.for_children()["SECRET_KEY"] == "from outside"
    assert "SECRET_KEY" not in EnvFile(tmp_path / ".env").values
    assert "METRICS_TOKEN" in made  # empty means absent


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_given_database_is_nobody_elses_to_start(tmp_path: Path, where: str) -> None:
    given = "postgres://me@127.0.0.1:5432/mine"
    if where == "file":
        (tmp_path / ".env").write_text(f"DATABASE_URL={given}\n")
    environment, made = complete(tmp_path / ".env", **({"DATABASE_URL": given} if where == "environment" else {}))

    assert (environment.starts_postgres, environment.starts_redis) == (False, True)
    assert environment.for_children()["DATABASE_URL"] == given
    assert "ADMIN_DATABASE_URL" not in environment.for_children()
    assert "OWNER_DATABASE_URL" not in made


def test_a_lost_line_is_made_again_for_the_same_port(tmp_path: Path) -> None:
    complete(tmp_path / ".env")
    lines = (tmp_path / ".env").read_text().splitlines()
    (tmp_path / ".env").write_text("\n".join(line for line in lines if not line.startswith("OWNER_")) + "\n")
    port = EnvFile(tmp_path / ".env").values["PLUMBLINE_POSTGRES_PORT"]

    assert complete(tmp_path / ".env")[1] == ["OWNER_DATABASE_URL"]
    assert f"@127.0.0.1:{port}/plumbline" in EnvFile(tmp_path / ".env").values["OWNER_DATABASE_URL"]


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    complete(tmp_path / ".env")
    before = (tmp_path / ".env").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    file = EnvFile(tmp_path / ".env")
    file.put("SECRET_KEY", "new")
    with pytest.raises(OSError, match="No space left"):
        file.save()

    assert (tmp_path / ".env").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
