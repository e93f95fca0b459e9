"""News, of everything or of what is watched: filtered, newest first."""

import datetime as dt
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from instruments.forms.news import NewsForm
from instruments.markets import search_instruments
from instruments.models import Instrument, WatchlistEntry
from instruments.news import NewsAsked, also_told_by, news_rows, news_sources, subject_for, with_matches
from kernel import clock

PAGE = 30


@require_safe
@workspace_page()
def news(request: WorkspaceRequest) -> HttpResponse:
    now, sources = clock.now(), news_sources()
    form = NewsForm(request.GET, [one.name for one in sources])
    told = form.cleaned_data if form.is_valid() else {}
    words = told.get("instrument", "").strip()
    about = _meant(words, now=now) if words else None
    subjects = _subjects(about, has_words=bool(words), is_watched=told.get("watched", False))
    asked = NewsAsked(subjects=subjects, source=told.get("source", ""), tone=told.get("tone", ""))
    rows = with_matches(news_rows(asked, now=now).filter(_after(request.GET.get("after", ""))))
    items = list(rows[: PAGE + 1]) if form.is_valid() else []
    further = f"{items[PAGE - 1].at.isoformat()}~{items[PAGE - 1].pk}" if len(items) > PAGE else ""
    filters = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "items": items[:PAGE],
        "also": also_told_by(items[:PAGE], now=now),
        "sources": sources,
        "about": about,
        "words": words,
        "is_filtered": bool(filters),
        "newest": f"?{urlencode(filters)}" if request.GET.get("after") else "",
        "older": f"?{urlencode({**filters, 'after': further})}" if further else "",
    }
    return render(request, "instruments/news.html", context, status=422 if form.errors else 200)


def _meant(words: str, *, now: dt.datetime) -> Instrument | None:
    """What is meant by the key that a link carries, or by words as in the search of markets."""
    try:
        return Instrument.objects.filter(pk=UUID(words)).first()
    except ValueError:
        found = search_instruments(words, now=now, at_most=1)
        return found[0].instrument if found else None


def _subjects(about: Instrument | None, *, has_words: bool, is_watched: bool) -> frozenset[str] | None:
    """What both filters leave; None where neither is set."""
    found: frozenset[str] | None = None
    if has_words:
        found = frozenset({subject_for(about)} if about else ())
    if is_watched:
        watched = Instrument.objects.filter(pk__in=WatchlistEntry.objects.order_by().values("instrument_id"))
        subjects = frozenset(subject_for(one) for one in watched)
        found = subjects if found is None else found & subjects
    return found


def _after(text: str) -> Q:
    """Older than the last item of the page before; everything for a mark that is not ours."""
    moment, _, key = text.partition("~")
    try:
        at, pk = dt.datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return Q()
    if at.tzinfo is None or not 1900 < at.year < 2200:
        return Q()
    return Q(at__lt=at) | Q(at=at, pk__lt=pk)
