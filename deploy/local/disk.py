"""Free space, said before it runs out and after."""

from __future__ import annotations

import shutil
from pathlib import Path

from deploy.local.console import Trouble

NEARLY_FULL_MB = 64


def free_mb(path: Path) -> int:
    existing = next(p for p in (path, *path.parents) if p.exists())
    return shutil.disk_usage(existing).free // 1_000_000


def require_space(path: Path, needed_mb: int, what: str) -> None:
    free = free_mb(path)
    if free < needed_mb:
        raise Trouble(
            f"{what} needs about {needed_mb:,} MB in {path}; only {free:,} MB are free there. "
            "Free some space, then run the same command again."
        )


def is_full(path: Path, output: str = "") -> bool:
    return "no space left on device" in output.lower() or free_mb(path) < NEARLY_FULL_MB


def full_disk(path: Path, what: str) -> Trouble:
    return Trouble(
        f"The disk holding {path} is full ({free_mb(path):,} MB free now), so {what} could not finish. "
        "Free some space, then run the same command again: it takes up where it stopped."
    )
