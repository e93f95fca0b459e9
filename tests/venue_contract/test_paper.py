"""The contract, for the venue without a wire: what it takes, fills, refuses and finds again, to the last digit."""

import datetime as dt
from decimal import Decimal

import pytest

from exchanges.domain.capabilities import Support
from exchanges.domain.failures import NotNow, NotOffered
from exchanges.domain.holdings import Balance, Holding
from exchanges.domain.limits import Act
from exchanges.domain.market import Book, Level
from exchanges.domain.orders import BadOrder, Change, Hours, Lasting, OrderType, Product, Quantity, Unit
from exchanges.domain.outcomes import Absent, Accepted, Done, Found, Rejected, Unknown
from exchanges.domain.reports import FeeKind, Status
from exchanges.domain.venues.paper import PAPER
from kernel.money.amount import Amount
from tests.venue_contract.paper import NOW, Desk, order, ref, shares

D = Decimal


@pytest.fixture
def desk():
    """10 000 USDT; BTCUSDT 99.90 by 100.10, last 100."""
    return Desk()


def act(*names):
    """Which acts of the matrix the test is a cell of."""
    return pytest.mark.venue_cell("paper", *names)


# ---- orders ----

#: Each declared type in a form that stands or fills at these prices: order, what it is afterwards.
TAKEN = {
    OrderType.MARKET: (order(), Status.FILLED, "100.10"),
    OrderType.LIMIT: (order(limit="99"), Status.ACCEPTED, None),
    OrderType.STOP: (order(trigger="101"), Status.ACCEPTED, None),
    OrderType.STOP_LIMIT: (order(limit="102", trigger="101"), Status.ACCEPTED, None),
}


@act("place.accepted")
@pytest.mark.parametrize("kind", TAKEN)
def test_every_declared_type_is_placed(desk, kind):
    asked, status, price = TAKEN[kind]
    outcome = desk.venue.place(asked)
    assert isinstance(outcome, Accepted)
    assert outcome.report.status is status
    assert outcome.report.type_word == kind.replace("_", " ")
    assert outcome.report.is_dormant is kind.has_trigger
    assert [fill.price for fill in outcome.report.fills] == ([D(price)] if price else [])


def test_the_types_above_are_all_that_is_declared():
    native = {
        kind for one in PAPER.segments.values() for kind, support in one.orders.items() if support is Support.NATIVE
    }
    assert set(TAKEN) == native


@act("place.accepted")
def test_market_order_pays_the_ask_and_its_fill_says_of_which_price_it_was_made(desk):
    desk.later(7)
    [fill] = desk.place("buy", "2").report.fills
    assert (fill.price, fill.quantity.value, fill.is_maker) == (D("100.10"), D(2), False)
    assert (fill.fee, fill.fee_kind) == (Amount(D("0.002"), "BTC"), FeeKind.ESTIMATED)
    assert fill.raw == {
        "bid": "99.9",
        "ask": "100.1",
        "last": "100",
        "told_at": NOW.isoformat(),
        "age": "7.000",
        "source": "binance",
        "depth": "touch only",
        "moved": "200.2",
    }
    assert desk.held() == {"BTC": (D("1.998"), 0), "USDT": (D("9799.8"), 0)}


@act("place.accepted")
def test_seller_gets_the_bid_and_pays_in_money(desk):
    desk.place("buy", "2")
    [fill] = desk.place("sell", "1.998").report.fills
    assert (fill.price, fill.fee) == (D("99.90"), Amount(D("0.19960020"), "USDT"))
    assert desk.held() == {"USDT": (D("9799.8") + D("1.998") * D("99.90") - D("0.19960020"), 0)}


@act("place.accepted")
def test_book_is_walked_where_one_was_told(desk):
    asks = tuple(Level(D(price), D(quantity)) for price, quantity in (("100", "1"), ("101", "2"), ("105", "9")))
    desk.market.tell(book=Book("BTCUSDT", (), asks, NOW))
    outcome = desk.place("buy", "5", limit="101", lasting=Lasting.IMMEDIATE_OR_CANCEL)
    assert [(one.price, one.quantity.value) for one in outcome.report.fills] == [(D(100), D(1)), (D(101), D(2))]
    assert (outcome.report.status, outcome.report.filled, outcome.report.reason) == (
        Status.EXPIRED,
        D(3),
        "NO_LIQUIDITY",
    )
    assert desk.place("buy", "13", limit="105", lasting=Lasting.FILL_OR_KILL).report.reason == "NOT_ALL_AT_ONCE"


