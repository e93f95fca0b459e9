"""Kraken spot over REST. Wire: the pages of docs.kraken.com as they stood on 2026-05-27, "Add Order" on 2026-08-25.

Every answer is HTTP 200 with `{"error": […], "result": …}`; what went wrong stands in the list, several at a time.
"""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from exchanges.adapters.ccxt_client import ccxt_client
from exchanges.adapters.digits import above_nought, plain
from exchanges.adapters.kraken_words import (
    INTERVALS,
    LASTING_WORDS,
    RIGHTS,
    SIDE_WORDS,
    TYPE_WORDS,
    Names,
    Pair,
    fill_of,
    listing_of,
    moment,
    order_of,
)
from exchanges.adapters.rest import RestVenue
from exchanges.adapters.wire import Answer, Call, WireSession
from exchanges.domain.catalogue import NOTHING_READ, Catalogue
from exchanges.domain.classifier import Verdict
from exchanges.domain.failures import Refused
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, Lasting, OrderRef, OrderRequest, OrderType, Unit
from exchanges.domain.outcomes import Absent, CommandOutcome, Found, Lookup, Outcome, Reply, Unresolved
from exchanges.domain.reports import FillReport, OrderReport, Status
from exchanges.domain.rights import KeyRights, Withdrawal
from exchanges.domain.venues.kraken import KRAKEN
from exchanges.venue import Clock, Credentials
from instruments.domain.candles import Candle
from kernel.encryption.secret import Secret

_MOST_LEVELS = 500
#: The worst for certainty first.
_WORST = (Verdict.UNKNOWN, Verdict.DUPLICATE, Verdict.REJECTED)


