"""What PostgreSQL and Redis have in common: a place, a start, a first answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from deploy.local.account import Account
from deploy.local.console import Say, Trouble
from deploy.local.project import Project
from deploy.local.spawn import Command, Spawner, last_lines

START_SECONDS = 60.0


def plain_environment() -> dict[str, str]:
    """Servers get no secret of ours: what is in their environment shows in their process list."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def choice(name: str) -> str:
    """'machine', 'embedded' or '' from the environment."""
    chosen = os.environ.get(name, "")
    if chosen not in ("", "machine", "embedded"):
        raise Trouble(f"{name}={chosen} is not known: use {name}=machine or {name}=embedded, or leave it out.")
    return chosen


def packaged(project: Project, expression: str) -> Path | None:
    """A path as the installed package itself names it."""
    python = project.python if project.python.exists() else Path(sys.executable)
    answer = subprocess.run([str(python), "-c", expression], capture_output=True, text=True, check=False)
    path = Path(answer.stdout.strip()) if answer.returncode == 0 and answer.stdout.strip() else None
    return path if path is not None and path.exists() else None


def version_text(binary: Path) -> str:
    try:
        return subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def home_of_data(project: Project, account: Account | None, say: Say) -> Path:
    """`.plumbline`, or a system directory when the server's user may not enter the project."""
    elsewhere = Path("/var/lib") / f"plumbline-{sha256(str(project.root).encode()).hexdigest()[:8]}"
    project.state.mkdir(mode=0o700, exist_ok=True)
    if account is None:
        return project.state
    project.state.chmod(0o711)
    if account.can_enter(project.state):
        return project.state
    elsewhere.mkdir(mode=0o711, exist_ok=True)
    elsewhere.chmod(0o711)
    if not account.can_enter(elsewhere):
        raise Trouble(
            f"The system user {account.name} can enter neither {project.state} nor {elsewhere}. "
            f"Move the project to a directory it may enter, for instance below /srv or /opt."
        )
    say(f"The user {account.name} may not enter {project.root}, so the database's data are in {elsewhere}.")
    return elsewhere


def own(directory: Path, account: Account | None) -> None:
    directory.mkdir(mode=0o700)
    if account is not None:
        os.chown(directory, account.uid, account.gid)


def start_answering(spawner: Spawner, command: Command, answers: Callable[[], bool]) -> subprocess.Popen[bytes]:
    process = spawner.start(command)
    await_answer(process, command, answers)
    return process


def await_answer(process: subprocess.Popen[bytes], command: Command, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if process.poll() is not None:
            raise Trouble(
                f"{command.name} stopped while starting. The end of {command.log}:\n{last_lines(command.log)}"
            )
        if time.monotonic() > deadline:
            raise Trouble(
                f"{command.name} did not answer within {START_SECONDS:.0f} s. The end of {command.log}:\n"
                f"{last_lines(command.log)}"
            )
        time.sleep(0.03)


def on_path(*names: str) -> list[Path]:
    found = (shutil.which(name) for name in names)
    return [Path(path) for path in found if path]
