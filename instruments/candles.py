"""The one function that gives bars: arrays for any range, wherever they lie. The platform's, so in any scope."""

import datetime as dt
from uuid import UUID

import numpy as np
from django.db.models import Q

from instruments.domain.adjust import Action, Dividend, Split, adjusted, factors_of
from instruments.domain.bars import Bars, last_revisions, moment64, moment_of, no_bars
from instruments.domain.grid import aggregated
from instruments.models import CandleSeries, CorporateAction, Listing
from instruments.ring import BARS, RING
from instruments.stored import read_revisions, read_series
from kernel.bars import Interval

INTERVALS = ("1m", "3m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "1w")
_DAY = Interval("1d")
_TICK = dt.timedelta(microseconds=1)


def candles(
    listing: Listing,
    interval: Interval,
    since: dt.datetime,
    until: dt.datetime,
    *,
    as_known_at: dt.datetime | None = None,
    is_adjusted: bool = False,
) -> Bars:
    """The bars that start from `since` on and before `until`, oldest first, each by its last revision.

    With `as_known_at`, as they stood at that moment. `is_adjusted` reckons splits and dividends in. Where the series of
    this interval is not kept, its bars are made of a kept shorter one's, from whole parts alone.
    """
    series = CandleSeries.objects.filter(listing=listing, interval=interval.name).first()
    if series is None:
        bars = _made_of_shorter(listing, interval, since, until, as_known_at)
    elif as_known_at is not None:
        bars = read_series(series, since, until, as_known_at=as_known_at)
    else:
        bars = _newest(series, since, until)
    if is_adjusted and len(bars):
        bars = _adjusted(listing, interval, bars, as_known_at)
    return bars


def latest_candles(listing: Listing, interval: Interval, count: int = BARS) -> Bars:
    """The last so many bars of a kept series; fewer when it has fewer."""
    series = CandleSeries.objects.filter(listing=listing, interval=interval.name).first()
    if series is None or series.last is None or series.first is None:
        return no_bars()
    span = interval.length * count
    while True:
        since = series.last - span
        bars = _newest(series, since, series.last + _TICK)
        if len(bars) >= count or since <= series.first:
            return bars.at(slice(max(0, len(bars) - count), None))
        span *= 3


def series_of(listing: Listing | UUID, interval: Interval) -> CandleSeries | None:
    """The series' row: how far it reaches, and the count of its changes."""
    return CandleSeries.objects.filter(listing=listing, interval=interval.name).first()


def _newest(series: CandleSeries, since: dt.datetime, until: dt.datetime) -> Bars:
    if series.last is None or since > series.last:
        return no_bars()
    low, high = moment64(since), moment64(until)
    kept = RING.get(series.pk, changes=series.changes, since=low)
    if kept is not None:
        return kept.between(low, high)
    bars = last_revisions(read_revisions(series, since, until))
    if until > series.last:
        # `changes` was read before the bars: should they be newer than it, the next reader reads again.
        RING.put(series.pk, changes=series.changes, since=low, bars=bars)
    return bars


def _made_of_shorter(
    listing: Listing, interval: Interval, since: dt.datetime, until: dt.datetime, as_known_at: dt.datetime | None
) -> Bars:
    kept = [Interval(name) for name in CandleSeries.objects.filter(listing=listing).values_list("interval", flat=True)]
    shorter = [one for one in kept if one.length < interval.length and not interval.length % one.length]
    if not shorter:
        return no_bars()
    part = max(shorter, key=lambda one: one.length)
    # A day more on both sides: the session of a day may begin on the evening before.
    margin = max(interval.length, _DAY.length)
    parts = candles(listing, part, since - margin, until + margin, as_known_at=as_known_at)
    return aggregated(parts, part, interval, listing.sessions).between(moment64(since), moment64(until))


def _adjusted(listing: Listing, interval: Interval, bars: Bars, as_known_at: dt.datetime | None) -> Bars:
    first = moment_of(bars.start[0])
    rows = CorporateAction.objects.filter(instrument=listing.instrument_id, ex_date__gt=(first - _DAY.length).date())
    if as_known_at is None:
        rows = rows.filter(withdrawn_at=None)
    else:
        still = Q(withdrawn_at=None) | Q(withdrawn_at__gt=as_known_at)
        rows = rows.filter(still, known_at__lte=as_known_at)
    actions = [_action_of(row) for row in rows]
    if not actions:
        return bars
    closes = bars
    if any(isinstance(one, Dividend) for one in actions):
        end = dt.datetime.combine(max(one.ex_date for one in actions), dt.time(), tzinfo=dt.UTC)
        daily = candles(listing, _DAY, first - _DAY.length, end, as_known_at=as_known_at)
        closes = daily if len(daily) else candles(listing, interval, first, end + _DAY.length, as_known_at=as_known_at)
    factors = factors_of(
        bars.start,
        actions,
        interval=interval,
        calendar=listing.sessions,
        close_starts=closes.start,
        closes=closes.close,
    )
    return adjusted(bars, factors)


def _action_of(row: CorporateAction) -> Action:
    if row.kind == CorporateAction.Kind.SPLIT:
        return Split(row.ex_date, float(row.ratio or 0))
    return Dividend(row.ex_date, float(row.amount or 0))


def columns_of(bars: Bars) -> dict[str, "np.ndarray[tuple[int], np.dtype[np.generic]]"]:
    """Start and known_at in milliseconds, figures, and who gave each."""
    told = {name: getattr(bars, name).astype("M8[ms]").astype(np.int64) for name in ("start", "known_at")}
    return {**told, **{name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}}