@act("place.accepted")
def test_same_book_is_not_met_twice_by_what_rests(desk):
    asks = (Level(D(100), D(1)),)
    desk.market.tell(book=Book("BTCUSDT", (), asks, NOW))
    assert desk.place("buy", "3", limit="100").report.filled == D(1)
    [standing] = desk.venue.open_orders()
    assert standing.filled == D(1)
    desk.later(1, book=Book("BTCUSDT", (), asks, NOW))
    [standing] = desk.venue.open_orders()
    assert standing.filled == D(2)


@act("place.accepted")
def test_book_that_one_order_used_up_is_not_there_for_the_next_at_a_later_look(desk):
    desk.place("buy", "3", limit="99")
    desk.place("buy", "3", limit="99")
    desk.later(1, bid="98", ask="99", book=Book("BTCUSDT", (), (Level(D(99), D(1)),), NOW))
    for _ in range(3):
        assert [one.filled for one in desk.venue.open_orders()] == [D(1), D(0)]


@act("place.accepted")
def test_resting_order_is_filled_at_its_own_limit_when_the_ask_reaches_it(desk):
    desk.place("buy", "1", limit="99")
    desk.later(1, bid="98.90", ask="99.01", last="98.00")
    assert len(desk.venue.open_orders()) == 1, "only the touch of the other side fills it, not a last price"
    desk.later(1, bid="98", ask="98.50")
    assert desk.venue.open_orders() == []
    [fill] = desk.venue.trades_since(NOW, "BTCUSDT")
    assert (fill.price, fill.is_maker, fill.raw["ask"]) == (D(99), True, "98.5")
    assert desk.held() == {"BTC": (D("0.999"), 0), "USDT": (D(9901), 0)}


@act("place.accepted")
def test_stop_wakes_on_the_last_price_and_takes(desk):
    desk.place("buy", "1")
    desk.place("sell", "0.999", trigger="95")
    desk.later(1, bid="94.50", ask="95.50", last="95.01")
    assert [one.is_dormant for one in desk.venue.open_orders()] == [True]
    desk.later(1, bid="94.00", ask="95.50", last="95.00")
    assert desk.venue.open_orders() == []
    assert [fill.price for fill in desk.venue.trades_since(NOW, "BTCUSDT")] == [D("100.10"), D("94.00")]


@act("place.accepted")
def test_stop_limit_wakes_and_rests_where_its_limit_is_not_met(desk):
    desk.place("buy", "1", limit="101", trigger="100.50")
    desk.later(1, bid="102", ask="103", last="102")
    [standing] = desk.venue.open_orders()
    assert (standing.is_dormant, standing.filled) == (False, 0)
    desk.later(1, bid="100", ask="100.80", last="100.5")
    assert [fill.price for fill in desk.venue.trades_since(NOW, "BTCUSDT")] == [D(101)]


@act("place.accepted")
def test_stop_that_wakes_dearer_than_the_account_can_pay_ends_unfilled():
    desk = Desk(USDT=101)
    desk.place("buy", "1", trigger="101")
    desk.later(1, bid="149", ask="150", last="150")
    assert desk.venue.open_orders() == []
    [over] = desk.venue.orders_since(NOW, "BTCUSDT")
    assert (over.status, over.reason) == (Status.EXPIRED, "INSUFFICIENT_BALANCE need=150 free=101")
    assert desk.held() == {"USDT": (D(101), 0)}


@act("place.accepted")
def test_order_of_a_day_ends_with_it(desk):
    desk.place("buy", "1", limit="90", lasting=Lasting.DAY)
    desk.later(14 * 3600 + 1799)
    assert len(desk.venue.open_orders()) == 1
    desk.later(1)
    assert desk.venue.open_orders() == []
    assert desk.venue.find(ref()).report.reason == "DAY_OVER"


@act("place.accepted")
def test_order_never_gets_past_one_of_its_own():
    desk = Desk(USDT=1000, BTC=1)
    desk.place("sell", "1", limit="100.05")
    outcome = desk.place("buy", "1")
    assert (outcome.report.status, outcome.report.reason) == (Status.EXPIRED, "SELF_TRADE")
    assert desk.held() == {"BTC": (0, D(1)), "USDT": (D(1000), 0)}


