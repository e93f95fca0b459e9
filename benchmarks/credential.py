"""How long a worker waits for what opens a venue: 1,000 connections, each opened in turn, cold and then again.

    python -m deploy.local.with_servers python benchmarks/credential.py

Writes benchmarks/results/credential.json. The target: 100 ms at the 95th of a hundred, with the scope's transaction.
"""

import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CONNECTIONS = 1_000
TARGET_MS = 100

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the environment comes first

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up

from accounts.models import Person, Workspace  # noqa: E402 - needs the set-up
from accounts.services.workspaces import create_workspace  # noqa: E402 - needs the set-up
from benchmarks.machine import write_result  # noqa: E402 - needs the path
from exchanges.models import Connection  # noqa: E402 - needs the set-up
from exchanges.vault import open_credential, put_away, put_token  # noqa: E402 - needs the set-up
from kernel import clock  # noqa: E402 - needs the set-up
from kernel.encryption.secret import Secret  # noqa: E402 - needs the set-up
from kernel.tenancy.scope import tenant  # noqa: E402 - needs the set-up


def fill() -> tuple[Any, list[Any]]:
    """Connections with key, secret and token, as the daily log-in leaves them."""
    now = clock.now()
    owner = Person.objects.create_user(f"bench{os.getpid()}@example.org")
    workspace = create_workspace(owner=owner, name="Bench", kind=Workspace.Kind.PERSONAL, now=now)
    keys = []
    with tenant(workspace.pk):
        for number in range(CONNECTIONS):
            made = Connection.objects.create(workspace=workspace, venue="zerodha", mode="live", name=str(number))
            put_away(made, {"api_key": f"{number:016}", "secret": "s" * 32}, now=now)
            put_token(made, Secret(f"token {number}"), now=now)
            keys.append(made.pk)
    return workspace, keys


def opened(workspace: Any, keys: list[Any]) -> list[float]:
    """Milliseconds of each, in a transaction of its own."""
    taken = []
    for number, key in enumerate(keys):
        began = time.perf_counter()
        with tenant(workspace.pk):
            credentials, _ = open_credential(key)
        taken.append((time.perf_counter() - began) * 1000)
        if credentials.token is None or credentials.token.reveal() != f"token {number}":
            raise ValueError("another connection's token")
    return taken


def figures(taken: list[float]) -> dict[str, float]:
    hundredths = statistics.quantiles(taken, n=100)
    return {
        "median_ms": round(statistics.median(taken), 3),
        "p95_ms": round(hundredths[94], 3),
        "p99_ms": round(hundredths[98], 3),
        "slowest_ms": round(max(taken), 3),
    }


def main() -> None:
    call_command("setup", verbosity=0)
    workspace, keys = fill()
    first, again = figures(opened(workspace, keys)), figures(opened(workspace, keys))
    write_result(
        "credential",
        {"connections": CONNECTIONS, "first_time": first, "again": again, "target": {"p95_ms": TARGET_MS}},
    )
    sys.exit(0 if max(first["p95_ms"], again["p95_ms"]) < TARGET_MS else 1)


if __name__ == "__main__":
    main()
