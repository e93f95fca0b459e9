"""Rows as the API tells them: money as text, exactly."""

import datetime as dt
from decimal import Decimal
from typing import Any

from instruments.models import Instrument, Listing, PriceAlert, Watchlist

_PLAIN = ("id", "kind", "code", "name", "base", "quote", "isin", "expiry", "right", "status")
_OF_LISTING = ("id", "venue", "symbol", "segment", "calendar", "is_tradable", "origin", "as_of", "gone_at")
_AMOUNTS = ("price_tick", "lot", "quantity_least", "quantity_most", "notional_least", "freeze_quantity")
_FIGURES = ("turnover", "spread", "volatility", "trades_since", "reckoned_at")


def instrument_row(one: Instrument) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in _PLAIN}
    return {**told, "strike": exact(one.strike), "multiplier": exact(one.multiplier)}


def listing_row(one: Listing, *, now: dt.datetime) -> dict[str, Any]:
    price, figures = getattr(one, "last_price", None), getattr(one, "figures", None)
    return {
        **{name: getattr(one, name) for name in _OF_LISTING},
        **{name: exact(getattr(one, name)) for name in _AMOUNTS},
        "instrument": one.instrument_id,
        "price": None
        if price is None
        else {
            **{name: exact(getattr(price, name)) for name in ("last", "bid", "ask")},
            "at": price.moment,
            "age_seconds": max(0.0, (now - price.moment).total_seconds()),
            "source": price.source,
        },
        "figures": None if figures is None else {name: getattr(figures, name) for name in _FIGURES},
    }


def watchlist_row(one: Watchlist) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.name,
        "made_at": one.made_at,
        "instruments": [entry.instrument_id for entry in one.entries.all()],
    }


def alert_row(one: PriceAlert) -> dict[str, Any]:
    plain = ("id", "kind", "seconds", "note", "state", "armed_at", "made_at")
    return {
        **{name: getattr(one, name) for name in plain},
        "instrument": one.listing.instrument_id,
        "listing": one.listing_id,
        "threshold": exact(one.threshold),
    }


def exact(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
