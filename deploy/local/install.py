"""The virtual environment: made once, skipped in milliseconds while its lock is unchanged.

python3 -m deploy.local.install local|dev
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.local.console import Console, Say, Trouble
from deploy.local.disk import free_mb, full_disk, is_full, require_space
from deploy.local.guardian import die_with_parent
from deploy.local.project import Project, this_project

# Measured 0.8 and 1.1 GB with .pyc files; as much again for a cold download cache, and some room.
NEEDED_MB = {"local": 2_000, "dev": 2_500}

PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


def install(project: Project, lock: str, say: Say) -> bool:
    """True when packages were installed, False when they were there already."""
    if is_installed(project, lock):
        return False
    with _only_one(project, say):
        if is_installed(project, lock):
            return False
        require_space(project.root, NEEDED_MB[lock], "Installing the packages")
        _discard_what_cannot_be_trusted(project, say)
        say(
            f"Installing the packages of requirements/{lock}.txt into .venv: minutes the first time, seconds "
            f"from a warm cache ({NEEDED_MB[lock]:,} MB wanted, {free_mb(project.root):,} MB free)."
        )
        try:
            _create_venv(project)
            _marker(project).touch()
            _install_lock(project, lock, say)
        except OSError as error:
            if is_full(project.root, str(error)):
                raise full_disk(project.root, "the installation") from error
            raise
        write_stamp(project, lock)
        _marker(project).unlink()
    return True


def is_installed(project: Project, lock: str) -> bool:
    stamp = _read_stamp(project)
    return (
        stamp.get("venv") == str(project.venv)
        and not _marker(project).exists()
        and project.python.exists()
        and _digest(project, lock) in stamp.get("locks", [])
    )


def write_stamp(project: Project, lock: str) -> None:
    """Notes what .venv now holds; a lock wholly contained in the installed one counts as installed."""
    pins = _pins(project, lock)
    digests = [
        _digest(project, other)
        for other in NEEDED_MB
        if (project.root / f"requirements/{other}.txt").exists() and _pins(project, other) <= pins
    ]
    _stamp(project).write_text(json.dumps({"venv": str(project.venv), "locks": digests}))


def _stamp(project: Project) -> Path:
    return project.venv / "plumbline.json"


def _marker(project: Project) -> Path:
    return project.venv / "plumbline-installing"


def _read_stamp(project: Project) -> dict[str, list[str] | str]:
    try:
        stamp = json.loads(_stamp(project).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _lock_file(project: Project, lock: str) -> Path:
    path = project.root / "requirements" / f"{lock}.txt"
    if not path.exists():
        raise Trouble(f"{path} is missing. Is this a whole copy of the project? Try git checkout -- requirements")
    return path


def _digest(project: Project, lock: str) -> str:
    return hashlib.sha256(_lock_file(project, lock).read_bytes()).hexdigest()


def _pins(project: Project, lock: str) -> set[str]:
    return set(re.findall(r"^([\w.\-\[\]]+==\S+)", _lock_file(project, lock).read_text(), re.MULTILINE))


@contextmanager
def _only_one(project: Project, say: Say) -> Iterator[None]:
    project.state.mkdir(exist_ok=True)
    with (project.state / "install.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another installation is at work in this folder; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _discard_what_cannot_be_trusted(project: Project, say: Say) -> None:
    """A half-copied package looks installed, so an interrupted environment of ours is made anew."""
    stamp = _read_stamp(project)
    if _marker(project).exists():
        say("The last installation was interrupted; starting it again.")
    elif stamp and stamp.get("venv") != str(project.venv):
        say("The project was moved since .venv was made; making it again.")
    elif project.venv.exists() and not _is_usable(project.python):
        if not (project.venv / "pyvenv.cfg").exists():
            raise Trouble(
                f"{project.venv} is not a virtual environment. Move it away, then run the same command again."
            )
        say("The Python that .venv was made with is gone or too old; making it again.")
    else:
        return
    shutil.rmtree(project.venv)


def _is_usable(python: Path) -> bool:
    try:
        probe = subprocess.run(
            [str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return probe.returncode == 0


def _create_venv(project: Project) -> None:
    if project.python.exists():
        return
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(project.venv)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return
    if is_full(project.root, made.stdout + made.stderr):
        raise full_disk(project.root, "the virtual environment")
    # Debian splits ensurepip into another package; a pip outside the environment serves as well.
    if not _has_pip([sys.executable]):
        shutil.rmtree(project.venv, ignore_errors=True)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Trouble(
            f"{sys.executable} can make no virtual environment: {(made.stdout + made.stderr).strip()[:300]}\n"
            f"On Debian or Ubuntu: apt install python{version}-venv. Then run the same command again."
        )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project.venv)], check=True)


def _has_pip(python: list[str]) -> bool:
    return subprocess.run([*python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _install_lock(project: Project, lock: str, say: Say) -> None:
    inside = [str(project.python)]
    pip = [*inside, "-m", "pip"] if _has_pip(inside) else [sys.executable, "-m", "pip", "--python", str(project.python)]
    wanted = ["--no-deps", "--require-hashes", "-r", str(_lock_file(project, lock))]
    # A bare machine's pip may be old; these switches only quieten it.
    quiet = ["--disable-pip-version-check", "--no-input"]
    uv = project.bin / "uv"
    got_uv = subprocess.run(
        [*pip, "install", *quiet, "--quiet", "--require-hashes", "-r", str(_lock_file(project, "uv"))],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_not_alone(),
    )
    if got_uv.returncode == 0 and uv.exists():
        command = [str(uv), "pip", "install", "--python", str(project.python), *wanted]
        if _run_uv(command, uv_environment(os.environ, _pip_settings(pip))) == 0:
            return
        if is_full(project.root) or is_full(_temporary()):
            raise full_disk(project.root, "the installation")
        say("uv could not install the packages; trying pip, which is slower.")
    else:
        if is_full(project.root, got_uv.stderr) or is_full(_temporary()):
            raise full_disk(project.root, "the installation")
        say("uv is not to be had here; installing with pip, which is slower.")
    if _run([*pip, "install", *quiet, "--progress-bar", "off", *wanted], dict(os.environ)) != 0:
        if is_full(project.root) or is_full(_temporary()):
            raise full_disk(project.root, "the installation")
        raise Trouble(
            "The packages could not be installed; the reason stands above. If it is the network, check the "
            "proxy or package index of this machine (pip config list), then run the same command again."
        )


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, check=False, preexec_fn=_not_alone()
    ).returncode


def _not_alone() -> Callable[[], None]:
    """A killed installer takes pip and uv with it: the next one removes what they would still write."""
    installer = os.getpid()
    return lambda: die_with_parent(installer, signal.SIGKILL)


def _run_uv(command: list[str], environment: Mapping[str, str]) -> int:
    """A terminal gets uv's own progress; a log is spared the 140 lines of package names."""
    if sys.stderr.isatty():
        return _run(command, environment)
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_not_alone(),
    ) as process:
        for line in process.stderr or ():
            if not line.startswith((" + ", " - ")):
                sys.stderr.write(line)
                sys.stderr.flush()
    return process.returncode


