"""Coinbase's words and ours, each in a table that is indexed: a word that is in none of them raises."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exchanges.adapters.digits import above_nought
from exchanges.domain.market import Listing
from exchanges.domain.orders import Lasting, OrderType, Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status, partial_if_filled
from instruments.domain.rules import Side, Steps, TradingRules
from kernel.money.amount import Amount

SIDE_WORDS = {Side.BUY: "BUY", Side.SELL: "SELL"}
SIDES = {word: side for side, word in SIDE_WORDS.items()}
#: An order for the market never stands: what it does not get at once is cancelled.
CONFIGURATIONS = {
    (OrderType.MARKET, Lasting.UNTIL_CANCELLED): "market_market_ioc",
    (OrderType.MARKET, Lasting.IMMEDIATE_OR_CANCEL): "market_market_ioc",
    (OrderType.MARKET, Lasting.FILL_OR_KILL): "market_market_fok",
    (OrderType.LIMIT, Lasting.IMMEDIATE_OR_CANCEL): "sor_limit_ioc",
    (OrderType.LIMIT, Lasting.UNTIL_CANCELLED): "limit_limit_gtc",
    (OrderType.LIMIT, Lasting.UNTIL_DATE): "limit_limit_gtd",
    (OrderType.LIMIT, Lasting.FILL_OR_KILL): "limit_limit_fok",
    (OrderType.STOP_LIMIT, Lasting.UNTIL_CANCELLED): "stop_limit_stop_limit_gtc",
    (OrderType.STOP_LIMIT, Lasting.UNTIL_DATE): "stop_limit_stop_limit_gtd",
}
#: A stop waits for the price to go against who holds it.
STOP_DIRECTIONS = {Side.BUY: "STOP_DIRECTION_STOP_UP", Side.SELL: "STOP_DIRECTION_STOP_DOWN"}


@dataclass(frozen=True, slots=True)
class _Prices:
    """Where a configuration says its prices; empty where it has none, or several."""

    limit: str = ""
    trigger: str = ""


_PRICES = {
    "market_market_ioc": _Prices(),
    "market_market_fok": _Prices(),
    "sor_limit_ioc": _Prices("limit_price"),
    "limit_limit_gtc": _Prices("limit_price"),
    "limit_limit_gtd": _Prices("limit_price"),
    "limit_limit_fok": _Prices("limit_price"),
    "stop_limit_stop_limit_gtc": _Prices("limit_price", "stop_price"),
    "stop_limit_stop_limit_gtd": _Prices("limit_price", "stop_price"),
    "trigger_bracket_gtc": _Prices("limit_price", "stop_trigger_price"),
    "trigger_bracket_gtd": _Prices("limit_price", "stop_trigger_price"),
    "twap_limit_gtd": _Prices("limit_price"),
    "scaled_limit_gtc": _Prices(),
}
#: The words of crate cbat 0.0.18; EDIT_QUEUED is from third-party lists, of an order that stands.
STATUSES = {
    "PENDING": Status.PENDING,
    "QUEUED": Status.PENDING,
    "OPEN": Status.ACCEPTED,
    "CANCEL_QUEUED": Status.ACCEPTED,
    "EDIT_QUEUED": Status.ACCEPTED,
    "FILLED": Status.FILLED,
    "CANCELLED": Status.CANCELLED,
    "EXPIRED": Status.EXPIRED,
    "FAILED": Status.REJECTED,
    "UNKNOWN_ORDER_STATUS": Status.UNKNOWN,
}
_MAKER = {"MAKER": True, "TAKER": False, "UNKNOWN_LIQUIDITY_INDICATOR": None}
#: Only the first is an execution. Reversals and corrections undo one, for which a fill has no word: they are not read.
_TRADE_TYPES = {"FILL": FeeKind.CHARGED}
PRODUCT_STATUSES = {"online": True, "offline": False, "delisted": False, "internal": False}
_SHUT = ("is_disabled", "trading_disabled", "cancel_only", "limit_only", "post_only", "auction_mode", "view_only")
GRANULARITIES = {
    "1m": ("ONE_MINUTE", 60),
    "5m": ("FIVE_MINUTE", 300),
    "15m": ("FIFTEEN_MINUTE", 900),
    "30m": ("THIRTY_MINUTE", 1800),
    "1h": ("ONE_HOUR", 3600),
    "2h": ("TWO_HOUR", 7200),
    "6h": ("SIX_HOUR", 21600),
    "1d": ("ONE_DAY", 86400),
}


def moment(text: str) -> dt.datetime:
    """RFC 3339, with up to nine digits behind the second, of which six are kept."""
    read = dt.datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"a moment without its zone: {text}")
    return read.astimezone(dt.UTC)


def order_of(one: Mapping[str, Any]) -> OrderReport:
    [(kind, told)] = one["order_configuration"].items()
    prices, word = _PRICES[kind], one["status"]
    status, filled = STATUSES[word], Decimal(one["filled_size"])
    in_quote = above_nought(told.get("quote_size") or 0)
    return OrderReport(
        venue_id=id_of(one["order_id"]),
        mark=one["client_order_id"],
        symbol=one["product_id"],
        side=SIDES[one["side"]],
        status=partial_if_filled(status, filled),
        status_word=word,
        type_word=kind,
        quantity=Quantity(in_quote, Unit.QUOTE) if in_quote else Quantity(Decimal(told["base_size"]), Unit.BASE),
        filled=filled,
        average_price=Decimal(one["average_filled_price"]) if filled > 0 else None,
        limit_price=Decimal(told[prices.limit]) if prices.limit else None,
        trigger_price=Decimal(told[prices.trigger]) if prices.trigger else None,
        placed_at=moment(one["created_time"]),
        changed_at=moment(one["last_fill_time"]) if one.get("last_fill_time") else None,
        reason=one.get("reject_message") or one.get("cancel_message") or "",
        is_dormant=one.get("trigger_status") == "STOP_PENDING" and not status.is_final,
        raw=one,
    )


def fill_of(one: Mapping[str, Any], quote: str) -> FillReport:
    """A fill; its commission is in the quote currency of its product, which the listing names."""
    return FillReport(
        trade_id=id_of(one["trade_id"]),
        venue_order_id=id_of(one["order_id"]),
        symbol=one["product_id"],
        side=SIDES[one["side"]],
        price=Decimal(one["price"]),
        quantity=Quantity(Decimal(one["size"]), Unit.QUOTE if is_true(one["size_in_quote"]) else Unit.BASE),
        at=moment(one["trade_time"]),
        fee=Amount(Decimal(one["commission"]), quote),
        fee_kind=_TRADE_TYPES[one["trade_type"]],
        is_maker=_MAKER[one["liquidity_indicator"]],
        raw=one,
    )


def listing_of(one: Mapping[str, Any]) -> Listing:
    """A product. A status that nobody here knows shuts this product, and no other."""
    shut = tuple(name for name in _SHUT if one.get(name) is not False and name in one)
    return Listing(
        symbol=one["product_id"],
        base=one["base_currency_id"],
        quote=one["quote_currency_id"],
        segment="spot",
        is_tradable=PRODUCT_STATUSES.get(one["status"], False) and not shut,
        rules=TradingRules(
            price=Steps(above_nought(one.get("price_increment") or one["quote_increment"])),
            quantity=Steps(
                above_nought(one["base_increment"]),
                above_nought(one["base_min_size"]),
                above_nought(one["base_max_size"]),
            ),
            least_notional=above_nought(one["quote_min_size"]),
            most_notional=above_nought(one["quote_max_size"]),
        ),
        name=one.get("display_name") or "",
        facts={"status": one["status"], "shut_by": " ".join(shut)},
        raw=one,
    )


def is_true(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false was due, got {value!r}")
    return value


def id_of(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"an id is a text, got {value!r}")
    return value
