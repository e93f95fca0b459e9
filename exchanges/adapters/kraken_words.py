"""Kraken's words and ours, each in a table that is indexed: a word that is in none of them raises.

Names. Our symbol is the pair's `altname`, which AddOrder takes and which orders are reported by; trades are reported
by the pair's key, such as XXBTZUSD. Our name of an asset is the `altname` that Assets tells: XXBT is XBT, ZUSD is USD.
What belongs to what is never parsed: `Names` holds it, made of the listings that were read before.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exchanges.adapters.digits import above_nought
from exchanges.domain.market import Listing
from exchanges.domain.orders import Lasting, OrderType, Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status, partial_if_filled
from instruments.domain.rules import Side, Steps, TradingRules
from kernel.money.amount import Amount

SIDE_WORDS = {Side.BUY: "buy", Side.SELL: "sell"}
SIDES = {word: side for side, word in SIDE_WORDS.items()}
TYPE_WORDS = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop-loss",
    OrderType.STOP_LIMIT: "stop-loss-limit",
    OrderType.TAKE_PROFIT: "take-profit",
    OrderType.TAKE_PROFIT_LIMIT: "take-profit-limit",
}
LASTING_WORDS = {
    Lasting.UNTIL_CANCELLED: "GTC",
    Lasting.IMMEDIATE_OR_CANCEL: "IOC",
    Lasting.FILL_OR_KILL: "FOK",
    Lasting.UNTIL_DATE: "GTD",
}
#: "Get Open Orders" and "Get Closed Orders", `status`.
STATUSES = {
    "pending": Status.PENDING,
    "open": Status.ACCEPTED,
    "closed": Status.FILLED,
    "canceled": Status.CANCELLED,
    "expired": Status.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class _Prices:
    """Where an order of this type says its prices; empty where it has none, or tells a distance."""

    limit: str = ""
    trigger: str = ""


#: "Add Order", `ordertype`.
TYPES = {
    "market": _Prices(),
    "limit": _Prices(limit="price"),
    "iceberg": _Prices(limit="price"),
    "stop-loss": _Prices(trigger="price"),
    "stop-loss-limit": _Prices(trigger="price", limit="price2"),
    "take-profit": _Prices(trigger="price"),
    "take-profit-limit": _Prices(trigger="price", limit="price2"),
    "trailing-stop": _Prices(),
    "trailing-stop-limit": _Prices(),
    "settle-position": _Prices(),
}
_WAIT_FOR_A_PRICE = {word for word in TYPES if "stop" in word or "profit" in word}
#: `misc` of an order whose price was reached.
_REACHED = {"stopped", "touched"}
#: "Get Tradable Asset Pairs", `status`. Only the first takes every order.
PAIR_STATUSES = {"online": True, "cancel_only": False, "post_only": False, "limit_only": False, "reduce_only": False}
INTERVALS = {
    "1m": 1,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "4h": 240,
    "1d": 1440,
    "1w": 10080,
}


@dataclass(frozen=True, slots=True)
class Right:
    reads: bool = False
    trades: bool = False
    moves_money: bool = False


#: "Get API Key Info", `permissions`. Who may add an address to withdraw to is half-way to withdrawing.
RIGHTS = {
    "query-funds": Right(reads=True),
    "query-open-trades": Right(reads=True),
    "query-closed-trades": Right(reads=True),
    "modify-trades": Right(trades=True),
    "withdraw-funds": Right(moves_money=True),
    "add-withdraw-address": Right(moves_money=True),
    "update-withdraw-address": Right(moves_money=True),
    "add-funds": Right(),
    "earn-funds": Right(),
    "close-trades": Right(),
    "query-ledger": Right(),
    "export-data": Right(),
    "create-ws-token": Right(),
}


@dataclass(frozen=True, slots=True)
class Pair:
    symbol: str
    key: str
    quote: str


@dataclass(frozen=True, slots=True)
class Names:
    """What Kraken calls its pairs and assets. Empty until the listings were read once."""

    #: By symbol.
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    #: The asset's id → its altname.
    assets: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, listings: Iterable[Listing]) -> "Names":
        pairs: dict[str, Pair] = {}
        assets: dict[str, str] = {}
        for one in listings:
            pairs[one.symbol] = Pair(one.symbol, one.facts["key"], one.quote)
            assets |= {one.facts["base_id"]: one.base, one.facts["quote_id"]: one.quote}
        return cls(pairs, assets)

    def asset(self, name: str) -> str:
        """The altname; what is in no pair, such as ETH2.S, has the venue's own id and no other."""
        return self.assets.get(name, name)


