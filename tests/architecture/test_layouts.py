"""What the images, units and Procfiles call is there; every queue anything is routed to has a worker in each layout."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from config.celery import app
from kernel.jobs.kinds import _kinds
from kernel.jobs.periodic import periodics
from kernel.jobs.queues import QUEUES
from tests.architecture.test_floors import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yml").read_text())
UNITS = ROOT / "deploy/systemd"


def procfile(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def consumed(commands: list[str]) -> set[str]:
    return {queue for command in commands for match in re.findall(r"-Q (\S+)", command) for queue in match.split(",")}


def of_compose() -> list[str]:
    """The Procfile's lines that compose runs by name."""
    lines = procfile("Procfile")
    names = [service["command"][0] for service in COMPOSE["services"].values() if "build" in service]
    return [lines[name] for name in names if name in lines]


def of_systemd() -> list[str]:
    lines = procfile("Procfile")
    wanted = re.findall(r"plumbline@([\w-]+)\.service", (UNITS / "plumbline.target").read_text())
    return [lines[name] for name in wanted]


LAYOUTS = {
    "Procfile": lambda: list(procfile("Procfile").values()),
    "Procfile.local": lambda: list(procfile("Procfile.local").values()),
    "compose": of_compose,
    "systemd": of_systemd,
}


def test_queues_are_the_four():
    assert {queue.name for queue in settings.CELERY_TASK_QUEUES} == {"orders", "data", "training", "default"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_queue_has_a_worker(layout):
    assert consumed(LAYOUTS[layout]()) == set(QUEUES)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_has_a_beat(layout):
    assert any("beat" in command for command in LAYOUTS[layout]())


def routed() -> set[str]:
    """Where anything may be sent: by the routing table, by a job's kind, by a schedule."""
    names = {*app.tasks, *(periodic.task for periodic in periodics())}
    patterns = settings.CELERY_TASK_ROUTES[0]
    by_table = {next(where["queue"] for pattern, where in patterns if fnmatch(name, pattern)) for name in names} | {
        where["queue"] for _, where in patterns
    }
    return by_table | {kind.queue for kind in _kinds.values()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_queue_that_anything_is_routed_to_is_consumed(layout):
    assert routed() <= consumed(LAYOUTS[layout]())


def test_every_enqueued_and_scheduled_name_is_a_task():
    app.loader.import_default_modules()
    named = {periodic.task for periodic in periodics()}
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            named |= set(re.findall(r"""enqueue\(\s*["']([\w.]+)["']""", file.read_text()))
    named.add("kernel.run_next_job")
    assert named <= set(app.tasks)


def test_orders_are_acknowledged_early_and_never_retried():
    assert settings.CELERY_TASK_ACKS_LATE is False
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert len(ours) >= 5
    assert {(task.acks_late, task.max_retries, bool(getattr(task, "autoretry_for", ()))) for task in ours} == {
        (False, 0, False)
    }


def test_messages_are_json_only():
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == "json"


def commands_called() -> list[list[str]]:
    return [shlex.split(re.sub(r"\$\{?\w+(:-([^}]*))?\}?", r"\2", line)) for line in LAYOUTS["Procfile"]()] + [
        shlex.split(line.replace("$PORT", "8000")) for line in LAYOUTS["Procfile.local"]()
    ]


def test_every_program_is_installed_and_every_target_can_be_imported():
    assert {command[0] for command in commands_called()} <= {
        path.name for path in Path(sys.executable).parent.iterdir()
    }
    targets = {word for command in commands_called() for word in command if re.fullmatch(r"[a-z][\w.]+:[a-z]\w+", word)}
    assert targets == {"config.wsgi:application", "config.asgi:application"}
    code = "".join(f"import {t.split(':')[0]} as m; m.{t.split(':')[1]}\n" for t in targets)
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_every_program_knows_the_options_that_it_is_given():
    unknown = {}
    for command in commands_called():
        subcommand = tuple(word for word in command if word in {"worker", "beat"})
        app = ("-A", "config") if command[0] == "celery" else ()
        if command[:2] == ["python", "manage.py"]:
            app = ("manage.py", command[2])
        known = _help(command[0], *app, *subcommand) + _help(command[0])
        unknown[" ".join(command)] = {word for word in command if word.startswith("--") and word not in known}
    assert {command: options for command, options in unknown.items() if options} == {}


@cache
def _help(program: str, *words: str) -> str:
    return subprocess.run(
        [Path(sys.executable).parent / program, *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "300"},
    ).stdout


def test_process_runs_a_line_of_the_procfile_by_name(tmp_path):
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "gunicorn").write_text('#!/bin/sh\necho "gunicorn $*"\n')
    (bin_ / "gunicorn").chmod(0o755)
    environment = {"PATH": f"{bin_}:/usr/bin:/bin", "WEB_WORKERS": "3"}
    done = subprocess.run([ROOT / "deploy/process", "web"], env=environment, capture_output=True, text=True, check=True)
    assert "config.wsgi:application --bind 127.0.0.1:8000 --workers 3 --threads 8" in done.stdout


def test_image_copies_every_package_and_what_they_read():
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name.rstrip("/") for line in copied for name in line.split()}
    assert {*PACKAGES, "templates", "static", "manage.py", "Procfile", "deploy/process"} <= names
    assert all((ROOT / name).exists() for name in names)


def test_image_does_not_run_as_root():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER plumbline"]


def test_commands_named_in_units_and_compose_exist():
    called = re.findall(
        r"manage\.py[\"', ]+(\w+)",
        (ROOT / "compose.yml").read_text() + "".join(unit.read_text() for unit in UNITS.iterdir()),
    )
    assert called
    assert set(called) <= set(get_commands())


def test_environment_given_by_compose_is_read_by_the_settings():
    given = {
        name.removesuffix("_FILE")
        for service in COMPOSE["services"].values()
        if "build" in service
        for name in service["environment"]
    }
    text = (
        "".join(file.read_text() for file in (ROOT / "config/settings").glob("*.py")) + (ROOT / "Procfile").read_text()
    )
    assert {name for name in given if name not in text and name != "DJANGO_SETTINGS_MODULE"} == set()


def test_compose_hands_every_process_what_the_operator_sets_beside_it():
    ours = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
    assert len(ours) >= 8
    files = [{"path": "plumbline.env", "required": False}]
    assert {name for name, service in ours.items() if service["env_file"] != files} == set()
    # What stands there must win: a default written here would silence it.
    assert "EMAIL_HOST" not in COMPOSE["x-plumbline"]["environment"]


def test_secrets_beside_the_layouts_are_not_committed():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".env", "plumbline.env", "/secrets/"} <= set(ignored)


def test_production_settings_pass_djangos_own_deployment_check():
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "ALLOWED_HOSTS": "trade.example",
        "SITE_ADDRESS": "https://trade.example",
        "SECRET_KEY": "x7" * 40 + "!a9",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_python_of_the_project_is_the_images():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert wanted == ">=3.11"
    assert (ROOT / "Dockerfile").read_text().count("python:3.11") == 2
