"""Zerodha by Kite Connect 3 over REST. Wire: kite.trade/docs/connect/v3 (read 2026-11-21), zerodha/pykiteconnect 5.2.2
and kiteconnect-mocks c7a8123 (2026-03-25). The SDK addresses and signs; what an answer means is read from the answer.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from kiteconnect import KiteConnect

from exchanges.adapters.rest import RestVenue, Send, Told
from exchanges.adapters.wire import Answer, Call, WireSession
from exchanges.adapters.zerodha_listings import Listings
from exchanges.adapters.zerodha_words import (
    CURRENCY,
    INDIA,
    INTERVALS,
    LASTING_WORDS,
    PRODUCT_WORDS,
    SIDE_WORDS,
    TYPE_WORDS,
    VARIETIES,
    carries,
    exchange_and_name,
    fill_of,
    holding_of,
    india_time,
    is_unmarked_slice,
    levels_of,
    number,
    order_of,
    order_of_history,
    placed_of,
    position_of,
    symbol_of,
    text,
)
from exchanges.domain.capabilities import SegmentCapabilities, Support
from exchanges.domain.catalogue import NOTHING_READ, Catalogue
from exchanges.domain.classifier import Verdict
from exchanges.domain.failures import KeyRefused, Refused
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.kite_login import login_address
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level, Ticker
from exchanges.domain.orders import BadOrder, Change, Hours, Lasting, OrderRef, OrderRequest, Quantity
from exchanges.domain.outcomes import (
    Absent,
    Accepted,
    CommandOutcome,
    Found,
    Lookup,
    Outcome,
    Rejected,
    Reply,
    Several,
    Unknown,
    Unresolved,
)
from exchanges.domain.reports import FillReport, OrderReport
from exchanges.domain.rights import KeyRights
from exchanges.domain.venues.zerodha import ZERODHA
from exchanges.venue import Clock, Credentials, Login
from instruments.domain.candles import Candle
from kernel.encryption.secret import Secret

#: The envelope of an error that names no type; no row of the table has it.
_UNNAMED = "unnamed"
#: The market is open 6¼ hours of 24 on 5 days of 7, and no run of holidays is longer than this.
_SHARE_OPEN, _HOLIDAYS = 6, dt.timedelta(days=10)


class Zerodha(RestVenue):
    """Candles are asked for by the number that the catalogue has of a listing."""

    facts = ZERODHA

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
        # Without credentials there is the catalogue of instruments, which is open to everybody, and nothing else.
        token = credentials.token.reveal() if credentials and credentials.token else None
        api_key = credentials.reveal("api_key") if credentials else ""
        self._client = KiteConnect(api_key, access_token=token, root=base_url)
        self._client.reqsession = wire
        self._credentials, self._clock, self._base_url = credentials, clock, base_url
        self._catalogue = catalogue

    def envelope(self, answer: Answer, content: Any) -> tuple[str, str]:
        if isinstance(content, str) and _is_csv(answer):
            return "", ""
        if not isinstance(content, dict):
            return _UNNAMED, ""
        if content.get("status") == "success" and "data" in content and "error_type" not in content:
            return "", ""
        return str(content.get("error_type") or _UNNAMED), str(content.get("message") or "")

    def content(self, answer: Answer) -> Any:
        return answer.text if _is_csv(answer) else super().content(answer)

    # ---- what changes something ----

    def place(self, order: OrderRequest) -> Outcome | Several:
        sent = _order_parameters(order)
        place = self._client.place_autoslice_order if order.may_be_split else self._client.place_order
        told = self.tell(Call(Act.PLACE, order.symbol), lambda: place(**sent))
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)
        data = told.content["data"] if isinstance(told.content, dict) else None
        children = data.get("children") if isinstance(data, dict) else None
        if children:
            if not isinstance(children, list):
                return Unknown("taken, and its slices cannot be read", told.reply)
            return Several(tuple(self._slice(one, order, told.reply) for one in children), told.reply)
        return self.accepted(told, lambda content: placed_of(content["data"], order))

    def cancel(self, order: OrderRef) -> CommandOutcome:
        if order.venue_id is None:
            return _NO_NUMBER
        variety, number_ = _variety(order.hours), order.venue_id
        told = self.tell(self._call(Act.CANCEL, order), lambda: self._client.cancel_order(variety, number_))
        return self._commanded(told, order)

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome:
        """Changes what is named. Kite takes a change down and makes it afterwards; at most 25 of one order."""
        if order.venue_id is None:
            return _NO_NUMBER
        exchange, _ = _named(order.symbol)
        sent = {
            "quantity": change.quantity and _whole(change.quantity, _segment(exchange)),
            "price": _plain(change.limit_price),
            "trigger_price": _plain(change.trigger_price),
            "market_protection": _plain(change.protection_percent),
        }
        if not any(sent.values()):
            raise BadOrder("a change changes something")
        variety, number_ = _variety(order.hours), order.venue_id
        told = self.tell(self._call(Act.MODIFY, order), lambda: self._client.modify_order(variety, number_, **sent))
        return self._commanded(told, order)

    # ---- what became of it ----

    def find(self, order: OrderRef) -> Lookup:
        """By its number, else by our mark in today's book. Kite's book is of today alone, and proves nothing older."""
        call = Call(Act.FIND, order.symbol)
        number_ = order.venue_id
        try:
            if number_ is not None:
                history = self._data(call, lambda: self._client.order_history(number_))
                return Found(self.reading(lambda: order_of_history(self.rows(history))))
            if not order.mark:
                return Unresolved("there is neither a number nor a mark to look for")
            rows = self.rows(self._data(call, self._client.orders))
        except Refused as refused:
            return Unresolved(str(refused))
        return self._scanned(order, rows)

    def open_orders(self) -> Sequence[OrderReport]:
        rows = self.rows(self._data(Call(Act.OPEN_ORDERS), self._client.orders))
        orders = self.reading(lambda: [order_of(one) for one in rows])
        return [one for one in orders if not one.status.is_final]

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[OrderReport]:
        self._check_today(since)
        rows = self.rows(self._data(Call(Act.ORDERS_SINCE, symbol), self._client.orders))
        orders = self.reading(lambda: [order_of(one) for one in rows if symbol_of(one) == symbol])
        return [one for one in orders if one.placed_at is None or one.placed_at >= since]

    def trades_since(self, since: dt.datetime, symbol: str) -> Sequence[FillReport]:
        self._check_today(since)
        rows = self.rows(self._data(Call(Act.TRADES_SINCE, symbol), self._client.trades))
        fills = self.reading(lambda: [fill_of(one) for one in rows if symbol_of(one) == symbol])
        return [one for one in fills if one.at >= since]

    # ---- what the account holds ----

    def balances(self) -> Sequence[Balance]:
        """Cash alone, of all segments that are switched on; what pledged shares add is a margin and no money."""
        data = self._data(Call(Act.BALANCES), self._client.margins)
        return self.reading(lambda: [_cash_of(data)])

    def holdings(self) -> Sequence[Holding]:
        rows = self.rows(self._data(Call(Act.HOLDINGS), self._client.holdings))
        return self.reading(lambda: [holding_of(one) for one in rows])

    def positions(self) -> Sequence[Position]:
        data = self._data(Call(Act.POSITIONS), self._client.positions)
        rows = self.reading(lambda: [position_of(one) for one in self.rows(data["net"])])
        # What was opened and closed today is told with a quantity of nought.
        return [one for one in rows if one.quantity != 0]

    def margins(self) -> Sequence[Margin]:
        data = self._data(Call(Act.MARGINS), self._client.margins)
        return self.reading(
            lambda: [
                Margin(name, CURRENCY, number(one["net"]), number(one["utilised"]["debits"]), raw=one)
                for name, one in _enabled(data)
            ]
        )

    def rights(self) -> KeyRights:
        raise self.not_offered(Act.RIGHTS)

    # ---- the market ----

    def listings(self) -> Listings:
        # `instruments` would make floats of each of the hundred thousand lines.
        content = self.ask(Call(Act.LISTINGS), lambda: self._client._get("market.instruments.all"))
        return self.reading(lambda: Listings(text(content)))

    def ticker(self, symbol: str) -> Ticker:
        one = self._quote(Call(Act.TICKER, symbol))
        return self.reading(lambda: _ticker_of(symbol, one))

    def book(self, symbol: str, depth: int) -> Book:
        """At most the five best of either side, which is all there is."""
        one = self._quote(Call(Act.BOOK, symbol))
        return self.reading(
            lambda: Book(
                symbol=symbol,
                bids=levels_of(one["depth"]["buy"])[:depth],
                asks=levels_of(one["depth"]["sell"])[:depth],
                at=_told_time(one["timestamp"]),
            )
        )

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> Sequence[Candle]:
        if interval not in self.facts.candle_intervals:
            raise self.not_offered(Act.CANDLES)
        listing = self._catalogue.listing(symbol)
        if listing is None:
            raise Refused(f"Zerodha's catalogue had no {symbol} when it was last read", venue=self.facts.name)
        token = int(listing.facts["token"])
        word, length, days = INTERVALS[interval]
        until = min(since + min(length * at_most * _SHARE_OPEN + _HOLIDAYS, dt.timedelta(days=days)), self._clock())
        data = self._data(
            Call(Act.CANDLES, symbol),
            lambda: self._client.historical_data(token, since.astimezone(INDIA), until.astimezone(INDIA), word),
        )
        return self.reading(lambda: [_candle_of(row) for row in self.rows(data["candles"])[:at_most]])

    def clock(self) -> dt.datetime:
        raise self.not_offered(Act.CLOCK)

    # ---- the login of each day ----

    def login_address(self, *, state: str) -> str:
        """Where the person logs in. `state` comes back to the redirect address among its parameters."""
        if self._credentials is None:
            raise KeyRefused("Without a key nobody logs in", venue=self.facts.name)
        return login_address(app=self._credentials.reveal("api_key"), state=state, elsewhere=self._base_url)

    def finish_login(self, answer: dict[str, str]) -> Login:
        """Exchanges what the redirect brought for the token of this day. A request token serves once, for minutes."""
        if answer.get("status", "success") != "success" or not answer.get("request_token"):
            raise Refused("Zerodha's login was not finished", venue=self.facts.name)
        if self._credentials is None:
            raise KeyRefused("Without a key nobody logs in", venue=self.facts.name)
        secret = self._credentials.reveal("secret")
        data = self._data(
            Call(Act.LOG_IN), lambda: self._client.generate_session(answer["request_token"], api_secret=secret)
        )
        return self.reading(lambda: self._login_of(data))

    # ---- within ----

    def _data(self, call: Call, send: Send) -> Any:
        content = self.ask(call, send)
        return self.reading(lambda: content["data"])

    def _call(self, act: Act, order: OrderRef) -> Call:
        return Call(act, order.symbol, max(0.0, (self._clock() - order.sent_at).total_seconds()))

    def _day_began(self) -> dt.datetime:
        return self._clock().astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)

    def _check_today(self, since: dt.datetime) -> None:
        """Yesterday's are gone from the answers, and their absence there would be no answer."""
        if since < self._day_began():
            said = f"Zerodha tells orders and trades of its own day alone, and was asked for {since.isoformat()}"
            raise Refused(said, venue=self.facts.name)

    def _scanned(self, order: OrderRef, rows: list[Any]) -> Lookup:
        def ours() -> list[OrderReport]:
            return [order_of(one, mark=order.mark) for one in rows if carries(one, order.mark)]

        def may_be_ours() -> bool:
            return any(is_unmarked_slice(one) and symbol_of(one) == order.symbol for one in rows)

        found = self.reading(ours)
        if len(found) > 1:
            return Unresolved(f"{len(found)} orders bear this mark: {', '.join(one.venue_id for one in found)}")
        if found:
            return Found(found[0])
        if order.sent_at < self._day_began():
            return Unresolved("it was sent on an earlier day, and Zerodha's book is of today alone")
        if self.reading(may_be_ours):
            return Unresolved(f"slices of {order.symbol} bear no mark, and may be of this order")
        return Absent("today's orders by tag")

    def _commanded(self, told: Told, order: OrderRef) -> CommandOutcome:
        if told.verdict is not Verdict.ACCEPTED or told.reply is None:
            return self.undecided(told)

        def same(content: Any) -> None:
            if content["data"]["order_id"] != order.venue_id:
                raise ValueError(f"asked for {order.venue_id}, answered of {content['data']['order_id']!r}")

        return self.done(told, same)

    def _slice(self, one: Any, order: OrderRequest, reply: Reply) -> Accepted | Rejected | Unknown:
        """What became of one slice: it has a number, or the error that it alone met."""
        error = one.get("error") if isinstance(one, dict) else None
        if isinstance(error, dict):
            code, message = str(error.get("error_type") or _UNNAMED), str(error.get("message") or "")
            status = error.get("code")
            own = Reply(status if isinstance(status, int) else None, json.dumps(one, default=str), code, message)
            return self.undecided(Told(self.table.verdict(own), own, one))
        return self._slice_taken(Told(Verdict.ACCEPTED, reply, one), order)

    def _slice_taken(self, told: Told, order: OrderRequest) -> Accepted | Unknown:
        return self.accepted(told, lambda one: placed_of(one, order, is_slice=True))

    def _quote(self, call: Call) -> Mapping[str, Any]:
        data = self._data(call, lambda: self._client.quote(call.symbol))
        # A listing that has no data is left out of the answer.
        if not self.reading(lambda: _mapping(data)).get(call.symbol):
            raise Refused(f"Zerodha has no quote of {call.symbol}", venue=self.facts.name)
        return self.reading(lambda: _mapping(data[call.symbol]))

    def _login_of(self, data: Mapping[str, Any]) -> Login:
        end = self.facts.credentials.life.daily_end
        return Login(
            token=Secret(text(data["access_token"])),
            account=text(data["user_id"]),
            holder=text(data["user_name"]),
            ends_at=end.after(self._clock()) if end else None,
        )


