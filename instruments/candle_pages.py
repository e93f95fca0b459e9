"""One page of bars as bytes: columns as arrays, made once and handed out again until the series changes."""

import datetime as dt
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

import orjson

from instruments.candles import candles, columns_of, latest_candles
from instruments.domain.bars import Bars, moment_of, no_bars
from instruments.models import CandleSeries, CorporateAction, Listing
from kernel.bars import Interval

#: Pages and their bytes that a process keeps.
_PAGES, _MOST_BYTES = 128, 192 * 1024
_TICK = dt.timedelta(microseconds=1)
_WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which bars of a listing. Without `since`: the last ones."""

    interval: Interval
    limit: int
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    is_adjusted: bool = False
    as_known_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    #: From which start on the next page is; None when this is the last.
    after: dt.datetime | None


class _Kept:
    def __init__(self) -> None:
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, mark: str) -> Page | None:
        with self._lock:
            page = self._pages.get(mark)
            if page is not None:
                self._pages.move_to_end(mark)
            return page

    def put(self, mark: str, page: Page) -> None:
        if len(page.body) > _MOST_BYTES:
            return
        with self._lock:
            self._pages[mark] = page
            while len(self._pages) > _PAGES:
                self._pages.popitem(last=False)


_kept = _Kept()


def mark_of(listing: Listing, asked: Asked) -> str:
    """Changes whenever what would be told does; one question to the database."""
    series = CandleSeries.objects.filter(listing=listing).order_by("interval").values_list("interval", "changes")
    told: list[object] = [str(listing.pk), asked, *series]
    if asked.is_adjusted:
        actions = CorporateAction.objects.filter(instrument=listing.instrument_id).order_by("pk")
        told += actions.values_list("pk", "withdrawn_at")
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def page_of_candles(listing: Listing, asked: Asked, *, mark: str) -> Page:
    kept = _kept.get(mark)
    if kept is None:
        bars, has_more = _bars(listing, asked)
        after = moment_of(bars.start[-1]) + _TICK if has_more else None
        kept = Page(_body(listing, asked, bars), after)
        _kept.put(mark, kept)
    return kept


def _bars(listing: Listing, asked: Asked) -> tuple[Bars, bool]:
    if asked.since is None:
        return _last(listing, asked), False
    first, last = _reach(listing)
    end, since = min(asked.until or last, last), max(asked.since, first)
    if since >= end:
        return no_bars(), False
    span = asked.interval.length * (asked.limit + 1)
    while True:
        # What lies beyond the series may be a moment that no calendar has.
        until = end if end - since <= span else since + span
        options = {"as_known_at": asked.as_known_at, "is_adjusted": asked.is_adjusted}
        bars = candles(listing, asked.interval, since, until, **options)  # type: ignore[arg-type]
        if len(bars) > asked.limit or until >= end:
            return bars.at(slice(0, asked.limit)), len(bars) > asked.limit
        # Nights, weekends and holes hold no bars; look further.
        span *= 4


def _last(listing: Listing, asked: Asked) -> Bars:
    plain = asked.until is None and asked.as_known_at is None and not asked.is_adjusted
    if plain:
        found = latest_candles(listing, asked.interval, asked.limit)
        if len(found):
            return found
    first, last = _reach(listing)
    end = min(asked.until or last, last)
    if first >= end:
        return no_bars()
    span = asked.interval.length * (asked.limit + 1)
    while True:
        since = first if end - first <= span else end - span
        bars = candles(
            listing, asked.interval, since, end, as_known_at=asked.as_known_at, is_adjusted=asked.is_adjusted
        )
        if len(bars) >= asked.limit or since <= first:
            return bars.at(slice(max(0, len(bars) - asked.limit), None))
        span *= 4


def _reach(listing: Listing) -> tuple[dt.datetime, dt.datetime]:
    """From before the first bar of any interval to after the last; a longer bar begins before its first part."""
    rows = CandleSeries.objects.filter(listing=listing).exclude(first=None).values_list("first", "last")
    none = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    firsts, lasts = [first for first, _ in rows if first], [last for _, last in rows if last]
    return min(firsts, default=none) - _WEEK, max(lasts, default=none - 2 * _WEEK) + _TICK


def _body(listing: Listing, asked: Asked, bars: Bars) -> bytes:
    told = {
        "listing": listing.pk,
        "venue": listing.venue,
        "symbol": listing.symbol,
        "interval": asked.interval.name,
        "adjusted": asked.is_adjusted,
        **{name: values.copy() for name, values in columns_of(bars).items()},
        "source": bars.source_codes.copy(),
        "sources": list(bars.sources),
    }
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY)
