"""Kite's words and ours, each in a table that is indexed: a word that is in none of them raises."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from exchanges.domain.holdings import Holding, Position
from exchanges.domain.market import Level
from exchanges.domain.orders import Hours, Lasting, OrderRequest, OrderType, Product, Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status, partial_if_filled
from exchanges.domain.venues.zerodha import ZERODHA
from instruments.domain.rules import Side

INDIA = ZoneInfo("Asia/Kolkata")
CURRENCY = "INR"

SIDE_WORDS = {Side.BUY: "BUY", Side.SELL: "SELL"}
SIDES = {word: side for side, word in SIDE_WORDS.items()}
TYPE_WORDS = {
    OrderType.LIMIT: "LIMIT",
    OrderType.MARKET: "MARKET",
    OrderType.STOP: "SL-M",
    OrderType.STOP_LIMIT: "SL",
}
LASTING_WORDS = {Lasting.DAY: "DAY", Lasting.IMMEDIATE_OR_CANCEL: "IOC", Lasting.MINUTES: "TTL"}
PRODUCT_WORDS = {
    Product.DELIVERY: "CNC",
    Product.INTRADAY: "MIS",
    Product.CARRIED: "NRML",
    Product.MARGIN_FUNDED: "MTF",
    Product.COVER: "CO",
}
PRODUCTS = {word: product for product, word in PRODUCT_WORDS.items()}
#: The variety is part of an order's address.
VARIETIES = {Hours.REGULAR: "regular", Hours.NEXT_OPENING: "amo"}
#: VENUES.md, section 5; UPDATE is the word of a message about an order that stands.
STATUSES = {
    "PUT ORDER REQ RECEIVED": Status.PENDING,
    "VALIDATION PENDING": Status.PENDING,
    "OPEN PENDING": Status.PENDING,
    "AMO REQ RECEIVED": Status.ACCEPTED,
    "OPEN": Status.ACCEPTED,
    "TRIGGER PENDING": Status.ACCEPTED,
    "MODIFY VALIDATION PENDING": Status.ACCEPTED,
    "MODIFY PENDING": Status.ACCEPTED,
    "MODIFIED": Status.ACCEPTED,
    "NOT MODIFIED": Status.ACCEPTED,
    "UPDATE": Status.ACCEPTED,
    "CANCEL PENDING": Status.ACCEPTED,
    "COMPLETE": Status.FILLED,
    "CANCELLED": Status.CANCELLED,
    "REJECTED": Status.REJECTED,
}
DORMANT = {"AMO REQ RECEIVED", "TRIGGER PENDING"}
#: The venue's word, and how many days one request may span.
INTERVALS = {
    "1m": ("minute", dt.timedelta(minutes=1), 60),
    "3m": ("3minute", dt.timedelta(minutes=3), 100),
    "5m": ("5minute", dt.timedelta(minutes=5), 100),
    "10m": ("10minute", dt.timedelta(minutes=10), 100),
    "15m": ("15minute", dt.timedelta(minutes=15), 200),
    "30m": ("30minute", dt.timedelta(minutes=30), 200),
    "1h": ("60minute", dt.timedelta(hours=1), 400),
    "1d": ("day", dt.timedelta(days=1), 2000),
}
#: Kite marks slices so, and tells none of our own marks beside it.
_SLICE = "autoslice"


def symbol_of(one: Mapping[str, Any]) -> str:
    """Kite's own composite name of a listing, as its quote API takes it."""
    return f"{text(one['exchange'])}:{text(one['tradingsymbol'])}"


def exchange_and_name(symbol: str) -> tuple[str, str]:
    """The two parts of the composite name. No exchange has a colon in its name."""
    exchange, colon, name = symbol.partition(":")
    if not (exchange and colon and name):
        raise ValueError(f"Zerodha's listings are named EXCHANGE:TRADINGSYMBOL, got {symbol!r}")
    return exchange, name


def unit_of(exchange: str) -> Unit:
    """What a quantity counts there: each segment has one unit alone."""
    [unit] = ZERODHA.segments[exchange].units
    return unit


def india_time(words: str) -> dt.datetime:
    """A time as Kite writes it: India's, and no zone beside it."""
    return dt.datetime.strptime(words, "%Y-%m-%d %H:%M:%S").replace(tzinfo=INDIA).astimezone(dt.UTC)