def _temporary() -> Path:
    return Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108


def _pip_settings(pip: list[str]) -> dict[str, str]:
    """What pip is configured with on this machine, nearest setting last."""
    listing = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    ranks = {"global": 0, "install": 1, ":env:": 2}
    settings: dict[str, tuple[int, str]] = {}
    for section, key, value in re.findall(r"^(:env:|[\w-]+)\.([\w-]+)='(.*)'$", listing, re.MULTILINE):
        rank = ranks.get(section, -1)
        if rank >= settings.get(key, (0, ""))[0]:
            settings[key] = (rank, value.replace("\\n", " ").strip())
    return {key: value for key, (_, value) in settings.items()}


def uv_environment(environment: Mapping[str, str], pip_settings: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv, which does not read pip's configuration; what is set for uv itself stays."""
    told = dict(environment)
    for key, name in PIP_TO_UV.items():
        if pip_settings.get(key) and not told.get(name):
            values = pip_settings[key].split()
            told[name] = ",".join(values) if name == "UV_FIND_LINKS" else " ".join(values)
    # pip looks on every index; every file is checked against the lock's hash, so that is safe.
    told.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return told


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in NEEDED_MB:
        print("Usage: python3 -m deploy.local.install local|dev", file=sys.stderr)
        return 2
    console = Console()
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if install(this_project(), arguments[0], console.say):
            console.say(f"{time.monotonic() - began:6.1f} s  packages installed")
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next run starts the installation again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
