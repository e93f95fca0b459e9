"""A person's copy of his data: packed by a job, kept for a day in the private store, read by him alone."""

import datetime as dt
import json
import tempfile
import zipfile
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, models, transaction

from accounts.domain.networks import admits
from accounts.models import DataExport, Membership, NoticeMessage, Notification, NotificationChannel, Person, Workspace
from accounts.models.workspace import Role
from accounts.registries import exporters, person_exporters
from accounts.services.person_trail import record_of_person
from kernel import clock
from kernel.jobs.models import ENDED, Job
from kernel.jobs.run import Run
from kernel.jobs.services import start_job
from kernel.logs.setup import get_logger
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant

log = get_logger(__name__)

KIND = "accounts.export_data"
KEPT_FOR = dt.timedelta(hours=24)
LOST_AFTER = dt.timedelta(hours=1)
FOLDER = "exports"
#: In a team each of these rows is for its person alone, whoever owns the team.
_FOR_ONE_PERSON = (Notification, NotificationChannel)
State, Happening = DataExport.State, DataExport.Happening


def ask_for_export(*, person: Person, address: str, now: dt.datetime) -> DataExport:
    """The export that is being packed: a new one, or the one that is on its way already."""
    try:
        with transaction.atomic():
            export = DataExport.objects.create(
                person=person,
                workspaces=[str(one.pk) for one in workspaces_to_export(person.pk) if is_open_to(one, address)],
                created_at=now,
            )
            # A job of the platform: it reads several workspaces, one after the other.
            with operator():
                job = start_job(
                    KIND, now=now, requested_by=person.pk, quota_key=f"export:{person.pk}", export=str(export.pk)
                )
            export.job_id = job.pk
            export.save(update_fields=["job_id"])
            record_of_person(person, "data.export_asked", now=now, target=f"export:{export.pk}")
    except IntegrityError:
        return DataExport.objects.get(person=person, state=State.WAITING)
    return export


def pack_export(run: Run) -> dict[str, Any]:
    """The work of the job. Begun again after a crash it packs anew."""
    export = DataExport.objects.select_related("person").filter(pk=run.parameters["export"]).first()
    if export is None or export.state != State.WAITING:
        return {"packed": False}
    try:
        with tempfile.TemporaryFile() as packed:
            rows = _pack(packed, export, run)
            size = packed.tell()
            packed.seek(0)
            name = _keep(export, packed)
    except Exception:
        # Whatever an app's exporter raises: the person is told, then the error goes on to the job and its log.
        _fail(export, "Something failed on our side. Ask for a new export; the operator's log says why.")
        raise
    now = clock.now()
    ready = DataExport.objects.filter(pk=export.pk, state=State.WAITING).update(
        state=export.after(Happening.PACKED), file=name, rows=rows, size=size, ready_at=now, expires_at=now + KEPT_FOR
    )
    if ready != 1:
        # Its person left meanwhile.
        _store().delete(name)
    return {"packed": ready == 1, "rows": rows}


def open_export(export: DataExport, *, now: dt.datetime) -> "File[Any] | None":
    """The file, while it may be read; None when its day is over."""
    if export.state != State.READY or export.expires_at is None or export.expires_at <= now:
        return None
    try:
        opened = _store().open(export.file)
    except FileNotFoundError:
        log.warning("export.file_lost", export=str(export.pk))
        return None
    DataExport.objects.filter(pk=export.pk).update(downloaded_at=now)
    record_of_person(export.person, "data.export_read", now=now, target=f"export:{export.pk}")
    return opened


def sweep_exports(*, now: dt.datetime) -> int:
    """Deletes what was kept for its day, ends what no worker will finish; how many files went."""
    gone = 0
    for export in DataExport.objects.filter(state=State.READY, expires_at__lte=now):
        _store().delete(export.file)
        DataExport.objects.filter(pk=export.pk, state=State.READY).update(
            state=export.after(Happening.EXPIRED), file=""
        )
        gone += 1
    for export in DataExport.objects.filter(state=State.WAITING, created_at__lte=now - LOST_AFTER):
        with operator():
            is_alive = Job.objects.filter(pk=export.job_id).exclude(state__in=ENDED).exists()
        if not is_alive:
            _fail(export, "It was not finished. Ask for a new export.")
    return gone


def forget_exports(person: Person) -> int:
    """Removes the person's exports with their files; how many."""
    for name in DataExport.objects.filter(person=person).exclude(file="").values_list("file", flat=True):
        _store().delete(name)
    return DataExport.objects.filter(person=person).delete()[0]


