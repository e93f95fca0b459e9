"""Prices, figures and hours of markets, as pages write them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Any
from uuid import UUID

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from instruments.domain.books import DepthSeen, Level
from instruments.domain.calendars import BeyondCalendar, Standing, standing
from instruments.models import LastPrice, Listing, OrderBook
from kernel import clock
from kernel.durations import in_words
from kernel.money.display import axis_text, exact_text, grouped, grouping_of, places_of

register = template.Library()

#: A price that is older is shown as old; the page's script does the same on the reader's clock.
OLD_AFTER = 15
NOT_KNOWN = format_html('<span class="age">{}</span>', "not known")


@register.filter
def price_text(row: LastPrice) -> str:
    """The last price at the listing's own tick."""
    price, listing = row.price, row.listing
    if price is None:
        return "not told"
    places = places_of(price, listing.price_tick or price)
    return grouped(price, places=places, grouping=grouping_of(listing.instrument.quote))


@register.filter
def age_kind(row: LastPrice | OrderBook) -> str:
    return "fresh" if (clock.now() - row.moment).total_seconds() <= OLD_AFTER else "old"


@register.filter
def short_age(moment: dt.datetime) -> str:
    return in_words(max(0.0, (clock.now() - moment).total_seconds()))


@register.filter
def at(found: Mapping[UUID, Collection[UUID]], key: UUID) -> Collection[UUID]:
    """What is found under the key; nothing under one that is not there."""
    return found.get(key, ())


@register.filter
def at_key(found: Mapping[UUID, Any], key: UUID | None) -> Any:
    """What is found under the key; None under one that is not there."""
    return found.get(key) if key else None


@register.filter
def large_or(value: float | str | None) -> SafeString | str:
    """12.50 k, 1.89 M: a turnover; or that it is not known."""
    if value is None or isinstance(value, str):
        return NOT_KNOWN
    return axis_text(Decimal(repr(round(value, 2))), grouping=grouping_of(""))


@register.filter
def percent_or(value: float | str | None) -> SafeString | str:
    # A listing without figures is an empty text to the template.
    if value is None or isinstance(value, str):
        return NOT_KNOWN
    shown = value * 100
    return f"{shown:.2f} %" if shown >= 0.1 or shown == 0 else f"{shown:.4f} %"


@register.simple_tag
def hours_of(listing: Listing) -> Standing | None:
    """Whether the market is open now, and until when; None where nobody here knows its hours."""
    if listing.facts.get("hours"):
        return None
    try:
        return standing(listing.sessions, clock.now())
    except (LookupError, BeyondCalendar):
        return None


@register.filter
def mode_of(venue: str) -> str:
    """The sandbox's prices are its own, and say so."""
    return "sandbox" if venue.endswith(".sandbox") else ""


#: Markets whose exchanges hold an order above a quantity back instead of taking it.
_FREEZING = {"XBOM"}


@register.filter
def may_freeze(listing: Listing) -> bool:
    """Whether a freeze quantity is due here, so that not knowing it is worth a word."""
    return listing.calendar in _FREEZING


@register.filter
def price_places(listing: Listing) -> int:
    """The digits behind the point of its tick; two where nobody told a tick."""
    return min(10, places_of(listing.price_tick)) if listing.price_tick else 2


@register.filter
def zone_of(listing: Listing) -> str:
    """By which clock its market lives, as browsers name it."""
    return str(getattr(listing.sessions.zone, "key", "UTC"))


@register.filter
def bar_figure(value: float, listing: Listing) -> str:
    """A bar's figure; floats of one length, at the listing's own tick."""
    return grouped(Decimal(repr(value)), places=price_places(listing), grouping=grouping_of(listing.instrument.quote))


@register.filter
def milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


#: Levels that the panel shows.
_LEVELS = 8


@register.filter
def book_sides(row: OrderBook) -> dict[str, Any]:
    """The book's best levels side by side, point under point; how much stands up to each, as a part of the most."""
    book = DepthSeen.of(row.bids, row.asks, row.at, row.heard_at, row.source, now=clock.now())
    bids, asks = book.bids[:_LEVELS], book.asks[:_LEVELS]
    shown, currency = [*bids, *asks], row.listing.instrument.quote
    price_digits = max(price_places(row.listing), places_of(*(one.price for one in shown)))
    quantity_digits = places_of(*(one.quantity for one in shown))
    sums = [list(accumulate(one.quantity for one in side)) for side in (bids, asks)]
    most = max((side[-1] for side in sums if side), default=Decimal(1))

    def told(side: Sequence[Level], up_to: Sequence[Decimal], number: int, name: str) -> dict[str, Any]:
        if number >= len(side):
            return {name: "", f"{name}_quantity": "", f"{name}_share": 0, f"{name}_from": 100}
        share = int(up_to[number] * 100 / most)
        price = grouped(side[number].price, places=price_digits, grouping=grouping_of(currency))
        quantity = grouped(side[number].quantity, places=quantity_digits, grouping=grouping_of(""))
        return {name: price, f"{name}_quantity": quantity, f"{name}_share": share, f"{name}_from": 100 - share}

    rows = [
        {**told(bids, sums[0], number, "bid"), **told(asks, sums[1], number, "ask")}
        for number in range(max(len(bids), len(asks)))
    ]
    spread = book.spread
    many = max(len(book.bids), len(book.asks))
    return {
        "rows": rows,
        "levels": "No level" if not many else f"{many} level{'s' if many > 1 else ''} of either side",
        "spread": exact_text(spread, currency),
        "spread_part": f"{spread / book.asks[0].price * 10_000:.1f} basis points" if spread is not None else "",
    }


@register.filter
def plain(value: Decimal | None) -> str:
    """To the last digit, for a script."""
    return "" if value is None else f"{value:f}"
