"""The contract over the sandbox: our adapters, the venues' own wire, and beside them somebody who knows the truth."""

import asyncio
import dataclasses
import datetime as dt
import random
from decimal import Decimal

import pytest

from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.capabilities import Support
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.failures import ClockOff, NotNow, TokenEnded, TooMany, VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.market import Ticker
from exchanges.domain.news import Hint, Joined, Moved
from exchanges.domain.orders import Change, OrderType, Quantity
from exchanges.domain.outcomes import Absent, Accepted, Done, Found, Rejected, Several, Unknown, Unresolved
from exchanges.domain.reports import FillReport, OrderReport, Status
from exchanges.domain.rights import Withdrawal
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.world import World
from exchanges.venue import Credentials
from instruments.domain.rules import Side
from kernel import clock
from kernel.encryption.secret import Secret
from tests.exchanges.sandbox.serving import serving
from tests.venue_contract.sandboxed import PLACES, ZERODHA_PLACE, Here

D = Decimal
WITH_LIMIT = {kind for kind in OrderType if kind.has_limit}
CASE = "over the sandbox"


@pytest.fixture
def running():
    with serving(World(seed="contract", clock=Clock())) as server:
        yield server


def over(*acts: Act):
    """For each venue that declares the acts; each test counts in their cells of the matrix."""
    found = [
        pytest.param(place, id=name, marks=pytest.mark.venue_cell(name, *(f"{act}.{CASE}" for act in acts)))
        for name, place in PLACES.items()
        if set(acts) <= place.facts.acts
    ]
    return pytest.mark.parametrize("place", found)


def types():
    """Every order type that a venue does by itself, for both sides."""
    return pytest.mark.parametrize(
        ("place", "kind", "side"),
        [
            pytest.param(
                place, kind, side, id=f"{name}-{kind}-{side}", marks=pytest.mark.venue_cell(name, f"place.{CASE}")
            )
            for name, place in PLACES.items()
            for kind in sorted(
                {
                    kind
                    for segment in place.facts.segments.values()
                    for kind, support in segment.orders.items()
                    if support is Support.NATIVE
                }
            )
            for side in Side
        ],
    )


# ---- orders ----


@types()
def test_order_of_every_native_type_is_taken_and_found_by_our_mark(running, place, kind, side):
    here = Here(running, place)
    line, order = here.line(), here.order(kind, side=side)
    outcome = line.place(order)
    assert isinstance(outcome, Accepted), outcome
    [taken] = here.truth()["orders"]
    assert taken["mark"] == order.mark
    assert D(taken["quantity"]) == order.quantity.value
    assert taken["side"] == side.value.lower()
    found = line.find(here.ref(order))
    assert isinstance(found, Found), found
    report = found.report
    assert (report.mark, report.symbol, report.side) == (order.mark, order.symbol, side)
    assert report.limit_price == order.limit_price or (kind not in WITH_LIMIT and place.bound)
    assert report.trigger_price == order.trigger_price
    assert report.is_dormant is kind.has_trigger
    assert report.status is (Status.FILLED if kind is OrderType.MARKET else Status.ACCEPTED)


@over(Act.PLACE, Act.TRADES_SINCE, Act.BALANCES)
def test_fills_are_told_as_they_were_to_the_last_digit(running, place):
    here = Here(running, place)
    line, order = here.line(), here.crossing()
    assert isinstance(line.place(order), Accepted)
    [taken] = here.truth()["orders"]
    assert taken["state"] == "filled"
    told = line.trades_since(here.ref(order).sent_at, place.symbol)
    assert [(D(fill.price), fill.quantity.value) for fill in told] == [
        (D(one["price"]), D(one["quantity"])) for one in taken["fills"]
    ]
    assert {fill.venue_order_id for fill in told} == {line.find(here.ref(order)).report.venue_id}
    charged = sum((fill.fee.value for fill in told if fill.fee is not None), D(0))
    assert charged == sum((D(one["fee"]) for one in taken["fills"]), D(0))