REFUSED = {
    "too little money": (order(quantity="100"), "INSUFFICIENT_BALANCE need=10010 free=10000"),
    "nothing to sell": (order("sell"), "INSUFFICIENT_BALANCE need=1 free=0"),
    "off the step": (order(quantity="1.000001"), "QUANTITY_OFF_STEP bound=1 got=1.000001"),
    "too small": (order(quantity="0.000001"), "QUANTITY_BELOW_MINIMUM bound=0.00001 got=0.000001"),
    "off the tick": (order(limit="99.001"), "PRICE_OFF_TICK bound=99 got=99.001"),
    "trigger off the tick": (order(trigger="101.001"), "TRIGGER_OFF_TICK bound=101 got=101.001"),
    "too little worth": (order(quantity="0.01"), "NOTIONAL_BELOW_MINIMUM bound=5 got=1"),
    "a maker that would take": (order(limit="101", is_maker_only=True), "WOULD_TAKE"),
    "what nobody lists": (order(symbol="MTGOX"), "NOT_LISTED symbol=MTGOX"),
    "a symbol too long": (order(symbol="X" * 10_000), "NOT_LISTED symbol=" + "X" * 80),
}


@act("place.rejected")
@pytest.mark.parametrize("case", REFUSED)
def test_refusal_says_its_code_and_figures_and_holds_nothing_back(desk, case):
    asked, reason = REFUSED[case]
    outcome = desk.venue.place(asked)
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == reason.split()[0]
    assert outcome.reason == reason
    assert outcome.reply.text
    assert desk.held() == {"USDT": (D(10_000), 0)}
    assert desk.venue.find(ref(asked.mark)).report.status is Status.REJECTED


@act("place.rejected")
@pytest.mark.parametrize(
    "wrong", [{"quantity": "1E-19"}, {"quantity": "1E30"}, {"limit": "1E-19"}, {"trigger": "1E40"}]
)
def test_number_that_no_row_could_hold_is_refused_and_leaves_no_row(desk, wrong):
    outcome = desk.venue.place(order(**wrong))
    assert (type(outcome), outcome.code) == (Rejected, "NUMBER_NOT_KEPT")
    assert desk.store.orders == {}
    assert isinstance(desk.venue.find(ref()), Absent)


@act("place.rejected")
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"ago": 61}, "NO_PRICE age=61.0 limit=60 source=binance"),
        ({"ask": None}, "NO_PRICE side=ask age=0.0 limit=60 source=binance"),
        (None, "NO_PRICE age=never"),
    ],
)
@pytest.mark.parametrize("asked", [order(), order(limit="150"), order(limit="50")])
def test_nothing_is_filled_at_a_price_that_is_old_or_that_nobody_told(desk, told, reason, asked):
    desk.market.told.clear()
    if told is not None:
        desk.market.tell(**told)
    outcome = desk.venue.place(asked)
    assert (type(outcome), outcome.reason) == (Rejected, reason)
    assert desk.store.fills == []


@act("place.rejected")
def test_trigger_without_a_last_price_is_refused(desk):
    desk.market.tell(last=None)
    assert desk.place(trigger="101").reason == "NO_PRICE side=last age=0.0 limit=60 source=binance"


@act("place.rejected")
def test_old_price_fills_nothing_that_rests_either(desk):
    desk.place("buy", "1", limit="99")
    desk.later(100)
    desk.market.tell(bid="1", ask="2", last="1", ago=61)
    assert len(desk.venue.open_orders()) == 1


@act("place.duplicate")
@pytest.mark.parametrize(
    "first", [order(), order(limit="99"), order(quantity="100")], ids=["filled", "open", "refused"]
)
def test_same_mark_twice_is_a_duplicate_whatever_became_of_the_first(desk, first):
    desk.venue.place(first)
    before = (desk.held(), len(desk.store.orders), len(desk.store.fills))
    outcome = desk.venue.place(order("buy", "2", mark=first.mark))
    assert isinstance(outcome, Unknown)
    assert outcome.is_duplicate
    assert before == (desk.held(), len(desk.store.orders), len(desk.store.fills))


