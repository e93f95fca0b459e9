"""Packs the data of a person whose workspace holds 100,000 rows, then erases the account: seconds.

    python -m deploy.local.with_servers python benchmarks/data_export.py

Writes benchmarks/results/data_export.json. The target: the copy is complete within 60 s.
"""

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROWS = 100_000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the environment comes first

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up

from accounts.models import DataExport, Notification, Person  # noqa: E402 - needs the set-up
from accounts.selectors import workspaces_of  # noqa: E402 - needs the set-up
from accounts.services.closing import close_account  # noqa: E402 - needs the set-up
from accounts.services.exports import ask_for_export, forget_exports  # noqa: E402 - needs the set-up
from accounts.services.people import welcome_person  # noqa: E402 - needs the set-up
from benchmarks.machine import write_result  # noqa: E402 - needs the path
from kernel import clock  # noqa: E402 - needs the set-up
from kernel.jobs.runner import run_next_job  # noqa: E402 - needs the set-up
from kernel.tenancy.scope import tenant  # noqa: E402 - needs the set-up


def fill() -> Person:
    person = Person.objects.create_user(f"bench{os.getpid()}@example.org", name="Bench")
    now = clock.now()
    welcome_person(person=person, now=now)
    (workspace,) = workspaces_of(person.pk)
    with tenant(workspace.pk):
        for start in range(0, ROWS, 5_000):
            Notification.objects.bulk_create(
                Notification(
                    workspace=workspace,
                    person=person,
                    event="order.filled",
                    title=f"Buy 100 HDFCBANK filled at 1,508.65, number {start + number}",
                    body="The venue filled it whole. Charges are in the order's page.",
                    path=f"/w/{workspace.slug}/",
                    facts={"quantity": "100", "price": "1508.65"},
                    created_at=now,
                )
                for number in range(5_000)
            )
    return person


def seconds_of(act: object) -> float:
    began = time.monotonic()
    act()  # type: ignore[operator]
    return round(time.monotonic() - began, 2)


def work() -> None:
    while run_next_job("default"):
        pass


def main() -> None:
    call_command("setup", verbosity=0)
    person = fill()
    work()
    ask_for_export(person=person, address="127.0.0.1", now=clock.now())
    packing = seconds_of(work)
    export = DataExport.objects.get(person=person)
    forget_exports(person)
    at_once = seconds_of(lambda: close_account(person=person, typed=person.email, now=clock.now()))
    erasing = seconds_of(work)
    result = {
        "rows": export.rows,
        "state": export.state,
        "packing_seconds": packing,
        "file_megabytes": round(export.size / 1_000_000, 2),
        "leaving_seconds": at_once,
        "erasing_seconds": erasing,
        "target": {"packing_seconds": 60},
    }
    write_result("data_export", result)
    is_met = packing <= 60 and export.state == DataExport.State.READY and export.rows >= ROWS
    sys.exit(0 if is_met else 1)


if __name__ == "__main__":
    main()