@over(Act.BALANCES)
def test_balances_are_the_truth(running, place):
    here = Here(running, place)
    line = here.line()
    assert isinstance(line.place(here.order()), Accepted)
    told = {one.asset: (one.free, one.held) for one in line.balances()}
    truth = here.truth()["balances"]
    assert told
    for asset, (free, held) in told.items():
        assert free + held == D(truth[asset]["free"]) + D(truth[asset]["held"])
        assert held == D(truth[asset]["held"])


@over(Act.CANCEL)
def test_cancel_is_done_once_and_refused_when_it_is_over(running, place):
    here = Here(running, place)
    line, order = here.line(), here.order()
    placed = line.place(order)
    ref = dataclasses.replace(here.ref(order), venue_ids=(placed.report.venue_id,))
    assert isinstance(line.cancel(ref), Done)
    assert line.find(ref).report.status is Status.CANCELLED
    # Kite's word for it is one that says nothing of what became of it.
    assert isinstance(line.cancel(ref), Unknown if place is ZERODHA_PLACE else Rejected)
    assert here.truth()["orders"][0]["state"] == "cancelled"


@over(Act.MODIFY)
def test_change_lowers_the_quantity_and_keeps_the_mark(running, place):
    here = Here(running, place)
    line = here.line()
    order = here.order(quantity=Quantity(place.little * 3, place.unit))
    placed = line.place(order)
    ref = dataclasses.replace(here.ref(order), venue_ids=(placed.report.venue_id,))
    assert isinstance(line.modify(ref, Change(Quantity(place.little, place.unit))), Done)
    report = line.find(here.ref(order)).report
    assert (report.quantity.value, report.mark) == (place.little, order.mark)


@over(Act.OPEN_ORDERS, Act.ORDERS_SINCE)
def test_open_orders_and_orders_since_tell_what_stands_and_what_is_over(running, place):
    here = Here(running, place)
    line, stands, over_ = here.line(), here.order(), here.crossing()
    sent_at = here.ref(stands).sent_at
    for order in (stands, over_):
        assert isinstance(line.place(order), Accepted)
    assert [one.mark for one in line.open_orders()] == [stands.mark]
    assert {one.mark for one in line.orders_since(sent_at, place.symbol)} == {stands.mark, over_.mark}


@over(Act.PLACE)
def test_mark_sent_twice_is_a_duplicate_or_a_second_order_as_the_venue_declares(running, place):
    here = Here(running, place)
    line, order = here.line(), here.order()
    assert isinstance(line.place(order), Accepted)
    again = line.place(order)
    if place.facts.name == "binance":
        assert isinstance(again, Unknown)
        assert again.is_duplicate
        assert len(here.truth()["orders"]) == 1
    else:
        assert isinstance(again, Accepted)
        assert len(here.truth()["orders"]) == 2
        assert isinstance(line.find(here.ref(order)), Found | Several | Unresolved)


@over(Act.PLACE)
def test_more_than_there_is_is_refused_and_nothing_is_taken(running, place):
    here = Here(running, place)
    outcome = here.line().place(here.order(quantity=Quantity(place.much, place.unit)))
    assert isinstance(outcome, Rejected), outcome
    assert here.truth()["orders"] == []


@over(Act.PLACE)
def test_symbol_that_nobody_lists_is_refused(running, place):
    here = Here(running, place)
    name = "NSE:NOBODY" if place is ZERODHA_PLACE else "NOBODYUSDT"
    outcome = here.line().place(here.order(symbol=name))
    assert isinstance(outcome, Rejected), outcome


@over(Act.PLACE)
def test_symbol_that_was_delisted_today_is_refused(running, place):
    here = Here(running, place)
    order = here.order()
    here.fault("delisted", symbol=place.symbol)
    outcome = here.line().place(order)
    assert isinstance(outcome, Rejected), outcome
    assert here.fired("delisted") == 1


