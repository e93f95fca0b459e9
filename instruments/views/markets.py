"""Markets: what can be traded, found as one types; and the facts of one instrument."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.domain.calendars import BeyondCalendar, Session, sessions
from instruments.domain.universe import Universe
from instruments.forms.universe import UniverseForm
from instruments.forms.watching import AlertForm
from instruments.markets import PAGE, Found, find
from instruments.marks import marked_kinds
from instruments.models import CheckedSeries, Instrument, Listing
from instruments.news import newest_news, news_sources
from instruments.selectors import book_row, venues_listing
from instruments.sparklines import sparks_of
from instruments.views.chart import INTERVALS, chosen_interval
from instruments.watched import alerts, lists_holding, watchlists
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

#: So far down nobody reads on; who does narrows what he asks for.
_DEEPEST = 5_000
_SESSION_DAYS = 10


@require_safe
@workspace_page()
def markets(request: WorkspaceRequest) -> HttpResponse:
    """The list with its filters; of a search as one types the list alone is drawn."""
    form = UniverseForm(request.GET)
    form.offer(venues_listing())
    asked, words = (form.asked, form.words) if form.is_valid() else (Universe(), "")
    after, now = _after(request.GET.get("after", "")), clock.now()
    found = find(asked, words, now=now, after=after) if form.is_valid() else Found(())
    filters = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "found": found,
        "words": words,
        "universe": asked,
        "is_filtered": not asked.is_everything,
        # What the first row of fields asks for opens no further ones.
        "is_bounded": bool(filters.keys() - {"q", "kind", "venue"}),
        "sparks": sparks_of((one.pk for one in found.listings), now=now),
        "lists": lists_holding([one.instrument_id for one in found.listings]),
        "newer": f"?{urlencode({**filters, 'after': max(0, after - PAGE)})}" if after else "",
        "older": f"?{urlencode({**filters, 'after': after + PAGE})}" if found.has_more and after < _DEEPEST else "",
        "may_edit": request.access.may(Right.EDIT),
    }
    return render(request, "instruments/markets.html", context, status=422 if form.errors else 200)


@require_safe
@workspace_page()
def instrument(request: WorkspaceRequest, instrument: UUID) -> HttpResponse:
    """One instrument: its contract, where it is listed, when it trades; its home listing, or the one asked for."""
    return instrument_page(request, load(request.access, Instrument.objects.all(), instrument))


def instrument_page(request: WorkspaceRequest, found: Instrument, form: AlertForm | None = None) -> HttpResponse:
    now = clock.now()
    rows = found.listings.select_related("instrument", "last_price", "figures")
    listings = sorted(rows, key=lambda one: (one.gone_at is not None, one.pk != found.home_id, one.venue, one.segment))
    shown = _chosen(listings, request.POST.get("listing") or request.GET.get("listing", ""))
    context = {
        "instrument": found,
        "listings": listings,
        "shown": shown,
        "sessions": _next_sessions(shown) if shown else [],
        "form": form or AlertForm(initial={"kind": "above"}),
        "alerts": list(alerts().filter(listing__instrument=found)),
        "watchlists": list(watchlists()),
        "on": lists_holding([found.pk]).get(found.pk, set()),
        "may_edit": request.access.may(Right.EDIT),
        "now": now,
        "interval": chosen_interval(request),
        "intervals": INTERVALS,
        "marked": marked_kinds(),
        "checked": CheckedSeries.objects.filter(listing=shown, interval=chosen_interval(request).name).first(),
        "book": book_row(shown.pk) if shown else None,
        "news": newest_news(found, now=now),
        "news_sources": news_sources(),
    }
    return render(
        request, "instruments/instrument.html", context, status=422 if form is not None and form.errors else 200
    )


def _chosen(listings: list[Listing], key: str) -> Listing | None:
    """The listing that was asked for, else the home one: it stands first."""
    return next((one for one in listings if str(one.pk) == key), listings[0] if listings else None)


def _next_sessions(listing: Listing) -> list[Session]:
    today = clock.now().astimezone(listing.sessions.zone).date()
    if listing.sessions.is_always_open:
        return []
    try:
        from_today = sessions(listing.sessions, today, today.fromordinal(today.toordinal() + _SESSION_DAYS))
        return list(from_today)[:5]
    except BeyondCalendar:
        return []


def _after(text: str) -> int:
    return min(int(text), _DEEPEST) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
