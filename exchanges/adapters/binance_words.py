"""Binance's words and ours, each in a table that is indexed: a word that is in none of them raises."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exchanges.adapters.digits import above_nought
from exchanges.domain.market import Listing
from exchanges.domain.orders import Lasting, OrderType, Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport, Status
from instruments.domain.rules import Band, Side, Steps, TradingRules
from kernel.money.amount import Amount

SIDE_WORDS = {Side.BUY: "BUY", Side.SELL: "SELL"}
SIDES = {word: side for side, word in SIDE_WORDS.items()}
TYPE_WORDS = {
    OrderType.LIMIT: "LIMIT",
    OrderType.MARKET: "MARKET",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderType.TAKE_PROFIT: "TAKE_PROFIT",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT_LIMIT",
}
TYPES = {word: kind for kind, word in TYPE_WORDS.items()}
LASTING_WORDS = {
    Lasting.UNTIL_CANCELLED: "GTC",
    Lasting.IMMEDIATE_OR_CANCEL: "IOC",
    Lasting.FILL_OR_KILL: "FOK",
}
#: enums.md, "Order status".
STATUSES = {
    "NEW": Status.ACCEPTED,
    "PENDING_NEW": Status.ACCEPTED,
    "PARTIALLY_FILLED": Status.PARTIAL,
    "PENDING_CANCEL": Status.ACCEPTED,
    "FILLED": Status.FILLED,
    "CANCELED": Status.CANCELLED,
    "REJECTED": Status.REJECTED,
    "EXPIRED": Status.EXPIRED,
    "EXPIRED_IN_MATCH": Status.EXPIRED,
}
#: enums.md, "Symbol status". Only the first trades.
SYMBOL_STATUSES = {"TRADING": True, "END_OF_DAY": False, "HALT": False, "BREAK": False}
#: Filters that bind an account's orders together, and no single order's numbers.
OTHER_FILTERS = {
    "ICEBERG_PARTS",
    "MAX_NUM_ORDERS",
    "MAX_NUM_ALGO_ORDERS",
    "MAX_NUM_ICEBERG_ORDERS",
    "MAX_NUM_ORDER_AMENDS",
    "MAX_NUM_ORDER_LISTS",
    "MAX_POSITION",
    "TRAILING_DELTA",
    "T_PLUS_SELL",
    "EXCHANGE_MAX_NUM_ORDERS",
    "EXCHANGE_MAX_NUM_ALGO_ORDERS",
    "EXCHANGE_MAX_NUM_ICEBERG_ORDERS",
    "EXCHANGE_MAX_NUM_ORDER_LISTS",
}


def moment(stamp: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(stamp) / 1000, tz=dt.UTC)


def order_of(one: Mapping[str, Any], *, placed_at: str = "time") -> OrderReport:
    """An order, as each of the paths tells it: the same words, and some of them missing here and there."""
    filled, spent = Decimal(one["executedQty"]), Decimal(one["cummulativeQuoteQty"])
    word, type_word = one["status"], one["type"]
    stop = Decimal(one.get("stopPrice") or 0)
    quantity, in_quote = Decimal(one["origQty"]), Decimal(one.get("origQuoteOrderQty") or 0)
    is_by_amount = quantity == 0 and in_quote > 0
    changed = one.get("updateTime", one.get("transactTime"))
    return OrderReport(
        venue_id=str(one["orderId"]),
        mark=one["clientOrderId"],
        symbol=one["symbol"],
        side=SIDES[one["side"]],
        status=STATUSES[word],
        status_word=word,
        type_word=type_word,
        quantity=Quantity(in_quote, Unit.QUOTE) if is_by_amount else Quantity(quantity, Unit.BASE),
        filled=filled,
        # Below nought the figure was not kept, which the document says of old orders.
        average_price=spent / filled if filled > 0 and spent >= 0 else None,
        limit_price=above_nought(one["price"]),
        trigger_price=stop or None,
        placed_at=moment(one[placed_at]) if one.get(placed_at) else None,
        changed_at=moment(changed) if changed else None,
        reason=one.get("expiryReason", ""),
        is_dormant=word == "PENDING_NEW" or (word == "NEW" and stop > 0 and one.get("isWorking") is False),
        fills=tuple(_fill_of_order(one, fill) for fill in one.get("fills", ())),
        raw=one,
    )


def amended_order_of(one: Mapping[str, Any]) -> OrderReport:
    """An order after an amendment, whose figures have names of their own."""
    names = {"origQty": "qty", "cummulativeQuoteQty": "cumulativeQuoteQty", "origQuoteOrderQty": "quoteOrderQty"}
    return order_of({**one, **{usual: one[name] for usual, name in names.items()}})


def fill_of(one: Mapping[str, Any]) -> FillReport:
    """A row of myTrades. It names the order by its number alone."""
    return FillReport(
        trade_id=str(one["id"]),
        venue_order_id=str(one["orderId"]),
        symbol=one["symbol"],
        side=Side.BUY if one["isBuyer"] else Side.SELL,
        price=Decimal(one["price"]),
        quantity=Quantity(Decimal(one["qty"]), Unit.BASE),
        at=moment(one["time"]),
        fee=Amount(Decimal(one["commission"]), one["commissionAsset"]),
        fee_kind=FeeKind.CHARGED,
        is_maker=one["isMaker"],
        raw=one,
    )


def _fill_of_order(order: Mapping[str, Any], one: Mapping[str, Any]) -> FillReport:
    """A fill inside the answer to an order, which has no time of its own."""
    return FillReport(
        trade_id=str(one["tradeId"]),
        venue_order_id=str(order["orderId"]),
        symbol=order["symbol"],
        side=SIDES[order["side"]],
        price=Decimal(one["price"]),
        quantity=Quantity(Decimal(one["qty"]), Unit.BASE),
        at=moment(order["transactTime"]),
        fee=Amount(Decimal(one["commission"]), one["commissionAsset"]),
        fee_kind=FeeKind.CHARGED,
        mark=order["clientOrderId"],
        is_maker=False,
        raw=one,
    )


def listing_of(one: Mapping[str, Any]) -> Listing:
    """A symbol. A filter or status that nobody here knows shuts this symbol, and no other."""
    filters = {entry["filterType"]: entry for entry in one["filters"]}
    strange = set(filters) - _RULES.keys() - OTHER_FILTERS
    is_open = SYMBOL_STATUSES.get(one["status"], False) and one["isSpotTradingAllowed"] and not strange
    return Listing(
        symbol=one["symbol"],
        base=one["baseAsset"],
        quote=one["quoteAsset"],
        segment="spot",
        is_tradable=is_open,
        rules=_rules_of(filters),
        # LIMIT_MAKER is an order type there, and a property of a limit here.
        order_types=frozenset(TYPES[word] for word in one["orderTypes"] if word in TYPES),
        facts={
            "status": one["status"],
            "maker_only": str("LIMIT_MAKER" in one["orderTypes"]).lower(),
            "by_amount": str(one["quoteOrderQtyMarketAllowed"]).lower(),
            "strange_filters": " ".join(sorted(strange)),
        },
        raw=one,
    )


def _rules_of(filters: Mapping[str, Mapping[str, Any]]) -> TradingRules:
    made: dict[str, Any] = {}
    for name, read in _RULES.items():
        if name in filters:
            made |= read(filters[name])
    return TradingRules(**made)


def _price(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"price": _steps(one["tickSize"], one["minPrice"], one["maxPrice"])}


def _lot(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"quantity": _steps(one["stepSize"], one["minQty"], one["maxQty"])}


def _market_lot(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"market_quantity": _steps(one["stepSize"], one["minQty"], one["maxQty"])}


def _notional(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "least_notional": above_nought(one["minNotional"]),
        "least_binds_market": one["applyMinToMarket"],
        "most_notional": above_nought(one["maxNotional"]),
        "most_binds_market": one["applyMaxToMarket"],
    }


def _least_notional(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"least_notional": above_nought(one["minNotional"]), "least_binds_market": one["applyToMarket"]}


def _percent(one: Mapping[str, Any]) -> dict[str, Any]:
    band = Band(Decimal(one["multiplierDown"]), Decimal(one["multiplierUp"]))
    return {"buy_band": band, "sell_band": band}


def _percent_by_side(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "buy_band": Band(Decimal(one["bidMultiplierDown"]), Decimal(one["bidMultiplierUp"])),
        "sell_band": Band(Decimal(one["askMultiplierDown"]), Decimal(one["askMultiplierUp"])),
    }


_RULES = {
    "PRICE_FILTER": _price,
    "LOT_SIZE": _lot,
    "MARKET_LOT_SIZE": _market_lot,
    "NOTIONAL": _notional,
    "MIN_NOTIONAL": _least_notional,
    "PERCENT_PRICE": _percent,
    "PERCENT_PRICE_BY_SIDE": _percent_by_side,
}


def _steps(step: str, least: str, most: str) -> Steps:
    """A bound of nought is none, says filters.md."""
    return Steps(above_nought(step), above_nought(least), above_nought(most))