def number(value: object) -> Decimal:
    """A figure of JSON. A text, a truth and a null are none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{value!r} cannot be read as a number")
    return Decimal(value)


def text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} cannot be read as a text")
    return value


def above_nought(value: object) -> Decimal | None:
    """Kite writes nought where there is no price."""
    figure = number(value)
    return figure if figure > 0 else None


def level_of(one: Mapping[str, Any]) -> Level | None:
    """A step of the book; the empty ones are told with a price of nought."""
    price = above_nought(one["price"])
    return None if price is None else Level(price, number(one["quantity"]))


def levels_of(side: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    return tuple(level for level in map(level_of, side) if level is not None)


def carries(one: Mapping[str, Any], mark: str) -> bool:
    """Whether an order of the book bears our mark: `tag` is the first of `tags`, and null beside some of Kite's own."""
    return one["tag"] == mark or mark in (one.get("tags") or ())


def is_unmarked_slice(one: Mapping[str, Any]) -> bool:
    tags = one.get("tags") or ()
    return one["tag"] is None and any(tag == _SLICE or tag.startswith(f"{_SLICE}:") for tag in tags)


def order_of(one: Mapping[str, Any], *, mark: str = "") -> OrderReport:
    """An order of the book. `mark`: the one of its several tags that it was found by."""
    word, filled = text(one["status"]), number(one["filled_quantity"])
    changed = one.get("exchange_update_timestamp") or one["exchange_timestamp"]
    return OrderReport(
        venue_id=text(one["order_id"]),
        mark=mark or one["tag"] or "",
        symbol=symbol_of(one),
        side=SIDES[one["transaction_type"]],
        status=partial_if_filled(STATUSES[word], filled),
        status_word=word,
        # A market order with a protection is told as the limit order that Kite made of it.
        type_word=text(one["order_type"]),
        quantity=Quantity(number(one["quantity"]), unit_of(one["exchange"])),
        filled=filled,
        average_price=above_nought(one["average_price"]),
        limit_price=above_nought(one["price"]),
        trigger_price=above_nought(one["trigger_price"]),
        placed_at=india_time(one["order_timestamp"]),
        changed_at=india_time(changed) if changed else None,
        reason=one["status_message"] or "",
        is_dormant=word in DORMANT,
        raw=one,
    )


def order_of_history(rows: Sequence[Mapping[str, Any]]) -> OrderReport:
    """An order as the last row of its history tells it; each row has the time of its own state."""
    first, last = rows[0], rows[-1]
    return order_of(
        {
            **last,
            "order_timestamp": first["order_timestamp"],
            "exchange_update_timestamp": last["order_timestamp"],
        }
    )


def placed_of(data: Mapping[str, Any], order: OrderRequest, *, is_slice: bool = False) -> OrderReport:
    """An order that Kite has taken down. Its answer holds the number alone: whether it lives is not said yet."""
    return OrderReport(
        venue_id=text(data["order_id"]),
        mark=order.mark,
        symbol=order.symbol,
        side=order.side,
        status=Status.PENDING,
        status_word="",
        type_word=TYPE_WORDS[order.type],
        quantity=None if is_slice else order.quantity,
        filled=Decimal(0),
        average_price=None,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        placed_at=None,
        changed_at=None,
        raw=data,
    )


def fill_of(one: Mapping[str, Any]) -> FillReport:
    """A trade. Kite tells no fee with it: the charges are reckoned afterwards."""
    return FillReport(
        trade_id=text(one["trade_id"]),
        venue_order_id=text(one["order_id"]),
        symbol=symbol_of(one),
        side=SIDES[one["transaction_type"]],
        price=number(one["average_price"]),
        quantity=Quantity(number(one["quantity"]), unit_of(one["exchange"])),
        # `order_timestamp` has no date here.
        at=india_time(one["fill_timestamp"]),
        fee=None,
        fee_kind=FeeKind.TO_COME,
        raw=one,
    )


def holding_of(one: Mapping[str, Any]) -> Holding:
    """Shares in the depository. What was sold today is gone from them, first from the settled ones.

    Kite's page and its answers disagree on whether `quantity` counts T1 shares and those sold today. Settled are never
    more than either way of counting says.
    """
    nought = Decimal(0)
    sold, delivered, coming = (number(one[name]) for name in ("used_quantity", "realised_quantity", "t1_quantity"))
    return Holding(
        symbol=symbol_of(one),
        quantity=max(nought, min(number(one["quantity"]), delivered - sold)),
        t1_quantity=max(nought, coming - max(nought, sold - delivered)),
        pledged_quantity=number(one["collateral_quantity"]),
        authorised_quantity=number(one["authorised_quantity"]),
        average_price=above_nought(one["average_price"]),
        last_price=above_nought(one["last_price"]),
        isin=one["isin"],
        raw=one,
    )


def position_of(one: Mapping[str, Any]) -> Position:
    return Position(
        symbol=symbol_of(one),
        product=PRODUCTS[one["product"]],
        quantity=number(one["quantity"]),
        average_price=above_nought(one["average_price"]),
        last_price=above_nought(one["last_price"]),
        raw=one,
    )
