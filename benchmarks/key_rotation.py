"""Rotates the keys of 10,000 records while readers open them all the time: seconds taken, reads made, reads failed.

    make bench-key-rotation        (or, with servers of your own: python benchmarks/key_rotation.py)

Writes benchmarks/results/key_rotation.json. The target: 10,000 records in 30 s or less, no failed read.
"""

import base64
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
RECORDS = 10_000
READERS = 4


def ring(*names: str) -> str:
    return ",".join(f"{name}:{base64.b64encode(name[-1].encode() * 32).decode()}" for name in names)


os.environ["ENCRYPTION_KEYS"] = ring("k1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the environment comes first

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up
from django.db import connection  # noqa: E402 - needs the set-up
from django.test.utils import override_settings  # noqa: E402 - needs the set-up

from accounts.models import NotificationChannel, Person, Workspace  # noqa: E402 - needs the set-up
from accounts.services.workspaces import create_workspace  # noqa: E402 - needs the set-up
from benchmarks.machine import write_result  # noqa: E402 - needs the path
from kernel import clock  # noqa: E402 - needs the set-up
from kernel.encryption.secret import Secret  # noqa: E402 - needs the set-up
from kernel.tenancy.scope import tenant  # noqa: E402 - needs the set-up


def fill() -> tuple[Any, list[Any]]:
    owner = Person.objects.create_user(f"bench{os.getpid()}@example.org")
    workspace = create_workspace(owner=owner, name="Bench", kind=Workspace.Kind.PERSONAL, now=clock.now())
    keys = []
    with tenant(workspace.pk):
        for number in range(RECORDS // 2):  # two encrypted fields a row
            row = NotificationChannel(
                workspace=workspace,
                person=owner,
                kind="webhook",
                label=str(number),
                address=Secret(f"https://example.org/{number}"),
                secret=Secret(f"secret {number}"),
            )
            keys.append(row.pk)
            row.save(force_insert=True)
    return workspace, keys


def read_until(stopped: threading.Event, workspace: Any, keys: list[Any], tally: dict[str, int]) -> None:
    while not stopped.is_set():
        number = random.randrange(len(keys))
        try:
            with tenant(workspace.pk):
                row = NotificationChannel.objects.get(pk=keys[number])
            if row.secret.open().reveal() != f"secret {number}":
                raise ValueError("another secret")
            tally["reads"] += 1
        except Exception as error:  # noqa: BLE001 - any failure counts, and is told
            tally["failed"] += 1
            print("failed read:", repr(error))
    connection.close()


def main() -> None:
    call_command("setup", verbosity=0)
    workspace, keys = fill()
    tallies = [{"reads": 0, "failed": 0} for _ in range(READERS)]
    stopped = threading.Event()
    environment = {**os.environ, "ENCRYPTION_KEYS": ring("k2", "k1")}
    with override_settings(ENCRYPTION_KEYS=ring("k2", "k1")):
        readers = [threading.Thread(target=read_until, args=(stopped, workspace, keys, tally)) for tally in tallies]
        for reader in readers:
            reader.start()
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "manage.py", "rotate_keys"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        stopped.set()
        for reader in readers:
            reader.join()
    with override_settings(ENCRYPTION_KEYS=ring("k2")), tenant(workspace.pk):
        opened = sum(row.secret.open().reveal() != "" for row in NotificationChannel.objects.all())
    result = {
        "records": RECORDS,
        "seconds": round(seconds, 2),
        "said": done.stdout.strip().splitlines()[-2:],
        "reads_meanwhile": sum(tally["reads"] for tally in tallies),
        "failed_reads": sum(tally["failed"] for tally in tallies),
        "rows_that_open_with_the_new_key_alone": opened,
        "target": {"seconds": 30, "failed_reads": 0},
    }
    write_result("key_rotation", result)
    is_met = seconds <= 30 and not result["failed_reads"] and opened == len(keys) and done.returncode == 0
    sys.exit(0 if is_met else 1)


if __name__ == "__main__":
    main()
