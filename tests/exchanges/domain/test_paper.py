"""Whatever is asked of a paper account and whatever prices do: nothing is made, lost or overdrawn."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from exchanges.domain.followed import TakenIn, followed_venues
from exchanges.domain.market import Book, Level
from exchanges.domain.orders import Change, Lasting, Quantity, Unit
from exchanges.domain.paper import _need
from exchanges.domain.paper_account import Asset
from exchanges.domain.reports import Status
from exchanges.domain.venues import VENUES
from instruments.domain.rules import Side, Steps, TradingRules
from kernel.money.rounding import floor_to_step
from tests.venue_contract.paper import BITCOIN, Desk, ref

D = Decimal
FINE = TradingRules(price=Steps(D("1E-10")), quantity=Steps(D("1E-9")))
USDT, BTC = Asset("USDT"), Asset("BTC")

prices = some.integers(900_000_000_000, 1_100_000_000_000).map(lambda n: D(n).scaleb(-10))
quantities = some.integers(1, 20_000_000_000).map(lambda n: D(n).scaleb(-9))
sides = some.sampled_from(["buy", "sell"])
lastings = some.sampled_from([Lasting.UNTIL_CANCELLED, Lasting.DAY, Lasting.IMMEDIATE_OR_CANCEL, Lasting.FILL_OR_KILL])
acts = some.one_of(
    some.tuples(
        some.just("place"), sides, quantities, some.none() | prices, some.none() | prices, lastings, some.booleans()
    ),
    some.tuples(some.just("cancel"), some.integers(1, 20)),
    some.tuples(some.just("lower"), some.integers(1, 20), quantities),
    some.tuples(some.just("move"), prices, some.integers(0, 10**9), prices, some.booleans(), quantities),
    some.tuples(some.just("all"), prices, some.booleans()),
    some.tuples(some.just("wait"), some.integers(1, 90_000)),
)


def do(desk, act):
    match act:
        case ("place", side, quantity, limit, trigger, lasting, is_maker_only):
            more = {"is_maker_only": is_maker_only} if limit is not None and trigger is None else {}
            if limit is None and trigger is None and lasting is Lasting.DAY:
                lasting = Lasting.IMMEDIATE_OR_CANCEL
            desk.place(side, quantity, limit=limit, trigger=trigger, lasting=lasting, **more)
        case ("cancel", number):
            desk.venue.cancel(ref(f"mark{number}"))
        case ("lower", number, quantity):
            desk.venue.modify(ref(f"mark{number}"), Change(Quantity(quantity, Unit.BASE)))
        case ("move", bid, spread, last, has_book, size):
            ask = bid + D(spread).scaleb(-9)
            levels = (
                tuple(Level(price, size) for price in (ask, ask + 1)),
                tuple(Level(p, size) for p in (bid, bid - 1)),
            )
            book = Book("BTCUSDT", levels[1], levels[0], None) if has_book else None
            desk.later(1, bid=str(bid), ask=str(ask), last=str(last), book=book)
            desk.venue.advance()
        case ("all", limit, is_with_fee):
            # As much as the money buys, to the last step; without a thought of the fee that is too much.
            free = desk.held().get("USDT", (D(0), D(0)))[0]
            rate = followed_venues()[desk.store.followed].rates[Side.BUY].dearer if is_with_fee else 0
            quantity = floor_to_step(free / (limit * (1 + rate)), D("1E-9"))
            if quantity > 0:
                desk.place("buy", quantity, limit=limit)
        case ("wait", seconds):
            desk.later(seconds)
            desk.venue.advance()


def check(desk, began):
    store, followed = desk.store, followed_venues()[desk.store.followed]
    expected = defaultdict(Decimal, began)
    filled = defaultdict(Decimal)
    for fill in store.fills:
        sign = 1 if fill.side is Side.BUY else -1
        exact = fill.price * fill.quantity.value
        assert 0 <= exact - fill.moved < D("1E-18")
        expected[BTC] += sign * fill.quantity.value
        expected[USDT] -= sign * fill.moved
        expected[Asset(fill.fee_in)] -= fill.fee
        filled[fill.order] += fill.quantity.value
        assert 0 <= fill.fee <= max(fill.moved, fill.quantity.value)
    assert {asset: store.totals.get(asset, 0) for asset in expected} == dict(expected)
    held = defaultdict(Decimal)
    for one in store.orders.values():
        assert one.filled == filled[one.number] <= one.quantity.value
        assert (one.status is Status.FILLED) == (one.left == 0)
        if one.status.is_final:
            assert one.held == 0
        else:
            assert one.held == _need(followed, one)
            held[one.held_in] += one.held
    told = {Asset(one.asset): (one.free, one.held) for one in desk.venue.balances()}
    for asset, total in store.totals.items():
        assert 0 <= held[asset] <= total, "more is kept back than there is"
        assert told.get(asset, (0, 0)) == (total - held[asset], held[asset])


@settings(max_examples=300, deadline=None)
@given(follows=some.sampled_from(["binance", "kraken", "coinbase"]), done=some.lists(acts, max_size=25))
def test_fills_and_fees_explain_every_balance_and_reservations_are_the_open_orders(follows, done):
    began = {USDT: D(1000), BTC: D(10)}
    desk = Desk(follows=follows, USDT=1000, BTC=10)
    desk.market.listed["BTCUSDT"] = replace(BITCOIN, rules=FINE)
    for one in done:
        do(desk, one)
        check(desk, began)


@settings(max_examples=200, deadline=None)
@given(done=some.lists(acts, max_size=15))
def test_looking_twice_at_the_same_prices_changes_nothing(done):
    desk = Desk(USDT=1000, BTC=10)
    desk.market.listed["BTCUSDT"] = replace(BITCOIN, rules=FINE)
    for one in done:
        do(desk, one)
        desk.venue.advance()
        before = (dict(desk.store.totals), dict(desk.store.orders), list(desk.store.fills))
        assert desk.venue.advance() is False
        assert before == (desk.store.totals, desk.store.orders, desk.store.fills)


def test_orders_at_one_price_are_filled_in_their_order():
    desk = Desk()
    for quantity in ("1", "2", "3"):
        desk.place("buy", quantity, limit="99")
    desk.venue.modify(ref("mark1"), Change(Quantity(D("0.5"), Unit.BASE)))
    desk.later(1, bid="98", ask="98.5", book=Book("BTCUSDT", (), (Level(D("98.5"), D("1.5")),), None))
    desk.venue.advance()
    assert [(fill.order, fill.quantity.value) for fill in desk.store.fills] == [(1, D("0.5")), (2, D(1))]


def test_every_venue_that_can_be_followed_says_its_fees_with_source_and_date():
    told = followed_venues()
    assert set(told) == set(VENUES) - {"paper"}
    for one in told.values():
        assert one.source
        assert dt.date.fromisoformat(one.date)
        assert one.taken_in in TakenIn
        assert all(one.rates[side].maker <= one.rates[side].taker for side in Side)


def test_store_refuses_what_would_overdraw():
    """The guard behind the checks: were a reservation wrong, the block would fail and keep nothing."""
    desk = Desk(USDT=100)
    with pytest.raises(ArithmeticError), desk.store.changing() as ledger:
        ledger.move(USDT, D(-101))
    assert desk.store.totals == {USDT: D(100)}
