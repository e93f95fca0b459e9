"""The paper venue: our own matching over the prices that a followed venue tells. It has no wire: what it knows of the
world comes by a market, and what it keeps lies in a store, both given to it.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Protocol

from exchanges.adapters.paper_words import fill_report, order_report, reply_of
from exchanges.domain import paper
from exchanges.domain.capabilities import SegmentCapabilities
from exchanges.domain.failures import NotNow, NotOffered
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Listing, Ticker
from exchanges.domain.marks import MarkForm
from exchanges.domain.orders import BadOrder, Change, OrderRef, OrderRequest
from exchanges.domain.outcomes import Absent, Accepted, CommandOutcome, Done, Found, Lookup, Outcome, Rejected, Unknown
from exchanges.domain.paper import No
from exchanges.domain.paper_account import Ledger, PaperFill, PaperOrder, Quote, Traded
from exchanges.domain.reports import FillReport, OrderReport, Status
from exchanges.domain.rights import KeyRights
from exchanges.domain.venues.paper import PAPER
from exchanges.venue import Clock
from instruments.domain.candles import Candle
from instruments.domain.rules import Side
from kernel.money.rounding import half_even_to_places

_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)
#: Of an average, which is for showing.
_PLACES = 8


class StoreAway(Exception):
    """The store could not be reached, or did not say whether it kept what it was given."""


class Store(Protocol):
    """Balances, orders and fills of one account."""

    def changing(self) -> AbstractContextManager[Ledger]:
        """The account, locked. What changed in it is kept when the block ends well, all of it or nothing."""

    def order_of_mark(self, mark: str) -> PaperOrder | None: ...

    def order_of_number(self, number: int) -> PaperOrder | None: ...

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[PaperOrder]: ...

    def fills_since(self, since: dt.datetime, symbol: str) -> Sequence[PaperFill]: ...


class Market(Protocol):
    """What the followed venue lists, and the last that it told of a price."""

    def traded(self, symbol: str) -> Traded | None: ...

    def quote(self, symbol: str) -> Quote | None: ...

    def freshen(self, symbol: str) -> None:
        """Asks the followed venue, where what is known of the price is not new. Called outside any transaction."""


Do = Callable[[Ledger, PaperOrder, dt.datetime], PaperOrder | No]


class Paper:
    """One paper account."""

    facts = PAPER

    def __init__(self, *, store: Store, market: Market, clock: Clock) -> None:
        self._store, self._market, self._clock = store, market, clock

    # ---- orders ----

    def place(self, order: OrderRequest) -> Outcome:
        _check_mark(order.mark)
        traded = self._market.traded(order.symbol)
        if traded is not None:
            _check_offered(order, traded.segment)
            self._market.freshen(order.symbol)
        try:
            with self._store.changing() as ledger:
                if self._store.order_of_mark(order.mark) is not None:
                    cause = "the account holds an order of this mark already"
                    return Unknown(cause, reply_of(409, "DUPLICATE", cause), is_duplicate=True)
                now = self._clock()
                self._advance_in(ledger, now)
                placed = paper.place(ledger, order, traded, self._market.quote(order.symbol), now=now)
                fills = [fill for fill in ledger.fills if fill.order == placed.number]
        except StoreAway as error:
            return Unknown(f"the store did not answer: {error}", None)
        if placed.status is Status.REJECTED:
            code = placed.reason.split()[0]
            return Rejected(code, placed.reason, reply_of(400, code, placed.reason))
        return Accepted(order_report(placed, fills), reply_of(200, "", f"order {placed.number} is {placed.status}"))

    def cancel(self, order: OrderRef) -> CommandOutcome:
        return self._command(order, lambda ledger, standing, now: paper.cancel(ledger, standing, now=now))

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome:
        quantity = change.quantity
        if quantity is None or change != Change(quantity=quantity):
            raise NotOffered("paper lowers the quantity of an order, and changes nothing else of it")

        def do(ledger: Ledger, standing: PaperOrder, now: dt.datetime) -> PaperOrder | No:
            traded = self._market.traded(standing.symbol)
            if traded is None:
                return No("NOT_LISTED", f"symbol={standing.symbol}")
            return paper.lower(ledger, standing, quantity, traded.rules, now=now)

        return self._command(order, do)

    def advance(self) -> bool:
        """Meets the standing orders with the prices that are known now; True when something became of one."""
        with self._asking(), self._store.changing() as ledger:
            self._advance_in(ledger, self._clock())
            return bool(ledger.changed)

    # ---- what became of it ----

    def find(self, order: OrderRef) -> Lookup:
        self.advance()
        with self._asking():
            found = self._named(order)
        return Absent("every order of the account") if found is None else Found(order_report(found))

    def open_orders(self) -> Sequence[OrderReport]:
        with self._ledger() as ledger:
            return [order_report(one) for one in _in_order(ledger.orders.values())]

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[OrderReport]:
        self.advance()
        with self._asking():
            return [order_report(one) for one in _in_order(self._store.orders_since(since, symbol))]

    def trades_since(self, since: dt.datetime, symbol: str) -> Sequence[FillReport]:
        self.advance()
        with self._asking():
            return [fill_report(one) for one in self._fills(since, symbol)]

    # ---- what the account holds ----

    def balances(self) -> Sequence[Balance]:
        with self._ledger() as ledger:
            return [
                Balance(asset.name, ledger.free(asset), ledger.held(asset))
                for asset, total in sorted(ledger.totals.items())
                if total and not asset.is_security
            ]

    def holdings(self) -> Sequence[Holding]:
        """Shares count as delivered when they are bought."""
        with self._ledger() as ledger:
            held = [(asset.name, total) for asset, total in sorted(ledger.totals.items()) if asset.is_security]
        with self._asking():
            return [self._holding(symbol, total) for symbol, total in held if total]

    def positions(self) -> Sequence[Position]:
        raise _not_offered(Act.POSITIONS)

    def margins(self) -> Sequence[Margin]:
        raise _not_offered(Act.MARGINS)

    def rights(self) -> KeyRights:
        raise _not_offered(Act.RIGHTS)

    # ---- the market is asked of the followed venue ----

    def listings(self) -> Sequence[Listing]:
        raise _not_offered(Act.LISTINGS)

    def ticker(self, symbol: str) -> Ticker:
        raise _not_offered(Act.TICKER)

    def book(self, symbol: str, depth: int) -> Book:
        raise _not_offered(Act.BOOK)

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> Sequence[Candle]:
        raise _not_offered(Act.CANDLES)

    def clock(self) -> dt.datetime:
        return self._clock()

    # ---- within ----

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except StoreAway as error:
            raise NotNow(f"the store did not answer: {error}", venue=PAPER.name) from error

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        """The account as the prices that are known now left it."""
        with self._asking(), self._store.changing() as ledger:
            self._advance_in(ledger, self._clock())
            yield ledger

    def _advance_in(self, ledger: Ledger, now: dt.datetime) -> None:
        paper.advance(ledger, lambda symbol: (self._market.traded(symbol), self._market.quote(symbol)), now=now)

    def _command(self, order: OrderRef, do: Do) -> CommandOutcome:
        """A cancel or a change of one that stands; one that is over already is not touched, and the refusal says so."""
        try:
            with self._store.changing() as ledger:
                now = self._clock()
                self._advance_in(ledger, now)
                standing = next((one for one in ledger.orders.values() if _is_named(one, order)), None)
                came_of_it = No("NO_SUCH_ORDER", "") if standing is None else do(ledger, standing, now)
        except StoreAway as error:
            return Unknown(f"the store did not answer: {error}", None)
        if isinstance(came_of_it, No):
            return Rejected(came_of_it.code, str(came_of_it), reply_of(400, came_of_it.code, str(came_of_it)))
        said = f"order {came_of_it.number} is {came_of_it.status}"
        return Done(reply_of(200, "", said), order_report(came_of_it))

    def _named(self, order: OrderRef) -> PaperOrder | None:
        """By our mark, which is unique for ever; an id alone is enough where no mark is known."""
        if order.mark:
            return self._store.order_of_mark(order.mark)
        number = order.venue_id or ""
        return self._store.order_of_number(int(number)) if number.isdecimal() else None

    def _fills(self, since: dt.datetime, symbol: str) -> list[PaperFill]:
        return sorted(self._store.fills_since(since, symbol), key=lambda one: one.number)

    def _holding(self, symbol: str, total: Decimal) -> Holding:
        quote = self._market.quote(symbol)
        nought = Decimal(0)
        average = _average(self._fills(_EVER, symbol))
        return Holding(symbol, total, nought, nought, None, average, quote.last if quote else None)


def _average(fills: Iterable[PaperFill]) -> Decimal | None:
    """What a share cost on average, since the last time that none was held."""
    quantity = cost = Decimal(0)
    for fill in fills:
        if fill.side is Side.BUY:
            quantity, cost = quantity + fill.quantity.value, cost + fill.moved
        elif quantity > 0:
            left = quantity - fill.quantity.value
            quantity, cost = left, cost * left / quantity
    return half_even_to_places(cost / quantity, _PLACES) if quantity > 0 else None


def _is_named(one: PaperOrder, order: OrderRef) -> bool:
    return one.mark == order.mark if order.mark else str(one.number) == order.venue_id


def _in_order(orders: Iterable[PaperOrder]) -> list[PaperOrder]:
    return sorted(orders, key=lambda one: one.number)


def _check_mark(mark: str) -> None:
    policy = PAPER.mark
    is_fit = mark.isascii() and mark.isalnum() and len(mark) <= policy.longest
    if policy.form is not MarkForm.LETTERS_AND_DIGITS or not is_fit:
        raise BadOrder(f"a mark has at most {policy.longest} letters and digits, got {mark[:40]!r}")


def _check_offered(order: OrderRequest, segment_name: str) -> None:
    """What is not declared is no question for the venue: whoever asks has a defect."""
    segment: SegmentCapabilities | None = PAPER.segments.get(segment_name)
    if segment is None:
        raise NotOffered(f"paper declares no segment {segment_name!r}")
    for what, is_offered in (
        (order.type, segment.support(order.type) is not None),
        (order.lasting, order.lasting in segment.lasting),
        (order.quantity.unit, order.quantity.unit in segment.units),
        (f"product {order.product}", order.product in segment.products),
        (f"hours {order.hours}", order.hours in segment.hours),
        ("maker only", segment.has_maker_only or not order.is_maker_only),
        ("a protection", order.protection_price is None and order.protection_percent is None),
        ("slices", not order.may_be_split),
    ):
        if not is_offered:
            raise NotOffered(f"paper does not declare {what} in {segment_name}")


def _not_offered(act: Act) -> NotOffered:
    return NotOffered(f"paper does not declare {act}")


__all__ = ["Market", "Paper", "Store", "StoreAway"]
