"""Coinbase Advanced Trade over REST. Wire: coinbase/coinbase-advanced-py 54fb8ed (2026-06-19), and the pages "Create
Order", "Edit Order" and "Cancel Orders" of docs.cdp.coinbase.com (2026).

An order is refused with HTTP 200 and `success: false`, and the reason stands in one of three fields.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from exchanges.adapters.ccxt_client import ccxt_client
from exchanges.adapters.coinbase_words import (
    CONFIGURATIONS,
    GRANULARITIES,
    SIDE_WORDS,
    STOP_DIRECTIONS,
    fill_of,
    id_of,
    is_true,
    listing_of,
    moment,
    order_of,
)
from exchanges.adapters.digits import plain
from exchanges.adapters.rest import RestVenue
from exchanges.adapters.wire import Answer, Call, WireSession
from exchanges.domain.catalogue import NOTHING_READ, Catalogue
from exchanges.domain.classifier import Verdict
from exchanges.domain.failures import Refused
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import Change, OrderRef, OrderRequest, OrderType, Unit
from exchanges.domain.outcomes import (
    Absent,
    CommandOutcome,
    Found,
    Lookup,
    Outcome,
    Rejected,
    Reply,
    Unresolved,
)
from exchanges.domain.reports import FillReport, OrderReport, Status
from exchanges.domain.rights import KeyRights, Withdrawal
from exchanges.domain.venues.coinbase import COINBASE
from exchanges.venue import Clock, Credentials
from instruments.domain.candles import Candle
from instruments.domain.rules import Side

#: An empty field of these enumerations has the name of nought, and says nothing.
_NOT_TOLD = {
    "",
    "UNKNOWN_FAILURE_REASON",
    "UNKNOWN_PREVIEW_FAILURE_REASON",
    "UNKNOWN_EDIT_ORDER_FAILURE_REASON",
    "UNKNOWN_CANCEL_FAILURE_REASON",
}
#: The worst for certainty first.
_WORST = (Verdict.UNKNOWN, Verdict.DUPLICATE, Verdict.REJECTED)
#: How far the venue's clock may lie behind ours when orders are looked for by time.
_CLOCK_SLACK = dt.timedelta(minutes=1)
_TOKEN_SECONDS = 120
_BEFORE_THE_END = ("PENDING", "QUEUED", "OPEN", "CANCEL_QUEUED")


class Coinbase(RestVenue):
    """Without the listings as they were read before, nobody knows the currency of a fill's commission."""

    facts = COINBASE

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
        self._client = ccxt_client("coinbase", wire=wire, clock=clock, base_url=base_url, config=config)
        self._client.create_auth_token = self._token
        # ccxt reads the machine's clock for its tokens.
        self._client.seconds = lambda: int(clock().timestamp())
        self._catalogue = catalogue

    def content(self, answer: Answer) -> Any:
        """A key that is not taken is told in plain text, and in no envelope."""
        if answer.status == 401 and answer.text.strip().casefold() == "unauthorized":
            return {"error": "unauthorized", "message": answer.text.strip()}
        return super().content(answer)

    def envelope(self, answer: Answer, content: Any) -> tuple[str, str]:
        """The reason that leaves most open, of those that are told."""
        if not isinstance(content, dict):
            return "", ""
        if answer.status != 200:
            return str(content.get("error") or ""), str(content.get("message") or "")
        refusals = list(_refusals(content))
        if not refusals:
            return "", ""
        reasons = [one for refusal in refusals for one in _reasons(refusal) if one not in _NOT_TOLD]
        message = "; ".join(str(refusal[name]) for refusal in refusals for name in _TEXTS if refusal.get(name))
        if not reasons:
            return "UNKNOWN_FAILURE_REASON", message
        verdicts = {code: self.table.verdict(Reply(answer.status, "", code, message)) for code in reasons}
        return min(reasons, key=lambda code: _WORST.index(verdicts[code])), message

    # ---- what changes something ----

    def place(self, order: OrderRequest) -> Outcome:
        sent = {
            # ccxt would make one of its own of `clientOrderId`.
            "client_order_id": order.mark,
            "product_id": order.symbol,
            "side": SIDE_WORDS[order.side],
            "order_configuration": _configuration(order),
        }
        told = self.tell(Call(Act.PLACE, order.symbol), lambda: self._client.v3PrivatePostBrokerageOrders(sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.accepted(told, lambda content: _taken(order, content))

    def cancel(self, order: OrderRef) -> CommandOutcome:
        """Says that the cancel was taken, and nothing of the order: it may fill still."""
        if order.venue_id is None:
            return Rejected("NOT_SENT NO_ID", "Coinbase cancels by its own id, and this order's is not known yet", None)
        sent = {"order_ids": [order.venue_id]}
        call = Call(Act.CANCEL, order.symbol)
        told = self.tell(call, lambda: self._client.v3PrivatePostBrokerageOrdersBatchCancel(sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.done(told, lambda content: _cancelled(order, content))

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome:
        """Changes price and size of a limit order that stands until cancelled: all that Coinbase can change."""
        if change.trigger_price is not None or (change.quantity and change.quantity.unit is not Unit.BASE):
            raise ValueError("Coinbase changes a limit and a quantity in the base currency alone")
        if order.venue_id is None:
            return Rejected("NOT_SENT NO_ID", "Coinbase changes by its own id, and this order's is not known yet", None)
        figures = {"price": change.limit_price, "size": change.quantity.value if change.quantity else None}
        sent = {"order_id": order.venue_id, **{name: plain(one) for name, one in figures.items() if one is not None}}
        call = Call(Act.MODIFY, order.symbol)
        told = self.tell(call, lambda: self._client.v3PrivatePostBrokerageOrdersEdit(sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        return self.done(told, _changed)

    # ---- what became of it ----

    def find(self, order: OrderRef) -> Lookup:
        """By its id; without one by reading every order of the product since it was sent."""
        if order.venue_id is not None:
            return self._find_by_id(order.venue_id)
        since = order.sent_at - _CLOCK_SLACK
        asked = {"product_ids": order.symbol, "start_date": _stamp(since)}
        found = [one for one in self._orders(Call(Act.FIND, order.symbol), asked) if one.mark == order.mark]
        if len(found) > 1:
            return Unresolved(f"{len(found)} orders carry this mark")
        return Found(found[0]) if found else Absent("all orders of the product since it was sent")

    def open_orders(self) -> Sequence[OrderReport]:
        """One question for each word that an order has before its end, in the order in which it passes through them:
        what moves on meanwhile is met again further down.
        """
        found: dict[str, OrderReport] = {}
        for word in _BEFORE_THE_END:
            found |= {one.venue_id: one for one in self._orders(Call(Act.OPEN_ORDERS), {"order_status": word})}
        return [one for one in found.values() if not one.status.is_final]

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[OrderReport]:
        asked = {"product_ids": symbol, "start_date": _stamp(since)}
        return self._orders(Call(Act.ORDERS_SINCE, symbol), asked)

    def trades_since(self, since: dt.datetime, symbol: str) -> Sequence[FillReport]:
        listing = self._catalogue.listing(symbol)
        if listing is None:
            raise Refused(f"{symbol} is in none of Coinbase's listings that were read", venue=self.facts.name)
        asked = {"product_ids": symbol, "start_sequence_timestamp": _stamp(since)}
        get = self._client.v3PrivateGetBrokerageOrdersHistoricalFills
        rows = list(self._pages(Call(Act.TRADES_SINCE, symbol), "fills", get, asked))
        return self.reading(lambda: [fill_of(one, listing.quote) for one in rows])

    # ---- what the account holds ----

    def balances(self) -> Sequence[Balance]:
        get = self._client.v3PrivateGetBrokerageAccounts
        rows = list(self._pages(Call(Act.BALANCES), "accounts", get, {"limit": 250}))
        return self.reading(lambda: [_balance_of(one) for one in rows])

    def holdings(self) -> Sequence[Holding]:
        raise self.not_offered(Act.HOLDINGS)

    def positions(self) -> Sequence[Position]:
        raise self.not_offered(Act.POSITIONS)

    def margins(self) -> Sequence[Margin]:
        raise self.not_offered(Act.MARGINS)

    def rights(self) -> KeyRights:
        content = self.ask(Call(Act.RIGHTS), lambda: self._client.v3PrivateGetBrokerageKeyPermissions({}))
        return self.reading(lambda: _rights_of(content))

    # ---- the market ----

    def listings(self) -> Sequence[Listing]:
        asked = {"product_type": "SPOT"}
        content = self.ask(Call(Act.LISTINGS), lambda: self._client.v3PublicGetBrokerageMarketProducts(asked))
        return self.reading(lambda: [listing_of(one) for one in content["products"]])

    def ticker(self, symbol: str) -> Ticker:
        """The last trade, with the best bid and ask beside it."""
        asked = {"product_id": symbol, "limit": 1}
        content = self.ask(
            Call(Act.TICKER, symbol), lambda: self._client.v3PublicGetBrokerageMarketProductsProductIdTicker(asked)
        )
        return self.reading(lambda: _ticker_of(symbol, content))

    def book(self, symbol: str, depth: int) -> Book:
        asked = {"product_id": symbol, "limit": depth}
        content = self.ask(Call(Act.BOOK, symbol), lambda: self._client.v3PublicGetBrokerageMarketProductBook(asked))
        return self.reading(lambda: _book_of(symbol, content["pricebook"], depth))

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> Sequence[Candle]:
        """The oldest first, which is not how they come. Bars in which nothing was traded are left out."""
        if interval not in self.facts.candle_intervals:
            raise self.not_offered(Act.CANDLES)
        word, seconds = GRANULARITIES[interval]
        begin = int(since.timestamp())
        count = min(at_most, self.facts.most_candles)
        # The end counts too.
        asked = {
            "product_id": symbol,
            "granularity": word,
            "start": str(begin),
            "end": str(begin + (count - 1) * seconds),
        }
        content = self.ask(
            Call(Act.CANDLES, symbol), lambda: self._client.v3PublicGetBrokerageMarketProductsProductIdCandles(asked)
        )
        return self.reading(lambda: sorted(map(_candle_of, content["candles"]), key=lambda one: one.start))

    def clock(self) -> dt.datetime:
        content = self.ask(Call(Act.CLOCK), lambda: self._client.v3PublicGetBrokerageTime({}))
        return self.reading(lambda: _from_epoch(int(content["epochMillis"]) / 1000))

    # ---- within ----

    def _token(self, seconds: int, method: str, url: str, use_eddsa: bool = False) -> str:
        """The token of one request, as the document has it: it names the request, and lives two minutes."""
        if use_eddsa:
            raise ValueError("this adapter signs with keys of the kind ECDSA")
        address = urlsplit(url)
        return token_of(self._client, seconds, f"{method} {address.netloc}{address.path}")

    def _find_by_id(self, venue_id: str) -> Lookup:
        get = self._client.v3PrivateGetBrokerageOrdersHistoricalOrderId
        try:
            content = self.ask(Call(Act.FIND), lambda: get({"order_id": venue_id}))
        except Refused as refused:
            # It had this id, so it was there: that it is not told proves nothing.
            return Unresolved(str(refused))
        return Found(self.reading(lambda: order_of(content["order"])))

    def _orders(self, call: Call, asked: dict[str, Any]) -> list[OrderReport]:
        rows = list(self._pages(call, "orders", self._client.v3PrivateGetBrokerageOrdersHistoricalBatch, asked))
        return self.reading(lambda: [order_of(one) for one in rows])

    def _pages(
        self, call: Call, kind: str, get: Callable[[dict[str, Any]], object], asked: dict[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """All rows, page after page. Fills say by an empty cursor alone that there are no more."""
        cursors: set[str] = set()
        further = dict(asked)
        while True:
            content = self.ask(call, partial(get, further))
            page, cursor = self.reading(partial(_page_of, content, kind, cursors))
            yield from page
            if not cursor:
                return
            cursors.add(cursor)
            further = {**asked, "cursor": cursor}


def token_of(client: Any, seconds: int, request: str | None = None) -> str:
    """Signed by the client's key; that of a socket's message names no request."""
    claims = {"sub": client.apiKey, "iss": "cdp", "nbf": seconds, "exp": seconds + _TOKEN_SECONDS}
    if request is not None:
        claims["uri"] = request
    head = {"kid": client.apiKey, "nonce": secrets.token_hex(16), "alg": "ES256"}
    return str(client.jwt(claims, client.encode(client.secret), "sha256", False, head))


_TEXTS = ("message", "error_details")


def _refusals(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What an answer of 200 refuses: the one order, the change, or an order among those to be cancelled."""
    results = content.get("results")
    if isinstance(results, list):
        yield from (one for one in results if isinstance(one, dict) and one.get("success") is not True)
    elif content.get("success") is False:
        details = content.get("error_response")
        yield details if isinstance(details, dict) else {}
        errors = content.get("errors")
        yield from (one for one in errors if isinstance(one, dict)) if isinstance(errors, list) else ()


def _reasons(refusal: Mapping[str, Any]) -> list[str]:
    names = (
        "new_order_failure_reason",
        "preview_failure_reason",
        "error",
        "edit_failure_reason",
        "edit_order_failure_reason",
        "failure_reason",
    )
    return [str(refusal[name]) for name in names if refusal.get(name)]


def _configuration(order: OrderRequest) -> dict[str, dict[str, Any]]:
    kind = CONFIGURATIONS.get((order.type, order.lasting))
    is_by_amount = order.quantity.unit is Unit.QUOTE
    if kind is None:
        raise ValueError(f"Coinbase has no order of type {order.type} that lasts {order.lasting}")
    if is_by_amount and (order.type is not OrderType.MARKET or order.side is not Side.BUY):
        raise ValueError("Coinbase takes an amount in the quote currency for market orders that buy, and no others")
    if order.quantity.unit not in {Unit.BASE, Unit.QUOTE}:
        raise ValueError(f"Coinbase has no quantity in {order.quantity.unit}")
    said: dict[str, Any] = {"quote_size" if is_by_amount else "base_size": plain(order.quantity.value)}
    if order.limit_price is not None:
        said["limit_price"] = plain(order.limit_price)
    if order.trigger_price is not None:
        said |= {"stop_price": plain(order.trigger_price), "stop_direction": STOP_DIRECTIONS[order.side]}
    if order.until is not None:
        said["end_time"] = _stamp(order.until)
    if kind in {"limit_limit_gtc", "limit_limit_gtd"}:
        said["post_only"] = order.is_maker_only
    elif order.is_maker_only:
        raise ValueError(f"Coinbase has no maker-only order that lasts {order.lasting}")
    return {kind: said}


def _taken(order: OrderRequest, content: Mapping[str, Any]) -> OrderReport:
    """An order as its acceptance tells it: an id, and no word of what became of it since."""
    told = content["success_response"]
    if content["success"] is not True or told["client_order_id"] != order.mark or told["product_id"] != order.symbol:
        raise ValueError("the answer is about another order")
    [kind] = _configuration(order)
    return OrderReport(
        venue_id=id_of(told["order_id"]),
        mark=order.mark,
        symbol=order.symbol,
        side=order.side,
        status=Status.ACCEPTED,
        status_word="",
        type_word=kind,
        quantity=order.quantity,
        filled=Decimal(0),
        average_price=None,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        placed_at=None,
        changed_at=None,
        is_dormant=order.type.has_trigger,
        raw=content,
    )


def _cancelled(order: OrderRef, content: Mapping[str, Any]) -> None:
    [result] = content["results"]
    if result["success"] is not True or result["order_id"] != order.venue_id:
        raise ValueError("the answer is about another order")


def _changed(content: Mapping[str, Any]) -> None:
    if content["success"] is not True or content.get("errors"):
        raise ValueError("a change that was taken has no errors")


def _page_of(content: Mapping[str, Any], kind: str, seen: set[str]) -> tuple[list[Mapping[str, Any]], str]:
    """The rows of a page, and where the next one begins; empty after the last."""
    page, cursor = content[kind], content["cursor"]
    if not isinstance(page, list) or not isinstance(cursor, str):
        raise TypeError(f"{kind} are a list with a cursor")
    is_last = not is_true(content["has_next"]) if kind != "fills" else not (cursor and page)
    if is_last:
        return page, ""
    if not cursor or cursor in seen:
        raise ValueError(f"more {kind} were announced, and no way to them")
    return page, cursor


def _balance_of(one: Mapping[str, Any]) -> Balance:
    free, held = one["available_balance"], one["hold"]
    if not one["currency"] == free["currency"] == held["currency"]:
        raise ValueError(f"an account of {one['currency']} in several currencies")
    return Balance(one["currency"], Decimal(free["value"]), Decimal(held["value"]), raw=one)


def _rights_of(content: Mapping[str, Any]) -> KeyRights:
    moves = is_true(content["can_transfer"])
    return KeyRights(
        can_read=is_true(content["can_view"]),
        can_trade=is_true(content["can_trade"]),
        withdrawal=Withdrawal.CAN if moves else Withdrawal.CANNOT,
        # The answer says nothing of addresses, nor of an end.
        is_address_bound=None,
        expires_at=None,
        withdrawal_words=("can_transfer",) if moves else (),
        raw=content,
    )


def _ticker_of(symbol: str, content: Mapping[str, Any]) -> Ticker:
    last = content["trades"][0] if content["trades"] else None
    return Ticker(
        symbol=symbol,
        last=Decimal(last["price"]) if last else None,
        bid=_price_or_none(content["best_bid"]),
        ask=_price_or_none(content["best_ask"]),
        at=moment(last["time"]) if last else None,
        raw=content,
    )


def _price_or_none(text: str) -> Decimal | None:
    """An empty side of the book is told as an empty text."""
    price = Decimal(text or 0)
    return price if price > 0 else None


def _book_of(symbol: str, one: Mapping[str, Any], depth: int) -> Book:
    def levels(rows: list[Mapping[str, str]]) -> tuple[Level, ...]:
        return tuple(Level(Decimal(row["price"]), Decimal(row["size"])) for row in rows[:depth])

    if one["product_id"] != symbol:
        raise ValueError(f"the book of {one['product_id']} where another's was asked for")
    return Book(symbol, bids=levels(one["bids"]), asks=levels(one["asks"]), at=moment(one["time"]))


def _candle_of(one: Mapping[str, str]) -> Candle:
    figures = (float(one[name]) for name in ("open", "high", "low", "close", "volume"))
    return Candle(_from_epoch(int(one["start"])), *figures)


def _from_epoch(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