def moment(stamp: Decimal | int | str) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(Decimal(stamp) * 1_000_000))


def order_of(name: str, one: Mapping[str, Any]) -> OrderReport:
    """An order as OpenOrders, ClosedOrders and QueryOrders tell it, under its own id."""
    told, word = one["descr"], one["status"]
    prices = TYPES[told["ordertype"]]
    filled = Decimal(one["vol_exec"])
    flags = one["oflags"].split(",")
    waits = told["ordertype"] in _WAIT_FOR_A_PRICE and not _REACHED & set(one["misc"].split(","))
    return OrderReport(
        venue_id=name,
        mark=one.get("cl_ord_id") or "",
        symbol=told["pair"],
        side=SIDES[told["type"]],
        status=partial_if_filled(STATUSES[word], filled),
        status_word=word,
        type_word=told["ordertype"],
        quantity=Quantity(Decimal(one["vol"]), Unit.QUOTE if "viqc" in flags else Unit.BASE),
        filled=filled,
        average_price=Decimal(one["price"]) if filled > 0 else None,
        limit_price=above_nought(told[prices.limit]) if prices.limit else None,
        trigger_price=above_nought(told[prices.trigger]) if prices.trigger else None,
        placed_at=moment(one["opentm"]),
        changed_at=moment(one["closetm"]) if one.get("closetm") else None,
        reason=one.get("reason") or "",
        is_dormant=waits and not STATUSES[word].is_final,
        raw=one,
    )


def fill_of(name: str, one: Mapping[str, Any], pair: Pair) -> FillReport:
    """A row of TradesHistory. Its `fee` is in the quote currency, says the document, whatever asset it was taken from;
    orders of ours ask for that too (fciq).
    """
    return FillReport(
        trade_id=name,
        venue_order_id=one["ordertxid"],
        symbol=pair.symbol,
        side=SIDES[one["type"]],
        price=Decimal(one["price"]),
        quantity=Quantity(Decimal(one["vol"]), Unit.BASE),
        at=moment(one["time"]),
        fee=Amount(Decimal(one["fee"]), pair.quote),
        fee_kind=FeeKind.CHARGED,
        is_maker=one.get("maker"),
        raw=one,
    )


def listing_of(key: str, one: Mapping[str, Any], assets: Mapping[str, Mapping[str, Any]]) -> Listing:
    """A pair. A status, an asset or a multiplier that nobody here knows shuts this pair, and no other."""
    unnamed = {one["base"], one["quote"]} - set(assets)
    is_open = PAIR_STATUSES.get(one["status"], False) and not unnamed and one["lot_multiplier"] == 1
    return Listing(
        symbol=one["altname"],
        base=_asset_name(one["base"], assets),
        quote=_asset_name(one["quote"], assets),
        segment="spot",
        is_tradable=is_open,
        rules=TradingRules(
            price=Steps(Decimal(one["tick_size"])),
            quantity=Steps(Decimal(1).scaleb(-one["lot_decimals"]), above_nought(one["ordermin"])),
            least_notional=above_nought(one["costmin"]),
        ),
        facts={
            "key": key,
            "status": one["status"],
            "base_id": one["base"],
            "quote_id": one["quote"],
            "unnamed_assets": " ".join(sorted(unnamed)),
        },
        raw=one,
    )


def _asset_name(name: str, assets: Mapping[str, Mapping[str, Any]]) -> str:
    return str(assets[name]["altname"]) if name in assets else name