# ---- no word, or a false one ----

#: What happens after the order was taken, and before.
TAKEN = ("timeout_after", "error_after", "reset_after", "truncated")
NEVER = ("timeout_before", "error_before", "reset_before", "html")


def faults(names):
    return pytest.mark.parametrize(
        ("place", "fault"),
        [
            pytest.param(place, fault, id=f"{name}-{fault}", marks=pytest.mark.venue_cell(name, f"place.{CASE}"))
            for name, place in PLACES.items()
            for fault in names
        ],
    )


@faults(TAKEN)
def test_order_that_was_taken_without_a_word_is_unknown_and_found(running, place, fault):
    here = Here(running, place, seconds=1.0)
    line, order = here.line(), here.order()
    here.fault(fault, act="place")
    outcome = line.place(order)
    assert isinstance(outcome, Unknown), outcome
    assert here.fired(fault) == 1
    assert [one["mark"] for one in here.truth()["orders"]] == [order.mark]
    assert isinstance(line.find(here.ref(order)), Found)


@faults(NEVER)
def test_order_that_never_came_is_unknown_and_absent(running, place, fault):
    here = Here(running, place, seconds=1.0)
    line, order = here.line(), here.order()
    here.fault(fault, act="place")
    outcome = line.place(order)
    assert isinstance(outcome, Unknown), outcome
    assert here.fired(fault) == 1
    assert here.truth()["orders"] == []
    assert isinstance(line.find(here.ref(order)), Absent)


@over(Act.PLACE, Act.FIND)
def test_order_that_reads_do_not_show_yet_is_absent_and_then_found(running, place):
    here = Here(running, place)
    line, order = here.line(), here.order()
    here.fault("hidden", seconds=1.5)
    line.place(order)
    assert here.fired("hidden") == 1
    assert len(here.truth()["orders"]) == 1
    assert isinstance(line.find(here.ref(order)), Absent)
    found = [line.find(here.ref(order))]
    deadline = clock.monotonic() + 10
    while not isinstance(found[-1], Found) and clock.monotonic() < deadline:
        here.pause()
        found.append(line.find(here.ref(order)))
    assert isinstance(found[-1], Found)


@over(Act.PLACE)
def test_refusal_for_want_of_funds_is_a_refusal(running, place):
    here = Here(running, place)
    here.fault("funds_refused")
    outcome = here.line().place(here.order())
    assert isinstance(outcome, Rejected), outcome
    assert (here.fired("funds_refused"), here.truth()["orders"]) == (1, [])


@over(Act.PLACE, Act.FIND)
def test_order_that_the_venue_ends_keeps_the_part_that_was_filled(running, place):
    here = Here(running, place)
    line = here.line()
    order = here.order(quantity=Quantity(place.little * 2, place.unit))
    here.fault("partly_then_cancelled")
    line.place(order)
    assert here.fired("partly_then_cancelled") == 1
    report = line.find(here.ref(order)).report
    [taken] = here.truth()["orders"]
    assert 0 < report.filled < order.quantity.value
    assert (report.filled, report.status.is_final) == (D(taken["filled"]), True)


# ---- manners, clocks, keys ----


@over(Act.OPEN_ORDERS)
def test_venue_that_was_asked_too_often_says_so(running, place):
    here = Here(running, place)
    here.fault("too_many", act=place.lists, seconds=7)
    with pytest.raises(TooMany):
        here.line().open_orders()
    assert here.fired("too_many") == 1


@over(Act.PLACE)
def test_order_that_came_too_often_is_refused_or_unknown_and_never_taken(running, place):
    here = Here(running, place)
    here.fault("too_many", act="place", seconds=7)
    outcome = here.line().place(here.order())
    assert isinstance(outcome, Rejected), outcome
    assert here.truth()["orders"] == []


