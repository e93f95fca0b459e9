"""Processes as the Procfile names them, against a database of the benchmark's own."""

import json
import os
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def production_command(name: str, **values: object) -> list[str]:
    """The Procfile's own line, with its variables put in: by `values`, else as the line says itself."""
    line = next(one for one in (ROOT / "Procfile").read_text().splitlines() if one.startswith(f"{name}: "))
    program, *words = (_shown(word, values) for word in shlex.split(line.partition(": ")[2]))
    return [str(BIN / program), *(word for word in words if word)]


def _shown(word: str, values: dict[str, object]) -> str:
    if not word.startswith("${"):
        return word
    name, _, usual = word[2:-1].partition(":-")
    return str(values.get(name, usual))


def environment_of(database: str, **more: str) -> dict[str, str]:
    url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database}"
    owner = f"{os.environ['OWNER_DATABASE_URL'].rpartition('/')[0]}/{database}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "OWNER_DATABASE_URL": owner,
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": os.environ.get("BENCHMARK_LOG_LEVEL", "WARNING"),
        **more,
    }


@contextmanager
def process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()


class Crowd:
    """Readers of pages, in a process of their own: an order is a line to it, its answer a line of JSON."""

    def __init__(self, module: str, *words: object) -> None:
        command = [sys.executable, "-m", module, *map(str, words)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.entered = self._answer()

    def ask(self, order: str) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(f"{order}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def leave(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)


def await_page(url: str) -> None:
    """Until something answers there, whatever it says."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {url}")