class Kraken(RestVenue):
    """Without the listings as they were read before, trades and the names of assets cannot be read."""

    facts = KRAKEN

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
        config: dict[str, Any] = {}
        if credentials is not None:
            config |= {"apiKey": credentials.reveal("api_key"), "secret": credentials.reveal("secret")}
        self._client = ccxt_client("kraken", wire=wire, clock=clock, base_url=base_url, config=config)
        self._client.incrementing_nonce = lambda: _nonce(config["apiKey"], int(clock().timestamp() * 1000))
        self._clock = clock
        self._catalogue = catalogue

    def envelope(self, answer: Answer, content: Any) -> tuple[str, str]:
        """The error that leaves most open, and all of them as the message. A warning (W…) is none."""
        said = content.get("error", []) if isinstance(content, dict) else []
        errors = [str(one) for one in (said if isinstance(said, list) else [said]) if not str(one).startswith("W")]
        if not errors:
            return "", ""
        message = "; ".join(errors)
        codes = [self._code(one) for one in errors]
        verdicts = {code: self.table.verdict(Reply(answer.status, "", code, message)) for code in codes}
        return min(codes, key=lambda code: _WORST.index(verdicts[code])), message

    # ---- what changes something ----

    def place(self, order: OrderRequest) -> Outcome:
        sent = {**_order_parameters(order), "deadline": self._deadline()}
        told = self.tell(Call(Act.PLACE, order.symbol), lambda: self._client.privatePostAddOrder(sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.accepted(told, lambda content: _taken(order, content["result"]))

    def cancel(self, order: OrderRef) -> CommandOutcome:
        named = _name_of(order)
        call = Call(Act.CANCEL, order.symbol, self._age(order))
        told = self.tell(call, lambda: self._client.privatePostCancelOrder(named))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.done(told, lambda content: _one_cancelled(content["result"]))

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome:
        """Changes quantity, limit and trigger in place; the order keeps its id and its mark."""
        sent = {**_name_of(order), **_change_parameters(change), "deadline": self._deadline()}
        call = Call(Act.MODIFY, order.symbol, self._age(order))
        told = self.tell(call, lambda: self._client.privatePostAmendOrder(sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.done(told, lambda content: _amended(content["result"]))

    # ---- what became of it ----

    def find(self, order: OrderRef) -> Lookup:
        """By its id; without one among the open orders of its mark, then among the closed: it may move between them
        while we look, and only in that direction.
        """
        if order.venue_id is not None:
            return self._find_by_id(order.venue_id)
        call = Call(Act.FIND, order.symbol)
        marked = {"cl_ord_id": order.mark}
        for kind, ask in (
            ("open", self._client.privatePostOpenOrders),
            ("closed", self._client.privatePostClosedOrders),
        ):
            found = self._orders(call, kind, partial(ask, marked))
            if any(one.mark != order.mark for one in found):
                return Unresolved(f"Kraken told orders of other marks among the {kind} ones: it did not look for ours")
            if len(found) > 1:
                return Unresolved(f"{len(found)} {kind} orders carry this mark")
            if found:
                return Found(found[0])
        return Absent("open and closed orders of this mark")

    def open_orders(self) -> Sequence[OrderReport]:
        return self._orders(Call(Act.OPEN_ORDERS), "open", lambda: self._client.privatePostOpenOrders({}))

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[OrderReport]:
        """Those opened since then: first the open ones, then the closed, so that none slips through between."""
        call = Call(Act.ORDERS_SINCE, symbol)
        found = {
            one.venue_id: one for one in self._orders(call, "open", lambda: self._client.privatePostOpenOrders({}))
        }
        # The start is exclusive, and in whole seconds.
        asked = {"start": int(since.timestamp()) - 1, "closetime": "open"}
        for name, row in self._pages(call, "closed", self._client.privatePostClosedOrders, asked):
            found[name] = self.reading(partial(order_of, name, row))
        return [one for one in found.values() if one.symbol == symbol and one.placed_at and one.placed_at >= since]

    def trades_since(self, since: dt.datetime, symbol: str) -> Sequence[FillReport]:
        pair = self._pair(symbol)
        # Left to itself Kraken makes one row of what a taker's order took from several.
        asked = {"start": int(since.timestamp()) - 1, "consolidate_taker": "false"}
        rows = list(self._pages(Call(Act.TRADES_SINCE, symbol), "trades", self._client.privatePostTradesHistory, asked))
        fills = self.reading(
            lambda: [fill_of(name, row, pair) for name, row in rows if row["pair"] in {pair.key, pair.symbol}]
        )
        return [one for one in fills if one.at >= since]

    # ---- what the account holds ----

    def balances(self) -> Sequence[Balance]:
        """What is free is reckoned without any line of credit."""
        result = self._ask(Call(Act.BALANCES), lambda: self._client.privatePostBalanceEx({}))
        return self.reading(lambda: [self._balance(name, one) for name, one in result.items()])

    def holdings(self) -> Sequence[Holding]:
        raise self.not_offered(Act.HOLDINGS)

    def positions(self) -> Sequence[Position]:
        raise self.not_offered(Act.POSITIONS)

    def margins(self) -> Sequence[Margin]:
        raise self.not_offered(Act.MARGINS)

    def rights(self) -> KeyRights:
        result = self._ask(Call(Act.RIGHTS), lambda: self._client.privatePostGetApiKeyInfo({}))
        return self.reading(lambda: _rights_of(result))

    # ---- the market ----

    def listings(self) -> Sequence[Listing]:
        """Two questions: Assets for the names of assets, AssetPairs for what is traded."""
        call = Call(Act.LISTINGS)
        assets = self._ask(call, lambda: self._client.publicGetAssets({}))
        pairs = self._ask(call, lambda: self._client.publicGetAssetPairs({}))
        return self.reading(lambda: [listing_of(key, one, assets) for key, one in pairs.items()])

    def ticker(self, symbol: str) -> Ticker:
        result = self._ask(Call(Act.TICKER, symbol), lambda: self._client.publicGetTicker({"pair": symbol}))
        return self.reading(lambda: _ticker_of(symbol, _only(result)))

    def book(self, symbol: str, depth: int) -> Book:
        asked = {"pair": symbol, "count": min(depth, _MOST_LEVELS)}
        result = self._ask(Call(Act.BOOK, symbol), lambda: self._client.publicGetDepth(asked))
        return self.reading(lambda: _book_of(symbol, _only(result), depth))

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> Sequence[Candle]:
        """The last 720 there are, whatever `since` says; the newest of them is not finished."""
        if interval not in self.facts.candle_intervals:
            raise self.not_offered(Act.CANDLES)
        asked = {"pair": symbol, "interval": INTERVALS[interval], "since": int(since.timestamp()) - 1}
        result = self._ask(Call(Act.CANDLES, symbol), lambda: self._client.publicGetOHLC(asked))
        candles = self.reading(lambda: _candles_of(result))
        return [one for one in candles if one.start >= since][:at_most]

    def clock(self) -> dt.datetime:
        """In whole seconds: what it tells lies up to one second behind."""
        result = self._ask(Call(Act.CLOCK), lambda: self._client.publicGetTime({}))
        return self.reading(lambda: moment(result["unixtime"]))

    # ---- its sockets ----

    def socket_token(self) -> Secret:
        """What opens the account's socket; it is to be used within fifteen minutes."""
        result = self._ask(Call(Act.STREAM), lambda: self._client.privatePostGetWebSocketsToken({}))
        return self.reading(lambda: _token_of(result))

    # ---- within ----

    def _ask(self, call: Call, send: Callable[[], object]) -> Any:
        content = self.ask(call, send)
        return self.reading(lambda: _object(content["result"]))

    def _code(self, error: str) -> str:
        """The documented error that this one is, which may say more after a further colon; else itself, in no table."""
        known = {row.code for row in self.table.rows if row.code}
        fits = (code for code in known if error == code or error.startswith((f"{code}:", f"{code}[")))
        return max(fits, key=len, default=error)

    def _deadline(self) -> str:
        """After this moment the matching engine takes the order no more."""
        length = KRAKEN.window.length
        if length is None:
            raise RuntimeError("Kraken has a send window")
        return (self._clock() + length).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _age(self, order: OrderRef) -> float:
        return max(0.0, (self._clock() - order.sent_at).total_seconds())

    @cached_property
    def _names(self) -> Names:
        return Names.of(self._catalogue.listings())

    def _pair(self, symbol: str) -> Pair:
        if symbol not in self._names.pairs:
            raise Refused(f"{symbol} is in none of Kraken's listings that were read", venue=self.facts.name)
        return self._names.pairs[symbol]

    def _balance(self, name: str, one: Mapping[str, Any]) -> Balance:
        if not self._names.assets:
            raise Refused(
                "Kraken's list of assets was never read, so nobody knows what it holds", venue=self.facts.name
            )
        held = Decimal(one["hold_trade"])
        return Balance(self._names.asset(name), Decimal(one["balance"]) - held, held, raw=one)

    def _find_by_id(self, venue_id: str) -> Lookup:
        call = Call(Act.FIND)
        try:
            result = self._ask(call, lambda: self._client.privatePostQueryOrders({"txid": venue_id}))
        except Refused as refused:
            return Unresolved(str(refused))
        if venue_id not in result:
            # It had this id, so it was there: that it is not told proves nothing.
            return Unresolved(f"Kraken tells nothing of {venue_id}")
        return Found(self.reading(lambda: order_of(venue_id, result[venue_id])))

    def _orders(self, call: Call, kind: str, send: Callable[[], object]) -> list[OrderReport]:
        result = self._ask(call, send)
        return self.reading(lambda: [order_of(name, one) for name, one in _object(result[kind]).items()])

    def _pages(
        self, call: Call, kind: str, get: Callable[[dict[str, Any]], object], asked: dict[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """All rows, fifty at a time. What is added meanwhile moves rows back: one may come twice, and none is lost."""
        seen: set[str] = set()
        offset = 0
        while True:
            further = {**asked, "ofs": offset} if offset else asked
            result = self._ask(call, partial(get, further))
            page, count = self.reading(partial(_page_of, result, kind, offset))
            for name, row in page.items():
                if name not in seen:
                    seen.add(name)
                    yield name, row
            offset += len(page)
            if offset >= count:
                return


_LAST: dict[bytes, int] = {}
_LOCK = threading.Lock()


def _nonce(key: str, milliseconds: int) -> int:
    """A number that rises with each request of a key, whichever adapter of this process sends it."""
    name = hashlib.sha256(key.encode()).digest()
    with _LOCK:
        _LAST[name] = max(milliseconds, _LAST.get(name, 0) + 1)
        return _LAST[name]


def _order_parameters(order: OrderRequest) -> dict[str, Any]:
    is_by_amount = order.quantity.unit is Unit.QUOTE
    if is_by_amount and (order.type is not OrderType.MARKET or SIDE_WORDS[order.side] != "buy"):
        raise ValueError("Kraken takes an amount in the quote currency for market orders that buy, and no others")
    if order.quantity.unit not in {Unit.BASE, Unit.QUOTE}:
        raise ValueError(f"Kraken has no quantity in {order.quantity.unit}")
    flags = ["fciq", *(["post"] if order.is_maker_only else []), *(["viqc"] if is_by_amount else [])]
    sent: dict[str, Any] = {
        "pair": order.symbol,
        "type": SIDE_WORDS[order.side],
        "ordertype": TYPE_WORDS[order.type],
        "volume": plain(order.quantity.value),
        "cl_ord_id": order.mark,
        "oflags": ",".join(flags),
    }
    prices = [one for one in (order.trigger_price, order.limit_price) if one is not None]
    sent |= {name: plain(price) for name, price in zip(("price", "price2"), prices, strict=False)}
    if order.type.has_trigger:
        sent["trigger"] = "last"
    if order.type is not OrderType.MARKET:
        sent["timeinforce"] = LASTING_WORDS[order.lasting]
    if order.lasting is Lasting.UNTIL_DATE and order.until is not None:
        sent["expiretm"] = str(int(order.until.timestamp()))
    return sent


def _change_parameters(change: Change) -> dict[str, str]:
    if change.quantity is not None and change.quantity.unit is not Unit.BASE:
        raise ValueError("Kraken changes a quantity in the base currency alone")
    figures = {
        "order_qty": change.quantity.value if change.quantity else None,
        "limit_price": change.limit_price,
        "trigger_price": change.trigger_price,
    }
    return {name: plain(value) for name, value in figures.items() if value is not None}


def _name_of(order: OrderRef) -> dict[str, str]:
    return {"txid": order.venue_id} if order.venue_id else {"cl_ord_id": order.mark}


def _taken(order: OrderRequest, result: Mapping[str, Any]) -> OrderReport:
    """An order as its acceptance tells it: an id, and no word of what became of it since."""
    names = result["txid"]
    if not isinstance(names, list) or len(names) != 1 or not isinstance(names[0], str) or not names[0]:
        raise ValueError(f"one order has one id, got {names!r}")
    return OrderReport(
        venue_id=names[0],
        mark=order.mark,
        symbol=order.symbol,
        side=order.side,
        status=Status.ACCEPTED,
        status_word="",
        type_word=TYPE_WORDS[order.type],
        quantity=order.quantity,
        filled=Decimal(0),
        average_price=None,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        placed_at=None,
        changed_at=None,
        is_dormant=order.type.has_trigger,
        raw=result,
    )


def _one_cancelled(result: Mapping[str, Any]) -> None:
    if result["count"] != 1:
        raise ValueError(f"one order was to be cancelled, and {result['count']!r} were")


def _amended(result: Mapping[str, Any]) -> None:
    if not isinstance(result["amend_id"], str) or not result["amend_id"]:
        raise ValueError(f"a change has an id, got {result['amend_id']!r}")


def _token_of(result: Mapping[str, Any]) -> Secret:
    token = result["token"]
    if not isinstance(token, str) or not token:
        raise TypeError("a token is a text")
    return Secret(token)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} where an object was due")
    return value


def _only(result: Mapping[str, Any]) -> Any:
    """The one entry of an answer about one pair, which stands under the pair's key."""
    [entry] = (value for name, value in result.items() if name != "last")
    return entry


def _page_of(result: Mapping[str, Any], kind: str, offset: int) -> tuple[dict[str, Any], int]:
    """The rows of a page, and how many there are on all of them."""
    page, count = _object(result[kind]), int(result["count"])
    if not page and offset < count:
        raise ValueError(f"{count} {kind} were announced, and {offset} came")
    return page, count


def _rights_of(result: Mapping[str, Any]) -> KeyRights:
    words = result["permissions"]
    given = {word: RIGHTS[word] for word in words}
    moves = tuple(word for word, right in given.items() if right.moves_money)
    ends = above_nought(result["validUntil"])
    bound = result["ipAllowlist"]
    if not isinstance(bound, list):
        raise TypeError(f"ipAllowlist is a list, got {bound!r}")
    return KeyRights(
        can_read={word for word, right in RIGHTS.items() if right.reads} <= set(given),
        can_trade=any(right.trades for right in given.values()),
        withdrawal=Withdrawal.CAN if moves else Withdrawal.CANNOT,
        is_address_bound=bool(bound),
        expires_at=moment(ends) if ends else None,
        withdrawal_words=moves,
        raw=result,
    )


def _ticker_of(symbol: str, one: Mapping[str, Any]) -> Ticker:
    return Ticker(
        symbol=symbol,
        last=Decimal(one["c"][0]),
        bid=above_nought(one["b"][0]),
        ask=above_nought(one["a"][0]),
        at=None,
        # Today, then the last 24 hours.
        volume=Decimal(one["v"][1]),
        raw=one,
    )


def _book_of(symbol: str, one: Mapping[str, Any], depth: int) -> Book:
    def levels(rows: list[list[Any]]) -> tuple[Level, ...]:
        return tuple(Level(Decimal(price), Decimal(volume)) for price, volume, _ in rows[:depth])

    return Book(symbol, bids=levels(one["bids"]), asks=levels(one["asks"]), at=None)


def _candles_of(result: Mapping[str, Any]) -> list[Candle]:
    return [
        Candle(moment(start), float(opened), float(high), float(low), float(close), float(volume))
        for start, opened, high, low, close, _, volume, _ in _only(result)
    ]