def workspaces_to_export(person_id: UUID) -> list[Workspace]:
    """His own workspace, and the teams that he owns: theirs are his to hand out."""
    found = []
    for (workspace_id,) in locate("locate_memberships", person_id):
        with tenant(workspace_id):
            if Membership.objects.filter(person_id=person_id, role=Role.OWNER).exists():
                found.append(Workspace.objects.get(pk=workspace_id))
    return found


def is_open_to(workspace: Workspace, address: str) -> bool:
    return admits(workspace.allowed_networks, address)


def is_readable_from(export: DataExport, address: str) -> bool:
    """False when a workspace in it is closed to this address by now; the file is a door to it like any other."""
    return all(is_open_to(one, address) for one in _workspaces_in(export))


def _workspaces_in(export: DataExport) -> list[Workspace]:
    return [one for one in workspaces_to_export(export.person_id) if str(one.pk) in export.workspaces]


def _store() -> Storage:
    return storages["private"]


def _keep(export: DataExport, packed: Any) -> str:
    name = f"{FOLDER}/{export.pk}.zip"
    # What an attempt that died has left.
    _store().delete(name)
    return _store().save(name, File(packed))


def _fail(export: DataExport, words: str) -> None:
    DataExport.objects.filter(pk=export.pk, state=State.WAITING).update(
        state=export.after(Happening.FAILED), failure=words
    )


def _pack(packed: Any, export: DataExport, run: Run) -> int:
    person = export.person
    workspaces = _workspaces_in(export)
    total, done, rows = len(workspaces) + 1, 0, 0
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        archive.writestr("README.txt", _readme(person, workspaces))
        for model, export_of in person_exporters().items():
            rows += _write(archive, f"you/{model._meta.label}.json", export_of(person))
        for workspace in workspaces:
            done += 1
            run.progress(done, total, f"{rows} rows so far")
            with tenant(workspace.pk):
                rows += _pack_workspace(archive, workspace, person.pk)
        run.progress(total, total, f"{rows} rows")
    return rows


def _pack_workspace(archive: zipfile.ZipFile, workspace: Workspace, person_id: UUID) -> int:
    rows = 0
    for model, export_rows in exporters().items():
        found = export_rows()
        if workspace.kind == Workspace.Kind.TEAM:
            found = _without_others(model, found, str(person_id))
        rows += _write(archive, f"workspaces/{workspace.slug}/{model._meta.label}.json", found)
    return rows


def _without_others(
    model: type[models.Model], rows: Iterable[dict[str, Any]], person_id: str
) -> Iterable[dict[str, Any]]:
    """What other members were told, and over which channels, is theirs."""
    if model in _FOR_ONE_PERSON:
        return (row for row in rows if row["person_id"] == person_id)
    if model is NoticeMessage:
        keys = Notification.objects.filter(person_id=person_id).values_list("pk", flat=True)
        own = {str(key) for key in keys.iterator()}
        return (row for row in rows if row["notification_id"] in own)
    return rows


def _write(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    with archive.open(name, "w", force_zip64=True) as file:
        file.write(b"[")
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            file.write((",\n" if count else "\n").encode() + text.encode("utf-8", "surrogatepass"))
            count += 1
        file.write(b"\n]\n")
    return count


def _readme(person: Person, workspaces: list[Workspace]) -> str:
    names = "\n".join(f"  workspaces/{one.slug}/   {one.name}" for one in workspaces)
    return (
        "Your data from Plumbline\n"
        "========================\n\n"
        f"Of: {person.name or 'no name'} <{person.email}>\n"
        f"Packed: {clock.now():%Y-%m-%d %H:%M} UTC\n\n"
        "Each file holds the rows of one table as JSON (UTF-8): a list of objects, times in UTC with their offset,\n"
        "money as text so that no digit is lost, keys as UUIDs.\n\n"
        "  you/   what belongs to you whatever workspace you are in: log-in, addresses, sessions, sign-ins,\n"
        "         consents, factors (which there are, never what proves them)\n"
        f"{names}\n"
        "\n"
        "Of a team that you own you get the team's rows, and of what is told to single members only your own.\n"
        "Teams that somebody else owns are not in here: ask their owner. Nor are workspaces that were closed to the\n"
        "address from which this copy was asked for.\n\n"
        "Not in here, on purpose: passwords, secrets of factors, API tokens, keys of venues, signing keys, and the\n"
        "addresses of channels, which are secrets themselves (a webhook's URL opens its door).\n"
    )