@act("place.unknown", "cancel.unknown", "modify.unknown")
@pytest.mark.parametrize("tell", ["place", "cancel", "modify"])
def test_store_that_does_not_answer_leaves_it_open(desk, tell):
    desk.venue.place(order(limit="99"))
    desk.store.is_away = True
    outcome = {
        "place": lambda: desk.venue.place(order(mark="other")),
        "cancel": lambda: desk.venue.cancel(ref()),
        "modify": lambda: desk.venue.modify(ref(), Change(Quantity(D("0.5"), Unit.BASE))),
    }[tell]()
    assert isinstance(outcome, Unknown)
    assert not outcome.is_duplicate


NOT_OFFERED = {
    "a trailing stop": order(type=OrderType.TRAILING_STOP),
    "an amount of money": order(unit=Unit.QUOTE),
    "a date": order(lasting=Lasting.UNTIL_DATE, until=NOW),
    "a product": order(product=Product.DELIVERY),
    "other hours": order(hours=Hours.EXTENDED),
    "a protection": order(protection_percent=D(1)),
    "slices": order(may_be_split=True),
    "a day trade": shares(product=Product.INTRADAY),
    "shares until cancelled": shares(lasting=Lasting.UNTIL_CANCELLED),
    "a future": shares(symbol="NFO:NIFTY26DECFUT"),
}


@act("place.not_offered")
@pytest.mark.parametrize("case", NOT_OFFERED)
def test_what_is_not_declared_raises_and_nothing_is_kept(desk, case):
    with pytest.raises(NotOffered):
        desk.venue.place(NOT_OFFERED[case])
    assert desk.store.orders == {}


@pytest.mark.parametrize("mark", ["", "a-b", "x" * 37, "ü"])
def test_mark_that_the_policy_does_not_take_is_a_defect(desk, mark):
    with pytest.raises(BadOrder):
        desk.venue.place(order(mark=mark))


@act("cancel.accepted", "cancel.rejected")
def test_cancel_gives_back_what_was_kept_and_is_done_once(desk):
    desk.place("buy", "1", limit="99")
    assert desk.held() == {"USDT": (D(9901), D(99))}
    outcome = desk.venue.cancel(ref())
    assert isinstance(outcome, Done)
    assert outcome.report.status is Status.CANCELLED
    assert desk.held() == {"USDT": (D(10_000), 0)}
    again = desk.venue.cancel(ref())
    assert (type(again), again.code) == (Rejected, "NO_SUCH_ORDER")


@act("modify.accepted")
def test_quantity_goes_down_and_gives_back_its_part(desk):
    desk.place("buy", "2", limit="99")
    outcome = desk.venue.modify(ref(), Change(Quantity(D("0.5"), Unit.BASE)))
    assert isinstance(outcome, Done)
    assert outcome.report.quantity == Quantity(D("0.5"), Unit.BASE)
    assert desk.held() == {"USDT": (D("9950.5"), D("49.5"))}


@act("modify.rejected")
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("2", "QUANTITY_NOT_LOWER"),
        ("3", "QUANTITY_NOT_LOWER"),
        ("1.000001", "QUANTITY_OFF_STEP"),
        ("0.01", "NOTIONAL_BELOW_MINIMUM"),
    ],
)
def test_quantity_goes_nowhere_else(desk, wanted, code):
    desk.place("buy", "2", limit="99")
    assert desk.venue.modify(ref(), Change(Quantity(D(wanted), Unit.BASE))).code == code
    assert desk.held() == {"USDT": (D(9802), D(198))}


@act("modify.rejected")
def test_order_that_is_not_there_is_not_changed(desk):
    assert desk.venue.modify(ref(), Change(Quantity(D(1), Unit.BASE))).code == "NO_SUCH_ORDER"


def test_price_is_never_changed(desk):
    with pytest.raises(NotOffered):
        desk.venue.modify(ref(), Change(limit_price=D(1)))


# ---- questions ----


@act("find.answered", "find.absent")
def test_order_is_found_by_mark_or_said_to_be_absent(desk):
    desk.place("buy", "1", limit="99")
    found = desk.venue.find(ref())
    assert isinstance(found, Found)
    assert (found.report.mark, found.report.venue_id, found.report.limit_price) == ("mark1", "1", D(99))
    assert desk.venue.find(ref("", "BTCUSDT", "1")).report.mark == "mark1"
    assert isinstance(desk.venue.find(ref("other")), Absent)
    assert isinstance(desk.venue.find(ref("", "BTCUSDT", "99")), Absent)


