"""The audit trail of a workspace, newest first: filtered, page by page, or as a file."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.trail import TrailForm
from accounts.models import AuditEntry
from accounts.selectors import TrailFilter, audit_head, audit_trail, members_of_workspace
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from kernel.views.errors import answer

PAGE = 50
BATCH = 500
Batches = Iterator[list[dict[str, Any]]]
COLUMNS = ("sequence", "at", "action", "target", "who", "facts", "entry_hash")


@require_safe
@workspace_page(read=Right.MANAGE)
def audit(request: WorkspaceRequest) -> HttpResponse:
    form = TrailForm(request.GET)
    form.offer([member.person for member in members_of_workspace()])
    asked = form.asked if form.is_valid() else TrailFilter()
    before = _sequence(request.GET.get("before", ""))
    entries = audit_trail(before=before, at_most=PAGE + 1, asked=asked)
    filters = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "entries": entries[:PAGE],
        "older": f"?{urlencode({**filters, 'before': entries[PAGE - 1].sequence})}" if len(entries) > PAGE else "",
        "head": audit_head(),
        "form": form,
        "is_filtered": asked != TrailFilter(),
        "query": urlencode(filters),
    }
    return render(request, "accounts/audit.html", context, status=422 if form.errors else 200)


@require_safe
@workspace_page(read=Right.MANAGE)
def export(request: WorkspaceRequest, form: str) -> HttpResponse:
    """The same entries as a file, streamed: a trail may be longer than memory."""
    asked = TrailForm(request.GET)
    if not asked.is_valid():
        return answer(
            request, 422, "INVALID", "Some filters are not right. Go back and look at them; nothing was sent."
        )
    write, kind = WRITERS[form]
    pieces = write(_batches(request.access.workspace_id, asked.asked))
    response: Any = StreamingHttpResponse(_as_the_server_reads(request, pieces), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="audit-{request.workspace.slug}.{form}"'
    response["Cache-Control"] = "no-store"
    return cast(HttpResponse, response)


def trail_card(request: HttpRequest) -> dict[str, object]:
    newest = audit_trail(before=None, at_most=1)
    return {"head": audit_head(), "newest": newest[0] if newest else None}


def _sequence(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _batches(workspace_id: UUID, asked: TrailFilter) -> Iterator[list[dict[str, Any]]]:
    """Every entry asked for, newest first; no transaction stays open while a slow reader takes his time."""
    before = None
    while True:
        with tenant(workspace_id):
            entries = audit_trail(before=before, at_most=BATCH, asked=asked)
        yield [_row(entry) for entry in entries]
        if len(entries) < BATCH:
            return
        before = entries[-1].sequence


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at": entry.at.isoformat(),
        "action": entry.action,
        "target": entry.target,
        "who": entry.who_mail or "",  # type: ignore[attr-defined]  # annotated by the selector
        "facts": entry.facts,
        "entry_hash": bytes(entry.entry_hash).hex(),
    }


def _csv(batches: Batches) -> Iterator[bytes]:
    yield _lines([COLUMNS])
    for rows in batches:
        for row in rows:
            row["facts"] = json.dumps(row["facts"], ensure_ascii=False, sort_keys=True)
        yield _lines([[row[column] for column in COLUMNS] for row in rows])


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    held = io.StringIO()
    csv.writer(held).writerows([defused(str(cell)) for cell in row] for row in rows)
    return held.getvalue().encode()


def defused(cell: str) -> str:
    """The cell as text: what a spreadsheet would take for a formula is led by an apostrophe."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell


def _json(batches: Batches) -> Iterator[bytes]:
    lead = "[\n"
    for rows in batches:
        if rows:
            yield (lead + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)).encode()
            lead = ",\n"
    yield b"[]\n" if lead == "[\n" else b"\n]\n"


Writer = Callable[[Batches], Iterator[bytes]]
WRITERS: dict[str, tuple[Writer, str]] = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "json": (_json, "application/json"),
}


def _as_the_server_reads(request: HttpRequest, pieces: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """The pieces, asked for one by one also by a server that is asynchronous."""
    return _one_by_one(pieces) if isinstance(request, ASGIRequest) else pieces


async def _one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    following: Any = sync_to_async(next)
    while (piece := await following(pieces, None)) is not None:
        yield piece
