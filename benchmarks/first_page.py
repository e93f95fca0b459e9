"""Seconds from `make run` on a fresh clone to the first page, again, and all processes' memory.

    python3 benchmarks/first_page.py [--repository PATH] [--idle 30] [--port 8099]

HOME is empty, so nothing but the package caches is warm (named in the result). Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks/results/first_page.json"
LIMIT_SECONDS = 900.0


def package_caches() -> dict[str, str]:
    """Where pip and uv keep their downloads, so that an empty HOME does not hide them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return {
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(cache / "uv")),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(cache / "pip")),
    }


def start(clone: Path, home: Path, port: int, log: Path) -> tuple[subprocess.Popen[bytes], float]:
    """The running make, and the seconds until `/` answered 200."""
    environment = {**os.environ, **package_caches(), "HOME": str(home), "PORT": str(port)}
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    while not has_page(port):
        if process.poll() is not None or time.monotonic() - began > LIMIT_SECONDS:
            stop(process)
            sys.exit(f"No page came. The end of what make run said:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)
    return process, time.monotonic() - began


def has_page(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def memory_mb(of: int) -> list[dict[str, Any]]:
    """Every descendant of the process; PSS counts a shared page once, RSS in each."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
    family = {of}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    rows = []
    for pid in sorted(family):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:] if line.split()[-1] == "kB"}
        # The command without this machine's paths.
        name = " ".join(Path(word).name if word.startswith("/") else word for word in words.split())[:80]
        rows.append(
            {
                "command": name,
                "pss_mb": round(sizes["Pss"] / 1024, 1),
                "rss_mb": round(sizes["Rss"] / 1024, 1),
            }
        )
    return rows


def machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gb": round(memory, 1),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def measure(repository: Path, port: int, idle: float) -> dict[str, Any]:
    facts = machine()
    uv_cache = Path(package_caches()["UV_CACHE_DIR"])
    is_warm = uv_cache.exists() and any(uv_cache.iterdir())
    work = Path(tempfile.mkdtemp(prefix="plumbline-first-page-"))
    work.chmod(0o755)  # PostgreSQL's system user must be able to enter
    try:
        clone, home = work / "clone", work / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(repository), str(clone)], check=True)
        process, first = start(clone, home, port, work / "first.log")
        try:
            time.sleep(idle)
            rows = memory_mb(process.pid)
        finally:
            stop(process)
        process, second = start(clone, home, port, work / "second.log")
        stop(process)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": facts,
        "package_cache": "warm" if is_warm else "cold",
        "first_page_seconds": round(first, 1),
        "second_start_seconds": round(second, 1),
        "idle_seconds": idle,
        "memory_pss_mb": round(sum(row["pss_mb"] for row in rows)),
        "memory_rss_mb": round(sum(row["rss_mb"] for row in rows)),
        "processes": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, default=ROOT)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--idle", type=float, default=30.0)
    parser.add_argument("--output", type=Path, default=RESULT)
    chosen = parser.parse_args()
    if has_page(chosen.port):
        sys.exit(f"Something answers on port {chosen.port} already. Choose another: --port {chosen.port + 1}")
    result = measure(chosen.repository, chosen.port, chosen.idle)
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps(result, indent=2) + "\n")
    print(
        f"first page {result['first_page_seconds']} s ({result['package_cache']} package cache), "
        f"second start {result['second_start_seconds']} s, "
        f"{result['memory_pss_mb']} MB PSS in {len(result['processes'])} processes"
    )


if __name__ == "__main__":
    main()
