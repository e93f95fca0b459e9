"""The unprivileged system user PostgreSQL runs as when the launcher is root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Say, Trouble

OWN_NAME = "plumbline-postgres"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int

    def become(self) -> None:
        os.setgroups([self.gid])
        os.setgid(self.gid)
        os.setuid(self.uid)

    def can_enter(self, path: Path) -> bool:
        """Asked of the kernel by a child that became the user: modes, lists and mounts all count."""
        return _succeeds_as(self, ["test", "-x", str(path)])


def _succeeds_as(account: Account, command: list[str]) -> bool:
    try:
        return subprocess.run(command, preexec_fn=account.become, cwd="/", check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def server_account(say: Say) -> Account | None:
    """None when we are not root: then PostgreSQL runs as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", OWN_NAME):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        say(f"Running as root, which PostgreSQL refuses: it runs as the system user {name}.")
        return Account(name, entry.pw_uid, entry.pw_gid)
    _create_account()
    say(
        f"Running as root, which PostgreSQL refuses: made the system user {OWN_NAME} for it "
        f"(to remove it later: userdel {OWN_NAME})."
    )
    entry = pwd.getpwnam(OWN_NAME)
    return Account(OWN_NAME, entry.pw_uid, entry.pw_gid)


def _create_account() -> None:
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", OWN_NAME]
    else:
        command = ["adduser", "-S", "-D", "-H", "-s", "/bin/false", OWN_NAME]  # BusyBox
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        detail = getattr(error, "stderr", "") or str(error)
        raise Trouble(
            f"PostgreSQL refuses to run as root, and the system user {OWN_NAME} could not be made: "
            f"{detail.strip()}\nRun make as an ordinary user, or make that user yourself."
        ) from error
