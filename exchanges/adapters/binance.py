"""Binance spot over REST. Wire: binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md; the rights of a key
by GET /sapi/v1/account/apiRestrictions.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from exchanges.adapters.binance_words import (
    LASTING_WORDS,
    SIDE_WORDS,
    TYPE_WORDS,
    amended_order_of,
    fill_of,
    listing_of,
    moment,
    order_of,
)
from exchanges.adapters.ccxt_client import ccxt_client
from exchanges.adapters.digits import above_nought, plain
from exchanges.adapters.rest import RestVenue
from exchanges.adapters.wire import Answer, Call, WireSession
from exchanges.domain.catalogue import NOTHING_READ, Catalogue
from exchanges.domain.classifier import Verdict
from exchanges.domain.failures import Refused
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, OrderRef, OrderRequest, OrderType, Unit
from exchanges.domain.outcomes import Absent, CommandOutcome, Found, Lookup, Outcome, Unresolved
from exchanges.domain.reports import FillReport, OrderReport
from exchanges.domain.rights import KeyRights, Withdrawal
from exchanges.domain.venues.binance import BINANCE
from exchanges.venue import Clock, Credentials
from instruments.domain.candles import Candle

_PAGE = 1000
_NO_SUCH_ORDER = "-2013"
_MOVES_MONEY = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")
_DEPTHS = (5, 10, 20, 50, 100, 500, 1000, 5000)


class Binance(RestVenue):
    facts = BINANCE

    def __init__(
        self,
        *,
        credentials: Credentials | None,
        wire: WireSession,
        clock: Clock,
        catalogue: Catalogue = NOTHING_READ,
        base_url: str | None = None,
    ) -> None:
        super().__init__(wire=wire)
        window = BINANCE.window.length
        config: dict[str, Any] = {"options": {"recvWindow": int(window.total_seconds() * 1000) if window else None}}
        if credentials is not None:
            config |= {"apiKey": credentials.reveal("api_key"), "secret": credentials.reveal("secret")}
        self._client = ccxt_client("binance", wire=wire, clock=clock, base_url=base_url, config=config)
        self._clock = clock

    def envelope(self, answer: Answer, content: Any) -> tuple[str, str]:
        if isinstance(content, dict) and "code" in content and "msg" in content:
            return str(content["code"]), str(content["msg"])
        return "", ""

    # ---- what changes something ----

    def place(self, order: OrderRequest) -> Outcome:
        sent = _order_parameters(order)
        told = self.tell(Call(Act.PLACE, order.symbol), lambda: self._client.privatePostOrder(sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.accepted(told, lambda content: order_of(content, placed_at="transactTime"))

    def cancel(self, order: OrderRef) -> CommandOutcome:
        named = {"symbol": order.symbol, **_name_of(order)}
        call = Call(Act.CANCEL, order.symbol, self._age(order))
        told = self.tell(call, lambda: self._client.privateDeleteOrder(named))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        # `clientOrderId` names the cancel here; the order's own mark is the original one.
        return self.done(told, lambda content: order_of({**content, "clientOrderId": content["origClientOrderId"]}))

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome:
        """Lowers the quantity, keeping the place in the queue: all that Binance can change."""
        if change.quantity is None or change.limit_price is not None or change.trigger_price is not None:
            raise ValueError("Binance changes the quantity of an order alone")
        sent = {
            "symbol": order.symbol,
            **_name_of(order),
            "newQty": plain(change.quantity.value),
            # Without it the order loses our mark.
            "newClientOrderId": order.mark,
        }
        call = Call(Act.MODIFY, order.symbol, self._age(order))
        # ccxt 4.5.90 has no method of its own for this path.
        told = self.tell(call, lambda: self._client.request("order/amend/keepPriority", ["private"], "PUT", sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.done(told, lambda content: amended_order_of(content["amendedOrder"]))

    # ---- what became of it ----

    def find(self, order: OrderRef) -> Lookup:
        named = {"symbol": order.symbol, **_name_of(order)}
        call = Call(Act.FIND, order.symbol)
        try:
            content = self.ask(call, lambda: self._client.privateGetOrder(named))
        except Refused as refused:
            if refused.reply is not None and refused.reply.code == _NO_SUCH_ORDER:
                return Absent("order by client id")
            return Unresolved(str(refused))
        return Found(self.reading(lambda: order_of(content)))

    def open_orders(self) -> Sequence[OrderReport]:
        content = self.ask(Call(Act.OPEN_ORDERS), lambda: self._client.privateGetOpenOrders({}))
        return self.reading(lambda: [order_of(one) for one in self.rows(content)])

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[OrderReport]:
        call = Call(Act.ORDERS_SINCE, symbol)
        pages = self._pages(call, self._client.privateGetAllOrders, since, symbol, key="orderId", go_on="orderId")
        return self.reading(lambda: [order_of(one) for one in pages])

    def trades_since(self, since: dt.datetime, symbol: str) -> Sequence[FillReport]:
        call = Call(Act.TRADES_SINCE, symbol)
        pages = self._pages(call, self._client.privateGetMyTrades, since, symbol, key="id", go_on="fromId")
        return self.reading(lambda: [fill_of(one) for one in pages])

    # ---- what the account holds ----

    def balances(self) -> Sequence[Balance]:
        asked = {"omitZeroBalances": "true"}
        content = self.ask(Call(Act.BALANCES), lambda: self._client.privateGetAccount(asked))
        return self.reading(
            lambda: [
                Balance(one["asset"], Decimal(one["free"]), Decimal(one["locked"]), raw=one)
                for one in content["balances"]
            ]
        )

    def holdings(self) -> Sequence[Holding]:
        raise self.not_offered(Act.HOLDINGS)

    def positions(self) -> Sequence[Position]:
        raise self.not_offered(Act.POSITIONS)

    def margins(self) -> Sequence[Margin]:
        raise self.not_offered(Act.MARGINS)

    def rights(self) -> KeyRights:
        content = self.ask(Call(Act.RIGHTS), lambda: self._client.sapiGetAccountApiRestrictions({}))
        return self.reading(lambda: _rights_of(content))

    # ---- the market ----

    def listings(self) -> Sequence[Listing]:
        content = self.ask(Call(Act.LISTINGS), lambda: self._client.publicGetExchangeInfo({}))
        return self.reading(lambda: [listing_of(one) for one in content["symbols"]])

    def ticker(self, symbol: str) -> Ticker:
        asked = {"symbol": symbol}
        content = self.ask(Call(Act.TICKER, symbol), lambda: self._client.publicGetTicker24hr(asked))
        return self.reading(
            lambda: Ticker(
                symbol=content["symbol"],
                last=Decimal(content["lastPrice"]),
                bid=above_nought(content["bidPrice"]),
                ask=above_nought(content["askPrice"]),
                at=moment(content["closeTime"]),
                volume=Decimal(content["volume"]),
                raw=content,
            )
        )

    def book(self, symbol: str, depth: int) -> Book:
        asked = {"symbol": symbol, "limit": next((one for one in _DEPTHS if one >= depth), _DEPTHS[-1])}
        content = self.ask(Call(Act.BOOK, symbol), lambda: self._client.publicGetDepth(asked))
        return self.reading(
            lambda: Book(
                symbol=symbol,
                bids=tuple(_level(one) for one in content["bids"][:depth]),
                asks=tuple(_level(one) for one in content["asks"][:depth]),
                at=None,
                sequence=int(content["lastUpdateId"]),
            )
        )

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> Sequence[Candle]:
        if interval not in self.facts.candle_intervals:
            raise self.not_offered(Act.CANDLES)
        asked = {"symbol": symbol, "interval": interval, "startTime": _stamp(since), "limit": min(at_most, _PAGE)}
        content = self.ask(Call(Act.CANDLES, symbol), lambda: self._client.publicGetKlines(asked))
        return self.reading(
            lambda: [Candle(moment(row[0]), *(float(figure) for figure in row[1:6])) for row in self.rows(content)]
        )

    def clock(self) -> dt.datetime:
        content = self.ask(Call(Act.CLOCK), lambda: self._client.publicGetTime({}))
        return self.reading(lambda: moment(content["serverTime"]))

    # ---- within ----

    def _age(self, order: OrderRef) -> float:
        return max(0.0, (self._clock() - order.sent_at).total_seconds())

    def _pages(
        self,
        call: Call,
        get: Callable[[dict[str, Any]], object],
        since: dt.datetime,
        symbol: str,
        *,
        key: str,
        go_on: str,
    ) -> list[dict[str, Any]]:
        """All rows since then: the first page by time, the further ones by the last row's number."""
        found: list[dict[str, Any]] = []
        asked: dict[str, Any] = {"symbol": symbol, "startTime": _stamp(since), "limit": _PAGE}
        while True:
            page = self.rows(self.ask(call, partial(get, asked)))
            found += page
            if len(page) < _PAGE:
                return found
            asked = {"symbol": symbol, go_on: int(page[-1][key]) + 1, "limit": _PAGE}


