"""The words of Kraken's sockets. They call pairs by other names than REST does: BTC/USD is XBTUSD there."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zlib import crc32

from exchanges.adapters.digits import above_nought
from exchanges.adapters.kraken_words import SIDES, TYPES
from exchanges.domain.market import Level, Listing, Ticker
from exchanges.domain.news import FillNews, Hint
from exchanges.domain.orders import Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status, partial_if_filled
from kernel.money.amount import Amount

#: "WebSocket v2, symbols": the two assets that v2 calls otherwise than REST's altname does.
_NEWER = {"XBT": "BTC", "XDG": "DOGE"}
_OLDER = {newer: older for older, newer in _NEWER.items()}
#: Channels that nobody subscribes to: life signs, and the state of the whole venue.
NOT_OF_ORDERS = {"heartbeat", "status"}
#: "Executions", `order_status`.
STATUSES = {
    "pending_new": Status.PENDING,
    "new": Status.ACCEPTED,
    "partially_filled": Status.PARTIAL,
    "filled": Status.FILLED,
    "canceled": Status.CANCELLED,
    "expired": Status.EXPIRED,
}
#: "Executions", `exec_type`: whether it is a trade.
EXECUTIONS = {
    "pending_new": False,
    "new": False,
    "trade": True,
    "filled": False,
    "iceberg_refill": False,
    "canceled": False,
    "expired": False,
    "amended": False,
    "restated": False,
    "status": False,
}
_MAKER = {"m": True, "t": False}
_NEEDED = ("symbol", "side", "order_type", "order_qty")
#: What is true of an order until a report says otherwise.
_LASTING = (*_NEEDED, "cl_ord_id", "cash_order_qty", "limit_price", "stop_price", "triggers")
_UNFILLED = {"pending_new", "new"}
_MOST = 5000


@dataclass(frozen=True, slots=True)
class SocketNames:
    """The names of the pairs here and there, of the listings that were read before."""

    to_told: Mapping[str, str]
    to_ours: Mapping[str, str]

    @classmethod
    def of(cls, listings: Iterable[Listing]) -> "SocketNames":
        told = {one.symbol: f"{_NEWER.get(one.base, one.base)}/{_NEWER.get(one.quote, one.quote)}" for one in listings}
        return cls(told, {name: symbol for symbol, name in told.items()})

    def told(self, symbol: str) -> str:
        return self.to_told[symbol]

    def ours(self, name: str) -> str:
        return self.to_ours[name]


def moment(text: str) -> dt.datetime:
    read = dt.datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"a moment without its zone: {text}")
    return read.astimezone(dt.UTC)


def ticker_of(one: Mapping[str, Any], symbol: str) -> Ticker:
    return Ticker(
        symbol=symbol,
        last=above_nought(one["last"]),
        bid=above_nought(one["bid"]),
        ask=above_nought(one["ask"]),
        at=moment(one["timestamp"]) if one.get("timestamp") else None,
        volume=Decimal(one["volume"]),
        raw=one,
    )


class Orders:
    """Reports after an order's first say only what changed; what was said first is remembered of the last so many."""

    def __init__(self, names: SocketNames) -> None:
        self._names = names
        self._first: dict[str, Mapping[str, Any]] = {}

    def news_of(self, one: Mapping[str, Any]) -> Iterator[FillNews]:
        """A trade tells its fill, and of its order not enough."""
        status, is_trade = STATUSES[one["order_status"]], EXECUTIONS[one["exec_type"]]
        whole = {**self._first.get(one["order_id"], {}), **one}
        symbol = self._names.ours(whole["symbol"]) if "symbol" in whole else ""
        # How much was filled is never remembered: the report says it, or its word says that nothing was.
        is_whole = all(name in whole for name in _NEEDED) and ("cum_qty" in one or one["order_status"] in _UNFILLED)
        if is_trade:
            yield fill_of(one, symbol)
        elif is_whole:
            self._remember(whole)
            yield order_of(whole, symbol, status)
        if is_trade or not is_whole:
            # Of the trade that filled the rest it may say partially filled, says the document.
            yield Hint(one["order_id"], symbol)

    def _remember(self, whole: Mapping[str, Any]) -> None:
        self._first[whole["order_id"]] = {name: whole[name] for name in _LASTING if name in whole}
        if len(self._first) > _MOST:
            del self._first[next(iter(self._first))]


def order_of(one: Mapping[str, Any], symbol: str, status: Status) -> OrderReport:
    filled = Decimal(one.get("cum_qty", 0))
    waits = one.get("triggers", {}).get("status") == "untriggered"
    prices = TYPES[one["order_type"]]
    trigger = one.get("triggers", {}).get("price", one.get("stop_price", 0))
    return OrderReport(
        venue_id=one["order_id"],
        mark=one.get("cl_ord_id", ""),
        symbol=symbol,
        side=SIDES[one["side"]],
        status=partial_if_filled(status, filled),
        status_word=one["order_status"],
        type_word=one["order_type"],
        quantity=_quantity_of(one),
        filled=filled,
        average_price=above_nought(one.get("avg_price", 0)) if filled > 0 else None,
        limit_price=above_nought(one.get("limit_price", 0)) if prices.limit else None,
        trigger_price=above_nought(trigger) if prices.trigger else None,
        placed_at=None,
        changed_at=moment(one["timestamp"]),
        reason=one.get("reason", ""),
        is_dormant=waits and not status.is_final,
        raw=one,
    )


def fill_of(one: Mapping[str, Any], symbol: str) -> FillReport:
    """Its id is the one by which REST tells the same trade; `trade_id` counts the pair's trades."""
    [fee] = one["fees"]
    return FillReport(
        trade_id=one["exec_id"],
        venue_order_id=one["order_id"],
        symbol=symbol,
        side=SIDES[one["side"]],
        price=Decimal(one["last_price"]),
        quantity=Quantity(Decimal(one["last_qty"]), Unit.BASE),
        at=moment(one["timestamp"]),
        fee=Amount(Decimal(fee["qty"]), _OLDER.get(fee["asset"], fee["asset"])),
        fee_kind=FeeKind.CHARGED,
        mark=one.get("cl_ord_id", ""),
        is_maker=_MAKER[one["liquidity_ind"]],
        raw=one,
    )


def _quantity_of(one: Mapping[str, Any]) -> Quantity:
    in_quote = above_nought(one.get("cash_order_qty", 0))
    return Quantity(in_quote, Unit.QUOTE) if in_quote else Quantity(Decimal(one["order_qty"]), Unit.BASE)


def levels_of(told: Iterable[Mapping[str, Any]]) -> list[Level]:
    return [Level(Decimal(one["price"]), Decimal(one["qty"])) for one in told]


def checksums(bids: Iterable[Level], asks: Iterable[Level], *, places: tuple[int, int]) -> Iterator[int]:
    """ "Book checksum (v2)": of the ten best asks and then bids, their digits without the point and leading noughts.

    As they stood on the wire; and, should noughts at the end have been left out there, with as many as the pair has.
    """
    levels = [*asks, *bids]
    for price_places, quantity_places in ((0, 0), places):
        text = "".join(_digits(one.price, price_places) + _digits(one.quantity, quantity_places) for one in levels)
        yield crc32(text.encode())


def _digits(figure: Decimal, places: int) -> str:
    exponent = figure.as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{figure:.{max(places, -exponent, 0)}f}".replace(".", "").lstrip("0")