_NO_NUMBER = Rejected("NO_VENUE_ID", "Zerodha knows orders by their number alone: look the order up first", None)


def _order_parameters(order: OrderRequest) -> dict[str, Any]:
    exchange, name = _named(order.symbol)
    segment = _segment(exchange)
    _check(order, segment)
    return {
        "variety": _variety(order.hours),
        "exchange": exchange,
        "tradingsymbol": name,
        "transaction_type": SIDE_WORDS[order.side],
        "quantity": _whole(order.quantity, segment),
        "product": PRODUCT_WORDS[order.product],
        "order_type": TYPE_WORDS[order.type],
        "validity": LASTING_WORDS[order.lasting],
        "validity_ttl": str(order.minutes) if order.lasting is Lasting.MINUTES else None,
        "price": _plain(order.limit_price),
        "trigger_price": _plain(order.trigger_price),
        # Each such order says its own bound: -1, the venue's choice, is nobody's, and nought is refused.
        "market_protection": _plain(order.protection_percent),
        "tag": order.mark,
    }


def _check(order: OrderRequest, segment: SegmentCapabilities) -> None:
    """What the segment does not declare is never sent to be refused there, or to be understood as something else."""
    if segment.support(order.type) is not Support.NATIVE:
        raise BadOrder(f"Zerodha has no order of type {order.type}")
    for what, asked, declared in (
        ("validity", order.lasting, segment.lasting),
        ("product", order.product, segment.products),
        ("part of the day", order.hours, segment.hours),
    ):
        if asked not in declared:
            raise BadOrder(f"Zerodha takes no {what} {asked!r} there")
    if order.is_maker_only:
        raise BadOrder("Zerodha has no maker-only orders")
    if not 0 < len(order.mark) <= ZERODHA.mark.longest:
        raise BadOrder(f"a tag has 1 to {ZERODHA.mark.longest} characters, got {len(order.mark)}")
    if order.protection_price is not None:
        raise BadOrder("Zerodha takes the protection of a market order as a percentage")
    if not order.type.has_limit and order.protection_percent is None:
        raise BadOrder(f"at Zerodha an order of type {order.type} needs a protection")