@over(Act.CLOCK, Act.PLACE)
@pytest.mark.parametrize("by", [300.0, -300.0])
def test_clock_that_is_five_minutes_off_is_a_refusal(running, place, by):
    here = Here(running, place)
    order = here.order()
    here.fault("clock_offset", by=by)
    outcome = here.line().place(order)
    assert isinstance(outcome, Rejected), outcome
    with pytest.raises(ClockOff):
        here.line().balances()
    assert abs((here.line().clock() - clock.now()).total_seconds() - by) < 5


@over(Act.LOG_IN, Act.BALANCES)
@pytest.mark.parametrize("fault", ["token_death", "elsewhere"])
def test_token_that_died_says_so(running, place, fault):
    here = Here(running, place)
    here.line().balances()
    told = {"account": here.account} if fault == "elsewhere" else {}
    here.fault(fault, **told)
    with pytest.raises(TokenEnded):
        here.line().balances()
    assert isinstance(here.line().place(here.order()), Rejected)
    here.log_in()
    assert here.line().balances()


@over(Act.BALANCES)
def test_swapped_secret_and_strange_key_open_nothing(running, place):
    one, other = Here(running, place), Here(running, place)
    fields = one.credentials.fields
    key, secret = (field.name for field in place.facts.credentials.fields)
    swapped = {key: fields[key], secret: other.credentials.fields[secret]}
    strange = {key: Secret(fields[key].reveal()[::-1]), secret: fields[secret]}
    for wrong in (swapped, strange):
        with pytest.raises(VenueFailure):
            if place.facts.credentials.needs_log_in:
                broken = dataclasses.replace(one.credentials, fields=wrong, token=Secret("nothing"))
            else:
                broken = Credentials(wrong)
            one.line(credentials=broken).balances()


@over(Act.RIGHTS)
def test_rights_of_a_key_are_told(running, place):
    rights = Here(running, place).line().rights()
    assert (rights.can_read, rights.can_trade, rights.withdrawal) == (True, True, Withdrawal.CANNOT)


@over(Act.RIGHTS)
def test_key_that_moves_money_is_told(running, place):
    rights = Here(running, place, rights={"enableWithdrawals": True}).line().rights()
    assert rights.withdrawal is Withdrawal.CAN


# ---- the market ----


@over(Act.LISTINGS, Act.TICKER, Act.BOOK, Act.CANDLES)
def test_market_is_read_and_holds_together(running, place):
    here = Here(running, place)
    line = here.line()
    listed = {one.symbol: one for one in line.listings()}
    assert place.symbol in listed
    ticker = line.ticker(place.symbol)
    here.pause()
    book = line.book(place.symbol, 5)
    assert ticker.bid < ticker.ask
    assert [one.price for one in book.bids] == sorted((one.price for one in book.bids), reverse=True)
    assert [one.price for one in book.asks] == sorted(one.price for one in book.asks)
    assert book.bids[0].price < book.asks[0].price
    assert len(book.bids) == len(book.asks) == 5
    since = clock.now() - dt.timedelta(hours=5)
    candles = here.line(catalogue=GivenCatalogue(listed.values())).candles(place.symbol, "1h", since, 10)
    assert len(candles) >= 4
    assert all(one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high for one in candles)


@over(Act.LISTINGS, Act.PLACE)
def test_orders_that_fit_the_rules_of_the_listing_are_refused_by_no_filter(running, place):
    here = Here(running, place)
    line = here.line()
    rules = {one.symbol: one.rules for one in line.listings()}[place.symbol]
    draw, last = random.Random(5), here.last()
    for _ in range(8):
        price = (last * draw.choice([D(n) / 1000 for n in range(941, 990)])) // rules.price.step * rules.price.step
        raw = place.little * draw.choice([D(n) / 7 for n in range(7, 14)])
        quantity = raw // rules.quantity.step * rules.quantity.step
        assert rules.least_notional is None or price * quantity >= rules.least_notional
        outcome = line.place(here.order(limit_price=price, quantity=Quantity(quantity, place.unit)))
        assert isinstance(outcome, Accepted), outcome


