"""The daily figures of each listing that has bars or a price: what filters ask for, reckoned once for everybody."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, Min, OuterRef

from instruments.candles import candles
from instruments.domain.bars import Bars
from instruments.domain.figures import INTERVALS, MOST_BARS, spread_of, turnover_of, volatility_of
from instruments.models import CandleSeries, LastPrice, Listing, ListingFigures
from kernel.bars import Interval
from kernel.money.rounding import NotStorable, exact_for_storage
from kernel.tenancy.scope import operator

_DAY = Interval("1d")
_AT_ONCE = 500
#: Weekends and holidays lie between the bars.
_BACK = dt.timedelta(days=2 * MOST_BARS)
#: Older bids and asks say nothing of the spread now.
_SPREAD_UNTIL = dt.timedelta(hours=24)


def reckon_figures(*, now: dt.datetime) -> int:
    """How many listings have figures now. Batch by batch; each is written when it is reckoned."""
    after, done = UUID(int=0), 0
    while keys := _next(after, now):
        done += reckon_figures_of(keys, now=now)
        after = keys[-1]
    return done


def _next(after: UUID, now: dt.datetime) -> list[UUID]:
    its = CandleSeries.objects.filter(listing=OuterRef("pk"), interval__in=INTERVALS, last__gte=now - _BACK)
    known = Exists(LastPrice.objects.filter(listing=OuterRef("pk"))) | Exists(its)
    return list(Listing.objects.filter(known, pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])


def reckon_figures_of(keys: Sequence[UUID], *, now: dt.datetime) -> int:
    """Such as of one listing whose bars just came."""
    listings, prices = Listing.objects.in_bulk(keys), LastPrice.objects.in_bulk(keys)
    series = CandleSeries.objects.filter(listing__in=keys, first__isnull=False)
    first = dict(series.order_by().values_list("listing").annotate(Min("first")))
    rows = []
    for key in keys:
        # Days that are over; made of shorter bars where no daily ones are kept.
        bars = candles(listings[key], _DAY, now - _BACK, now, as_known_at=now)
        told = prices.get(key)
        is_new = told is not None and now - told.moment <= _SPREAD_UNTIL
        rows.append(
            ListingFigures(
                listing_id=key,
                price=told.price if told is not None else _close(bars),
                turnover=turnover_of(bars),
                spread=spread_of(told.bid, told.ask) if told is not None and is_new else None,
                volatility=volatility_of(bars.close),
                trades_since=first[key].date() if key in first else None,
                reckoned_at=now,
            )
        )
    with operator():
        ListingFigures.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["listing"],
            update_fields=["price", "turnover", "spread", "volatility", "trades_since", "reckoned_at"],
        )
    return len(rows)


def _close(bars: Bars) -> Decimal | None:
    """The last bar's; a float, written with the digits that tell it apart."""
    if not len(bars):
        return None
    try:
        return exact_for_storage(Decimal(repr(float(bars.close[-1]))))
    except NotStorable:
        return None