def _named(symbol: str) -> tuple[str, str]:
    try:
        return exchange_and_name(symbol)
    except ValueError as error:
        raise BadOrder(str(error)) from error


def _segment(exchange: str) -> SegmentCapabilities:
    if exchange not in ZERODHA.segments:
        raise BadOrder(f"Zerodha has no segment {exchange}")
    return ZERODHA.segment(exchange)


def _variety(hours: Hours) -> str:
    if hours not in VARIETIES:
        raise BadOrder(f"Zerodha has no orders of the hours {hours}")
    return VARIETIES[hours]


def _whole(quantity: Quantity, segment: SegmentCapabilities) -> str:
    if quantity.unit not in segment.units:
        raise BadOrder(f"quantities count {' or '.join(sorted(segment.units))} there, got {quantity.unit}")
    if quantity.value != quantity.value.to_integral_value():
        raise BadOrder(f"Zerodha takes whole numbers, got {quantity.value}")
    return f"{quantity.value.to_integral_value():f}"


def _plain(value: Decimal | None) -> str | None:
    """Digits alone: no exponent, and no zeros after the last that counts. None is not sent."""
    if value is None:
        return None
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _is_csv(answer: Answer) -> bool:
    return answer.status == 200 and answer.headers.get("content-type", "").startswith("text/csv")


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} cannot be read as a record")
    return value