# ---- sockets ----


def listen(here, kind, until, *, meanwhile=lambda: None, seconds=20, symbols=None):
    """What a stream tells until this is so; `meanwhile` is done once it has joined. Its failure, where it ends so."""
    place, heard = here.place, []
    known = {one.symbol: one for one in here.line().listings()}
    stream = kind(
        credentials=here.credentials,
        symbols=symbols if symbols is not None else (place.symbol,),
        listings=tuple(known.values()),
        wire=WireSession(manners=NoManners(), seconds=3),
        clock=clock.now,
        base_url=here.running.address,
    )

    async def go():
        listening = asyncio.create_task(stream.listen(heard.append))
        done = False
        deadline = clock.monotonic() + seconds
        try:
            while not until(heard) and not listening.done() and clock.monotonic() < deadline:
                if not done and any(isinstance(one, Joined) for one in heard):
                    done = True
                    await asyncio.to_thread(meanwhile)
                await asyncio.sleep(0.05)
            return listening.exception() if listening.done() else None
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    return heard, asyncio.run(go())


@over(Act.STREAM)
def test_socket_tells_prices(running, place):
    here = Here(running, place)
    heard, failure = listen(here, place.prices, lambda heard: sum(isinstance(one, Ticker) for one in heard) >= 2)
    assert failure is None
    tickers = [one for one in heard if isinstance(one, Ticker)]
    assert len(tickers) >= 2
    assert {one.symbol for one in tickers} == {place.symbol}
    assert all(one.bid < one.ask for one in tickers if one.bid and one.ask)


def told_of_order(heard):
    return [one for one in heard if isinstance(one, OrderReport | FillReport | Hint)]


@over(Act.STREAM, Act.PLACE)
def test_socket_tells_what_becomes_of_an_order(running, place):
    here = Here(running, place)
    line, order = here.line(), here.crossing()

    def is_told(heard):
        reports = [one for one in heard if isinstance(one, OrderReport)]
        return any(one.status is Status.FILLED for one in reports) or any(isinstance(one, Hint) for one in heard)

    heard, failure = listen(here, place.fills, is_told, meanwhile=lambda: line.place(order), symbols=())
    assert failure is None
    assert told_of_order(heard)
    if place.facts.name == "binance":
        [taken] = here.truth()["orders"]
        reports = [one for one in heard if isinstance(one, OrderReport)]
        assert {one.mark for one in reports} == {order.mark}
        assert reports[-1].filled == D(taken["filled"])
        assert any(isinstance(one, Moved) for one in heard)


@over(Act.STREAM)
def test_socket_that_is_closed_ends_and_another_one_opens(running, place):
    here = Here(running, place)
    _, failure = listen(here, place.fills, lambda heard: False, meanwhile=lambda: here.fault("closed"), symbols=())
    assert isinstance(failure, NotNow), failure
    heard, failure = listen(here, place.fills, lambda heard: any(isinstance(one, Joined) for one in heard), symbols=())
    assert failure is None
    assert heard


@over(Act.STREAM, Act.ORDERS_SINCE, Act.TRADES_SINCE)
def test_messages_that_a_socket_lost_are_had_by_asking(running, place):
    here = Here(running, place)
    line, order = here.line(), here.crossing()

    sent_at = here.ref(order).sent_at

    def lose():
        here.fault("gap", messages=50)
        line.place(order)

    heard, _ = listen(here, place.fills, lambda heard: False, meanwhile=lose, seconds=2.5, symbols=())
    assert here.fired("gap") >= 1
    assert told_of_order(heard) == []
    assert [one.mark for one in line.orders_since(sent_at, place.symbol)] == [order.mark]
    assert line.trades_since(sent_at, place.symbol)
