"""The index by which news is matched: made of the whole catalogue, kept in the worker that reads news."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, Q

from instruments.domain.calendars import ALWAYS
from instruments.domain.listings import Kind
from instruments.domain.news.matching import Index, Thing, index_of
from instruments.domain.news.subjects import subject_of
from instruments.models import Instrument

#: A name that was filled in later is seen after so long; a new instrument at once.
_LASTS = dt.timedelta(hours=1)
_USUAL_QUOTES = ("USDT", "USD", "INR", "EUR", "USDC", "GBP")
_SORTS = (Kind.SPOT, Kind.EQUITY, Kind.ETF, Kind.INDEX, Kind.FOREX, Kind.COMMODITY, Kind.FUTURE)


@dataclass(frozen=True, slots=True)
class NewsIndex:
    index: Index
    #: By its subject, the instrument that stands for it.
    leading: Mapping[str, UUID]


_kept: list[tuple[object, dt.datetime, NewsIndex]] = []


def news_index(*, now: dt.datetime) -> NewsIndex:
    """As the catalogue is now; read again only when it has changed or an hour has passed."""
    rows = Instrument.objects.filter(status=Instrument.Status.LISTED)
    stamp = tuple(rows.aggregate(Count("pk"), Max("created_at")).values())
    if _kept and _kept[0][0] == stamp and _kept[0][1] <= now < _kept[0][1] + _LASTS:
        return _kept[0][2]
    made = _read()
    _kept[:] = [(stamp, now, made)]
    return made


def _read() -> NewsIndex:
    rows = Instrument.objects.filter(status=Instrument.Status.LISTED, kind__in=_SORTS)
    # Contracts with an end are of what else is there; perpetuals may be all there is of a coin.
    rows = rows.exclude(Q(kind=Kind.FUTURE) & Q(expiry__isnull=False))
    things: list[Thing] = []
    leading: dict[str, tuple[tuple[object, ...], UUID]] = {}
    columns = ("pk", "kind", "base", "quote", "name", "code", "calendar", "places")
    for pk, kind, base, quote, name, code, calendar, places in rows.order_by().values_list(*columns):
        subject = subject_of(kind=kind, base=base, quote=quote, is_always_open=calendar == ALWAYS)
        things.append(Thing(subject, base, name, quote))
        rank = _USUAL_QUOTES.index(quote) if quote in _USUAL_QUOTES else len(_USUAL_QUOTES)
        # The thing itself before a contract on it, then what most places list, then the usual currency.
        standing = (kind == Kind.FUTURE, -places, rank, len(code), code)
        if subject not in leading or standing < leading[subject][0]:
            leading[subject] = (standing, pk)
    return NewsIndex(index_of(things), {subject: pk for subject, (_, pk) in leading.items()})