@act("open_orders.answered", "orders_since.answered", "trades_since.answered")
def test_orders_and_trades_are_told_since_a_moment_and_of_one_symbol(desk):
    desk.place("buy", "1")
    desk.later(10, ask="100.10")
    desk.place("buy", "1", limit="99")
    since = NOW + dt.timedelta(seconds=5)
    assert [one.mark for one in desk.venue.open_orders()] == ["mark2"]
    assert [one.mark for one in desk.venue.orders_since(since, "BTCUSDT")] == ["mark2"]
    assert [one.mark for one in desk.venue.orders_since(NOW, "BTCUSDT")] == ["mark1", "mark2"]
    assert [one.trade_id for one in desk.venue.trades_since(NOW, "BTCUSDT")] == ["1"]
    assert desk.venue.trades_since(since, "BTCUSDT") == []
    assert desk.venue.orders_since(NOW, "ETHUSDT") == []


@act("balances.answered", "clock.answered")
def test_balances_tell_what_is_free_and_what_is_held(desk):
    desk.place("buy", "1", limit="99")
    assert desk.venue.balances() == [Balance("USDT", D(9901), D(99))]
    assert desk.venue.clock() == NOW


QUESTIONS = {
    Act.FIND: lambda venue: venue.find(ref()),
    Act.OPEN_ORDERS: lambda venue: venue.open_orders(),
    Act.ORDERS_SINCE: lambda venue: venue.orders_since(NOW, "BTCUSDT"),
    Act.TRADES_SINCE: lambda venue: venue.trades_since(NOW, "BTCUSDT"),
    Act.BALANCES: lambda venue: venue.balances(),
    Act.HOLDINGS: lambda venue: venue.holdings(),
}


@act(*(f"{one}.not_now" for one in QUESTIONS))
@pytest.mark.parametrize("question", QUESTIONS)
def test_question_to_a_store_that_is_away_is_never_an_empty_answer(desk, question):
    desk.store.is_away = True
    with pytest.raises(NotNow):
        QUESTIONS[question](desk.venue)


def test_every_declared_act_is_asked_somewhere_above():
    told = {Act.PLACE, Act.CANCEL, Act.MODIFY, Act.CLOCK, *QUESTIONS}
    assert told == PAPER.acts


@act("place.not_offered")
def test_act_that_is_not_declared_is_never_answered(desk):
    for ask in (
        desk.venue.positions,
        desk.venue.margins,
        desk.venue.rights,
        desk.venue.listings,
        lambda: desk.venue.ticker("BTCUSDT"),
        lambda: desk.venue.book("BTCUSDT", 5),
        lambda: desk.venue.candles("BTCUSDT", "1m", NOW, 1),
    ):
        with pytest.raises(NotOffered):
            ask()


# ---- shares ----


@pytest.fixture
def broker():
    """100 000 INR on a Friday at 15:00 in Mumbai; INFY 1499.95 by 1500."""
    made = Desk(follows="zerodha", INR=100_000)
    made.market.tell("NSE:INFY", bid="1499.95", ask="1500", last="1500")
    return made


@act("holdings.answered", "place.accepted")
def test_shares_are_bought_whole_for_delivery_with_the_published_charges(broker):
    [fill] = broker.venue.place(shares()).report.fills
    assert fill.fee == Amount(D("17.81"), "INR")
    assert broker.held() == {"INR": (D("84982.19"), 0)}
    assert broker.venue.holdings() == [
        Holding("NSE:INFY", D(10), D(0), D(0), None, D("1500.00000000"), D(1500)),
    ]
    broker.venue.place(shares("sell", "4", mark="mark2"))
    assert broker.venue.holdings()[0].average_price == D(1500)
    assert broker.venue.place(shares(quantity="0.5", mark="mark3")).code == "QUANTITY_BELOW_MINIMUM"


@act("place.rejected")
def test_shares_are_not_traded_when_their_market_is_shut(broker):
    broker.later(3600)
    broker.market.tell("NSE:INFY", bid="1499.95", ask="1500", last="1500")
    assert broker.venue.place(shares()).reason == "MARKET_CLOSED calendar=XBOM"


@act("place.rejected")
def test_day_beyond_the_calendar_is_refused_and_not_guessed(broker):
    broker.now = dt.datetime(2060, 1, 5, 6, tzinfo=dt.UTC)
    assert broker.venue.place(shares()).reason == "CALENDAR_ENDS calendar=XBOM"
