"""The words of Binance's sockets, which name what REST tells by single letters. Tables are indexed: what is in none
of them raises.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from exchanges.adapters.binance_words import SIDES, moment, order_of
from exchanges.adapters.digits import above_nought
from exchanges.domain.market import Book, Level, Ticker
from exchanges.domain.orders import Quantity, Unit
from exchanges.domain.reports import FeeKind, FillReport, OrderReport
from kernel.money.amount import Amount

#: user-data-stream.md: what changes a balance.
ACCOUNT_MOVED = {"outboundAccountPosition", "balanceUpdate", "externalLockUpdate"}
#: A list's own state; each of its orders is told apart.
NOTHING_NEW = {"listStatus"}
#: `x`: whether this report is of a trade.
EXECUTIONS = {
    "NEW": False,
    "CANCELED": False,
    "REPLACED": False,
    "REJECTED": False,
    "TRADE": True,
    "EXPIRED": False,
    "TRADE_PREVENTION": False,
}
_NAMES = {
    "symbol": "s",
    "orderId": "i",
    "price": "p",
    "origQty": "q",
    "executedQty": "z",
    "cummulativeQuoteQty": "Z",
    "origQuoteOrderQty": "Q",
    "status": "X",
    "type": "o",
    "side": "S",
    "stopPrice": "P",
    "time": "O",
    "updateTime": "T",
    "isWorking": "w",
}
_NO_REASON = {"", "NONE"}


def ticker_of(one: Mapping[str, Any]) -> Ticker:
    return Ticker(
        symbol=one["s"],
        last=Decimal(one["c"]),
        bid=above_nought(one["b"]),
        ask=above_nought(one["a"]),
        at=moment(one["C"]),
        volume=Decimal(one["v"]),
        raw=one,
    )


def book_of(one: Mapping[str, Any], symbol: str) -> Book:
    """Partial depth tells no time."""
    bids, asks = (tuple(Level(Decimal(price), Decimal(many)) for price, many in one[side]) for side in ("bids", "asks"))
    return Book(symbol, bids, asks, at=None, sequence=int(one["lastUpdateId"]))


def report_of(one: Mapping[str, Any]) -> OrderReport:
    """An executionReport, with its fill inside where it is of a trade."""
    usual = {name: one[letter] for name, letter in _NAMES.items()}
    # While it is being cancelled `c` names the cancel, and the order's own mark is the original one.
    usual["clientOrderId"] = one["C"] or one["c"]
    order = order_of(usual)
    reason = one.get("eR") or one["r"]
    is_trade = EXECUTIONS[one["x"]]
    return replace(
        order,
        reason="" if reason in _NO_REASON else reason,
        fills=(_fill_of(one, order.mark),) if is_trade else (),
        raw=one,
    )


def _fill_of(one: Mapping[str, Any], mark: str) -> FillReport:
    return FillReport(
        trade_id=str(one["t"]),
        venue_order_id=str(one["i"]),
        symbol=one["s"],
        side=SIDES[one["S"]],
        price=Decimal(one["L"]),
        quantity=Quantity(Decimal(one["l"]), Unit.BASE),
        at=moment(one["T"]),
        fee=Amount(Decimal(one["n"]), one["N"]),
        fee_kind=FeeKind.CHARGED,
        mark=mark,
        is_maker=one["m"],
        raw=one,
    )
