"""A tiny project in place of the Django one, with the real launcher in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

from deploy.local.install import write_stamp  # noqa: E402
from deploy.local.ports import free_port  # noqa: E402
from deploy.local.project import Project  # noqa: E402

MANAGE = """
import os, pathlib, sys
print("setup was told", *sys.argv[1:])
pathlib.Path("setup-environment").write_text("\\n".join(f"{k}={v}" for k, v in os.environ.items()))
sys.exit(int(os.environ.get("FAKE_SETUP_CODE", "0")))
"""

PAGE = """
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ready")
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""

WORKER = """
import os, time
print("worker says", os.environ["GREETING"])
time.sleep(1000)
"""

# Ignores TERM and has a child of its own: the kind of process that stays behind.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
print("stubborn is up", flush=True)
time.sleep(1000)
"""

PROCFILE = """
# the processes of the fake
web: python page.py $PORT
worker: GREETING=hello python worker.py
"""


def processes_of(directory: Path) -> dict[int, str]:
    """Every process that works in the directory or names it."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            is_inside = (entry / "cwd").resolve().is_relative_to(directory)
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z" and int(entry.name) != os.getpid() and (is_inside or str(directory) in command):
            found[int(entry.name)] = command
    return found


def works_in(pid: int, directory: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True).is_relative_to(directory)
    except OSError:
        return False


class Launched:
    """A launcher at work, and what it has said so far."""

    def __init__(self, command: list[str], root: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as spoken:
            while chunk := spoken.read1():
                self.said += chunk.decode(errors="replace")

    def await_words(self, pattern: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.said):
            ended = self.process.poll()
            assert ended is None or re.search(pattern, self.said), f"it ended with {ended}:\n{self.said}"
            assert time.monotonic() < deadline, f"{pattern} was not said within {seconds} s:\n{self.said}"
            time.sleep(0.05)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int, seconds: float = 30.0) -> int:
        self.send(number)
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code


class FakeProject:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self._launched: list[Launched] = []

    def environment(self, **more: str) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PLUMBLINE_", "DEMO_", "MAKE", "MFLAGS"))
            and not name.endswith(("DATABASE_URL", "REDIS_URL"))
            and name not in ("SECRET_KEY", "ENCRYPTION_KEYS", "AUDIT_SIGNING_KEY", "METRICS_TOKEN")
        }
        return {**clean, "PORT": str(self.port), **more}

    def start(self, *command: str, **more: str) -> Launched:
        words = list(command) or [sys.executable, "-m", "deploy.local.run"]
        launched = Launched(words, self.root, self.environment(**more))
        self._launched.append(launched)
        return launched

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        words = list(command) or [sys.executable, "-m", "deploy.local.run"]
        return subprocess.run(
            words,
            cwd=self.root,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def ready(self, **more: str) -> Launched:
        """A whole run, with one second instead of ten for a process to stop in."""
        script = "from deploy.local import run; run.STOP_SECONDS = 1.0; raise SystemExit(run.main())"
        launched = self.start(sys.executable, "-c", script, "deploy.local.run", **more)
        launched.await_words(r"stop +Ctrl-C")
        return launched

    def page(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            return str(answer.read().decode())

    def setting(self, name: str) -> str:
        found = re.search(rf"^{name}=(.*)$", (self.root / ".env").read_text(), re.MULTILINE)
        assert found, f"{name} is not in .env"
        return found[1]

    def processes(self) -> dict[int, str]:
        return processes_of(self.root)

    def table(self) -> dict[str, int]:
        entries = json.loads((self.root / ".plumbline/processes.json").read_text())
        return {entry["name"]: entry["pid"] for entry in entries}

    def close(self) -> None:
        for launched in self._launched:
            if launched.process.poll() is None:
                launched.end(signal.SIGTERM)
        # By place alone: a command line that merely names this directory may be anybody's.
        for pid in self.processes():
            if works_in(pid, self.root):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def project() -> Iterator[FakeProject]:
    # Not tmp_path: root's is closed to the user PostgreSQL runs as.
    root = Path(tempfile.mkdtemp(prefix="plumbline-fake-")).resolve()
    root.chmod(0o755)
    shutil.copytree(ROOT / "deploy/local", root / "deploy/local", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", root)
    (root / "requirements").mkdir()
    for lock in ("local", "dev", "uv"):
        (root / f"requirements/{lock}.txt").write_text(f"{lock}==1\n")
    for name, text in {
        "manage.py": MANAGE,
        "page.py": PAGE,
        "stubborn.py": STUBBORN,
        "worker.py": WORKER,
        "Procfile.local": PROCFILE,
    }.items():
        (root / name).write_text(text)
    venv.create(root / ".venv", with_pip=False, symlinks=True)
    packages = next((root / ".venv/lib").glob("python*/site-packages"))
    (packages / "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    write_stamp(Project(root), "local")
    fake = FakeProject(root)
    yield fake
    fake.close()
    shutil.rmtree(root)