def _enabled(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The segments that are switched on. One that does not say so in a word of truth is unreadable."""
    for name, one in _mapping(data).items():
        if not isinstance(one["enabled"], bool):
            raise TypeError(f"{name}: {one['enabled']!r} cannot be read as yes or no")
    return [(name, one) for name, one in data.items() if one["enabled"]]


def _cash_of(data: Mapping[str, Any]) -> Balance:
    segments = [one for _, one in _enabled(data)]
    cash = sum((number(one["available"]["cash"]) for one in segments), Decimal(0))
    used = sum((number(one["utilised"]["debits"]) for one in segments), Decimal(0))
    return Balance(CURRENCY, cash - used, used, raw=data)


def _ticker_of(symbol: str, one: Mapping[str, Any]) -> Ticker:
    # An index has no book and no volume.
    depth = one.get("depth") or {"buy": (), "sell": ()}
    return Ticker(
        symbol=symbol,
        last=number(one["last_price"]),
        bid=_best(levels_of(depth["buy"])),
        ask=_best(levels_of(depth["sell"])),
        at=_told_time(one["timestamp"]),
        volume=number(one["volume"]) if "volume" in one else None,
        raw=one,
    )


def _best(levels: tuple[Level, ...]) -> Decimal | None:
    return levels[0].price if levels else None


def _told_time(words: str | None) -> dt.datetime | None:
    return india_time(words) if words else None


def _candle_of(row: list[Any]) -> Candle:
    start = dt.datetime.fromisoformat(row[0])
    if start.tzinfo is None:
        raise ValueError(f"{row[0]!r} cannot be read as a moment: it has no zone")
    return Candle(start.astimezone(dt.UTC), *(float(number(figure)) for figure in row[1:6]))
