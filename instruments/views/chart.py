"""An instrument's chart: its bars as data for the page's script, and the same bars as a table for whoever reads."""

import datetime as dt
from bisect import bisect_right
from uuid import UUID

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.candle_pages import Asked, mark_of, page_of_candles
from instruments.candles import latest_candles
from instruments.domain.bars import BrokenFile, Moments, moment64, moment_of
from instruments.domain.forming import forming_bar
from instruments.domain.grid import Gap, expected_starts, gaps_between, is_by_the_clock
from instruments.looks import look_at
from instruments.marks import Mark, marks_of
from instruments.models import Listing
from instruments.services.history import lacks_history
from kernel import clock
from kernel.bars import Interval
from kernel.jobs.enqueue import enqueue

#: What the page offers, in this order; keys 1 to 6 choose them.
INTERVALS = ("1m", "5m", "15m", "1h", "4h", "1d")
USUAL = "1h"
_BARS, _ROWS = 500, 100


def chosen_interval(request: HttpRequest) -> Interval:
    """The interval that the address names; the usual one where it names none that is offered."""
    named = request.GET.get("interval", "")
    return Interval(named if named in INTERVALS else USUAL)


@require_safe
@workspace_page()
def bars(request: WorkspaceRequest, instrument: UUID, listing: UUID) -> HttpResponse:
    """The last bars, or those before `until`; the one that is not over; and what is marked beside them."""
    found, interval, now = _listing(instrument, listing), chosen_interval(request), clock.now()
    look_at(found.venue, found.symbol, now=now)
    until = _moment(request.GET.get("until", ""))
    asked = Asked(interval, _BARS, until=until)
    try:
        page = page_of_candles(found, asked, mark=mark_of(found, asked))
    except BrokenFile as error:
        return _trouble(str(error))
    is_coming = until is None and lacks_history(found, interval)
    if is_coming:
        enqueue("instruments.fetch_history", found.pk, interval.name, queue="data")
    tail = latest_candles(found, interval, _BARS).start
    by_clock = is_by_the_clock(tail, found.sessions, interval)
    forming = forming_bar(found.sessions, interval, now, is_by_the_clock=by_clock)
    gaps = _gaps(found, interval, tail, now, by_clock=by_clock)
    starts = orjson.loads(page.body)["start"]
    marks = marks_of(found, interval, _from_milliseconds(starts[0]), until or now) if starts else []
    beside = {
        "now": _milliseconds(now),
        "forming": None if forming is None else [_milliseconds(forming.start), _milliseconds(forming.ends)],
        "is_coming": is_coming,
        # What the calendar expects and nobody told: among these bars, and after the last of them.
        "missing": sum(one.bars for one in gaps),
        "behind": sum(one.bars for one in gaps if moment64(one.first) > tail[-1]),
        "marks": [(_milliseconds(one.at), one.kind, one.manner, one.words) for one in marks],
    }
    body = page.body[:-1] + b"," + orjson.dumps(beside)[1:]
    return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "no-store"})


@require_safe
@workspace_page()
def table(request: WorkspaceRequest, instrument: UUID, listing: UUID) -> HttpResponse:
    """What the chart draws, in figures."""
    found, interval, now = _listing(instrument, listing), chosen_interval(request), clock.now()
    until = _moment(request.GET.get("until", ""))
    asked = Asked(interval, _ROWS, until=until)
    told, trouble = {}, ""
    try:
        told = orjson.loads(page_of_candles(found, asked, mark=mark_of(found, asked)).body)
    except BrokenFile as error:
        trouble = str(error)
    columns = (told.get(name, ()) for name in ("start", "open", "high", "low", "close", "volume", "source"))
    rows = [
        (_from_milliseconds(start), *figures, told["sources"][source])
        for start, *figures, source in zip(*columns, strict=True)
    ]
    marks = _by_bar([row[0] for row in rows], marks_of(found, interval, rows[0][0], until or now) if rows else [])
    context = {
        "instrument": found.instrument,
        "listing": found,
        "interval": interval,
        "intervals": INTERVALS,
        "rows": [(*row, marks.get(row[0], [])) for row in reversed(rows)],
        "has_marks": bool(marks),
        "older": rows[0][0] if len(rows) == _ROWS else None,
        "trouble": trouble,
        "now": now,
    }
    return render(request, "instruments/bars.html", context)


def _listing(instrument: UUID, listing: UUID) -> Listing:
    found = Listing.objects.select_related("instrument").filter(pk=listing, instrument=instrument).first()
    if found is None:
        raise Http404
    return found


def _gaps(listing: Listing, interval: Interval, there: Moments, now: dt.datetime, *, by_clock: bool) -> list[Gap]:
    if not len(there):
        return []
    first = moment_of(there[0])
    return gaps_between(
        expected_starts(listing.sessions, interval, first, now, now=now, is_by_the_clock=by_clock), there
    )


def _by_bar(starts: list[dt.datetime], marks: list[Mark]) -> dict[dt.datetime, list[Mark]]:
    """Each mark at the last bar that began by then."""
    found: dict[dt.datetime, list[Mark]] = {}
    for one in marks:
        found.setdefault(starts[max(bisect_right(starts, one.at) - 1, 0)], []).append(one)
    return found


def _trouble(words: str) -> HttpResponse:
    return HttpResponse(orjson.dumps({"detail": words}), content_type="application/json", status=503)


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


def _moment(text: str) -> dt.datetime | None:
    """Milliseconds since 1970; what is no such number is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 15):
        return None
    return _from_milliseconds(int(text))


def _from_milliseconds(told: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(told / 1000, dt.UTC)