def _order_parameters(order: OrderRequest) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "symbol": order.symbol,
        "side": SIDE_WORDS[order.side],
        "type": "LIMIT_MAKER" if order.is_maker_only else TYPE_WORDS[order.type],
        "newClientOrderId": order.mark,
        "newOrderRespType": "FULL",
        _AMOUNTS[order.quantity.unit]: plain(order.quantity.value),
    }
    if order.quantity.unit is Unit.QUOTE and order.type is not OrderType.MARKET:
        raise ValueError("Binance takes an amount in the quote currency for market orders alone")
    if order.type.has_limit and not order.is_maker_only:
        sent["timeInForce"] = LASTING_WORDS[order.lasting]
    if order.limit_price is not None:
        sent["price"] = plain(order.limit_price)
    if order.trigger_price is not None:
        sent["stopPrice"] = plain(order.trigger_price)
    return sent


_AMOUNTS = {Unit.BASE: "quantity", Unit.QUOTE: "quoteOrderQty"}


def _name_of(order: OrderRef) -> dict[str, str]:
    return {"orderId": order.venue_id} if order.venue_id else {"origClientOrderId": order.mark}


def _rights_of(content: dict[str, Any]) -> KeyRights:
    moves = tuple(word for word in _MOVES_MONEY if _is(content[word]))
    ends = content.get("tradingAuthorityExpirationTime")
    return KeyRights(
        can_read=_is(content["enableReading"]),
        can_trade=_is(content["enableSpotAndMarginTrading"]),
        withdrawal=Withdrawal.CAN if moves else Withdrawal.CANNOT,
        is_address_bound=_is(content["ipRestrict"]),
        expires_at=moment(ends) if ends else None,
        withdrawal_words=moves,
        raw=content,
    )


def _is(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"a right is true or false, got {value!r}")
    return value


def _level(pair: list[str]) -> Level:
    return Level(Decimal(pair[0]), Decimal(pair[1]))


def _stamp(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)
