"""What is Zerodha's alone, over a replay on loopback: what is never sent, slices, a book of today alone, the login."""

import datetime as dt
import inspect
import json
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import kiteconnect.exceptions
import pytest
from kiteconnect import KiteConnect

from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.classifier import table_of
from exchanges.domain.failures import Contradiction, NotOffered, Refused, TokenEnded
from exchanges.domain.limits import Act
from exchanges.domain.orders import BadOrder, Change, Hours, Lasting, OrderType, Product, Quantity, Unit
from exchanges.domain.outcomes import Absent, Accepted, Done, Found, Rejected, Several, Unknown, Unresolved
from exchanges.domain.reports import Status
from tests.venue_contract.replay import Reply, serving
from tests.venue_contract.zerodha import (
    INDIA,
    LOST,
    MARK,
    NOW,
    NUMBER,
    PARTIAL,
    REF,
    REQUEST_TOKEN,
    SECRET,
    SINCE,
    ZERODHA_KIT,
    at,
    check_login,
    check_signature,
    make,
    order,
)

D = Decimal
PAYLOADS = ZERODHA_KIT.payloads


@pytest.fixture(scope="module")
def replay():
    with serving() as server:
        yield server


@pytest.fixture
def venue(replay):
    replay.answer(Reply())
    return ZERODHA_KIT.venue(replay.address)


def told(data, status=200) -> Reply:
    return Reply(status, json.dumps({"status": "success", "data": data}).encode())


def book(**changes) -> list[dict]:
    """Today's book with our order changed."""
    rows = PAYLOADS["find.answered"].body["data"]
    return [{**one, **changes} if one["tag"] == MARK else one for one in rows]


# ---- what is never sent ----


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": Quantity(D("1.5"), Unit.SHARES)},
        {"quantity": Quantity(D("0.9999999999999999999999999999"), Unit.SHARES)},
        {"quantity": Quantity(D(1), Unit.LOTS)},
        {"quantity": Quantity(D(1), Unit.QUOTE)},
        {"symbol": "MCX:GOLDPETAL25DECFUT", "product": Product.CARRIED},
        {"symbol": "INFY"},
        {"symbol": ":INFY"},
        {"symbol": "NSE:"},
        {"symbol": "MOON:INFY"},
        {"product": Product.NONE},
        {"product": Product.CARRIED},
        {"product": Product.COVER},
        {"symbol": "NFO:NIFTY25NOVFUT"},
        {"hours": Hours.EXTENDED},
        {"lasting": Lasting.UNTIL_CANCELLED},
        {"lasting": Lasting.FILL_OR_KILL},
        {
            "symbol": "MCX:GOLDPETAL25DECFUT",
            "product": Product.CARRIED,
            "quantity": Quantity(D(1), Unit.LOTS),
            "lasting": Lasting.IMMEDIATE_OR_CANCEL,
        },
        {"is_maker_only": True},
        {"mark": ""},
        {"mark": "x" * 21},
        {"type": OrderType.TAKE_PROFIT_LIMIT, "trigger_price": D(1)},
        {"type": OrderType.TRAILING_STOP, "limit_price": None, "protection_percent": D(1)},
        {"type": OrderType.MARKET, "limit_price": None},
        {"type": OrderType.MARKET, "limit_price": None, "protection_price": D(1450)},
        {"type": OrderType.STOP, "limit_price": None, "trigger_price": D(1390)},
    ],
    ids=str,
)
def test_order_that_zerodha_would_refuse_or_misread_is_never_sent(venue, replay, wrong):
    with pytest.raises(BadOrder):
        venue.place(order(OrderType.LIMIT, **wrong))
    assert replay.requests == []


@pytest.mark.parametrize("change", [Change(), Change(quantity=Quantity(D("0.5"), Unit.SHARES))])
def test_change_of_nothing_or_of_half_a_share_is_never_sent(venue, replay, change):
    with pytest.raises(BadOrder):
        venue.modify(REF, change)
    assert replay.requests == []


def test_order_without_a_number_is_neither_cancelled_nor_changed(venue, replay):
    for outcome in (venue.cancel(LOST), venue.modify(LOST, Change(limit_price=D(1)))):
        assert isinstance(outcome, Rejected)
        assert outcome.code == "NO_VENUE_ID"
    assert replay.requests == []


def test_what_it_does_not_declare_is_not_offered(venue, replay):
    for ask in (venue.rights, venue.clock):
        with pytest.raises(NotOffered):
            ask()
    with pytest.raises(NotOffered):
        venue.candles("NSE:INFY", "2m", SINCE, 5)
    assert replay.requests == []


# ---- how orders are addressed ----


def test_change_sends_what_changes_and_nothing_else(venue, replay):
    replay.answer(told({"order_id": NUMBER}))
    given = Change(Quantity(D(10), Unit.SHARES), trigger_price=D("1391.050"), protection_percent=D("1.50"))
    assert isinstance(venue.modify(REF, given), Done)
    [request] = replay.requests
    assert (request.method, request.path) == ("PUT", f"/orders/regular/{NUMBER}")
    assert request.form == {
        "variety": "regular",
        "order_id": NUMBER,
        "quantity": "10",
        "trigger_price": "1391.05",
        "market_protection": "1.5",
    }


@pytest.mark.parametrize(("hours", "variety"), [(Hours.REGULAR, "regular"), (Hours.NEXT_OPENING, "amo")])
def test_cancel_goes_to_the_variety_that_took_the_order(venue, replay, hours, variety):
    replay.answer(told({"order_id": NUMBER}))
    assert isinstance(venue.cancel(replace(REF, hours=hours)), Done)
    [request] = replay.requests
    assert (request.method, request.path, request.sent) == ("DELETE", f"/orders/{variety}/{NUMBER}", {})


def test_order_is_sliced_only_when_that_was_asked_for(venue, replay):
    replay.answer(told({"order_id": NUMBER}))
    venue.place(order(OrderType.LIMIT))
    assert "autoslice" not in replay.requests[0].form


def test_order_taken_down_is_not_said_to_live(venue, replay):
    replay.answer(told({"order_id": NUMBER}))
    outcome = venue.place(order(OrderType.LIMIT))
    assert isinstance(outcome, Accepted)
    assert (outcome.report.status, outcome.report.status_word) == (Status.PENDING, "")
    assert (outcome.report.venue_id, outcome.report.mark) == (NUMBER, MARK)


def test_each_slice_has_its_own_fate(venue, replay):
    replay.answer(PAYLOADS["place.accepted-slices"].reply())
    outcome = venue.place(order(OrderType.LIMIT, may_be_split=True))
    assert isinstance(outcome, Several)
    taken, refused, lost, strange = outcome.outcomes
    assert isinstance(taken, Accepted)
    # How much of the order it is was not said.
    assert (taken.report.venue_id, taken.report.quantity, taken.report.mark) == ("251121000320001", None, MARK)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.reason, refused.reply.status) == ("MarginException", "Insufficient funds.", 400)
    assert isinstance(lost, Unknown)
    assert (lost.reply.code, lost.reply.status) == ("NetworkException", 503)
    assert isinstance(strange, Unknown)
    assert len(replay.requests) == 1


@pytest.mark.parametrize("children", ["strange", {"order_id": "1"}, [1], [None], [{"error": {}}], [{"error": "no"}]])
def test_slices_in_words_nobody_knows_are_unknown(venue, replay, children):
    replay.answer(told({"order_id": NUMBER, "children": children}))
    outcome = venue.place(order(OrderType.LIMIT, may_be_split=True))
    all_of_it = outcome.outcomes if isinstance(outcome, Several) else [outcome]
    assert all(isinstance(one, Unknown) for one in all_of_it), outcome


# ---- what became of it ----


def test_order_is_found_by_its_number_as_its_last_state_says(venue, replay):
    [row] = [one for one in book() if one["tag"] == MARK]
    first = {**row, "status": "PUT ORDER REQ RECEIVED", "filled_quantity": 0, "order_timestamp": "2025-11-21 13:29:58"}
    first["exchange_timestamp"] = None
    for one in (first, row):
        del one["exchange_update_timestamp"]
    replay.answer(told([first, row]))
    found = venue.find(REF)
    assert found == Found(replace(PARTIAL, placed_at=at(13, 29, 58), changed_at=at(13, 30)))
    assert replay.requests[0].path == f"/orders/{NUMBER}"


@pytest.mark.parametrize("ref", [REF, LOST], ids=["by its number", "by its mark"])
def test_refused_question_proves_nothing(venue, replay, ref):
    replay.answer(PAYLOADS["ticker.refused"].reply())
    assert isinstance(venue.find(ref), Unresolved)


def test_history_of_nothing_is_no_absence(venue, replay):
    replay.answer(told([]))
    with pytest.raises(Contradiction):
        venue.find(REF)


@pytest.mark.parametrize(
    ("sent_at", "is_absent"),
    [(at(0), True), (at(0) - dt.timedelta(microseconds=1), False), (NOW - dt.timedelta(days=3), False)],
)
def test_what_was_sent_before_indias_midnight_is_never_said_to_be_absent(venue, replay, sent_at, is_absent):
    replay.answer(PAYLOADS["find.absent"].reply())
    looked = venue.find(replace(LOST, sent_at=sent_at))
    assert isinstance(looked, Absent if is_absent else Unresolved)
    # But what is there is found, whenever it was sent.
    replay.answer(PAYLOADS["find.answered"].reply())
    assert isinstance(venue.find(replace(LOST, sent_at=sent_at)), Found)


def test_two_orders_of_one_mark_are_told_to_a_person(venue, replay):
    rows = book()
    twin = next(one for one in rows if one["tag"] == MARK)
    replay.answer(told([*rows, {**twin, "order_id": "251121000999999"}]))
    looked = venue.find(LOST)
    assert isinstance(looked, Unresolved)
    assert NUMBER in looked.reason
    assert "251121000999999" in looked.reason


def test_mark_is_seen_beside_kites_own_tags(venue, replay):
    replay.answer(told(book(tag=None, tags=["mktp", "mktp:2.00", MARK])))
    assert venue.find(LOST) == Found(PARTIAL)


def test_slices_that_bear_no_mark_may_be_ours(venue, replay):
    slice_ = {"tag": None, "tags": ["autoslice", "autoslice:251121000320000"]}
    replay.answer(told(book(**slice_)))
    assert isinstance(venue.find(LOST), Unresolved)
    replay.answer(told(book(**slice_)))
    assert isinstance(venue.find(replace(LOST, symbol="NSE:SBIN")), Absent)


def test_strange_word_in_another_order_does_not_hide_ours(venue, replay):
    rows = [{**one, "status": one["status"] if one["tag"] == MARK else "STRANGE"} for one in book()]
    replay.answer(told(rows))
    assert venue.find(LOST) == Found(PARTIAL)


def test_nothing_to_look_for_is_not_looked_for(venue, replay):
    assert isinstance(venue.find(replace(LOST, mark="")), Unresolved)
    assert replay.requests == []


@pytest.mark.parametrize("ask", ["orders_since", "trades_since"])
def test_yesterday_is_not_answered_with_today(venue, replay, ask):
    with pytest.raises(Refused, match="its own day"):
        getattr(venue, ask)(at(0) - dt.timedelta(seconds=1), "NSE:INFY")
    assert replay.requests == []
    replay.answer(told([]))
    assert getattr(venue, ask)(at(0), "NSE:INFY") == []


@pytest.mark.parametrize("word", sorted({"OPEN PENDING", "MODIFIED", "NOT MODIFIED", "CANCEL PENDING", "UPDATE"}))
def test_words_that_sound_like_ends_and_are_none(venue, replay, word):
    replay.answer(told(book(status=word, filled_quantity=0)))
    [standing] = [one for one in venue.open_orders() if one.mark == MARK]
    assert not standing.status.is_final


# ---- the market ----


def test_candles_are_asked_by_number_in_indian_time_and_cut_to_what_was_asked(venue, replay):
    replay.answer(PAYLOADS["candles.answered"].reply())
    assert len(venue.candles("NSE:INFY", "1m", SINCE, 1)) == 1
    [request] = replay.requests
    assert request.path == "/instruments/historical/408065/minute"
    assert request.query["from"] == "2025-11-21 09:30:00"
    # Never beyond now.
    assert request.query["to"] == "2025-11-21 13:30:05"


@pytest.mark.parametrize(
    ("interval", "at_most", "span"),
    [
        ("1h", 24, dt.timedelta(days=16)),
        ("1m", 10_000, dt.timedelta(days=51, hours=16)),
        ("1m", 100_000, dt.timedelta(days=60)),
        ("1d", 2000, dt.timedelta(days=2000)),
    ],
)
def test_span_of_candles_bridges_nights_and_holidays_within_what_kite_allows(venue, replay, interval, at_most, span):
    replay.answer(PAYLOADS["candles.answered"].reply())
    since = dt.datetime(2015, 1, 1, tzinfo=INDIA)
    venue.candles("NSE:INFY", interval, since, at_most)
    assert replay.requests[0].query["to"] == f"{since + span:%Y-%m-%d %H:%M:%S}"


def test_listing_that_the_catalogue_lacks_has_no_candles(venue, replay):
    with pytest.raises(Refused, match="NSE:GONE"):
        venue.candles("NSE:GONE", "1m", SINCE, 5)
    assert replay.requests == []


@pytest.mark.parametrize("ask", [lambda venue: venue.ticker("NSE:GONE"), lambda venue: venue.book("NSE:GONE", 5)])
def test_listing_that_is_left_out_of_the_quotes_is_gone(venue, replay, ask):
    replay.answer(told({}))
    with pytest.raises(Refused, match="NSE:GONE"):
        ask(venue)
    assert replay.requests[0].query == {"i": "NSE:GONE"}


def test_index_has_a_price_and_no_book(venue, replay):
    one = {"instrument_token": 256265, "timestamp": "2025-11-21 15:30:00", "last_price": 25950.15, "ohlc": {}}
    replay.answer(told({"NSE:NIFTY 50": one}))
    ticker = venue.ticker("NSE:NIFTY 50")
    assert (ticker.last, ticker.bid, ticker.ask, ticker.volume) == (D("25950.15"), None, None, None)


HEADER = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange"
)
LINE = "408065,1594,INFY,INFOSYS,0.0,,0.0,0.05,1,EQ,NSE,NSE"


def catalogue(*lines: str) -> Reply:
    return Reply(200, "\n".join([HEADER, *lines]).encode(), {"Content-Type": "text/csv; charset=utf-8"})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "408065,1594,INFY",
        f"{LINE},more",
        LINE.replace("0.05", "a tick"),
        LINE.replace("0.05", "NaN"),
        LINE.replace("408065", "number"),
        LINE.replace("INFOSYS", '"INFOSYS'),
        LINE.replace("INFY", ""),
    ],
)
def test_line_of_the_catalogue_that_cannot_be_read_is_a_contradiction_in_its_turn(venue, replay, line):
    replay.answer(catalogue(LINE, line, LINE))
    listings = venue.listings()
    assert listings[0].symbol == "NSE:INFY"
    with pytest.raises(Contradiction, match="cannot be read"):
        list(listings)


@pytest.mark.parametrize("lines", [(), ("",)])
def test_catalogue_of_nothing_is_no_catalogue(venue, replay, lines):
    replay.answer(catalogue(*lines))
    with pytest.raises(Contradiction):
        venue.listings()


def test_catalogue_can_be_walked_and_cut(venue, replay):
    replay.answer(catalogue(*[LINE.replace("INFY", f"N{n}") for n in range(1000)]))
    listings = venue.listings()
    assert len(listings) == 1000
    assert [one.base for one in listings[2:4]] == ["N2", "N3"]
    assert listings[-1].symbol == "NSE:N999"


ASKED = {
    Act.FIND: ("GET", "/orders", {}),
    Act.OPEN_ORDERS: ("GET", "/orders", {}),
    Act.ORDERS_SINCE: ("GET", "/orders", {}),
    Act.TRADES_SINCE: ("GET", "/trades", {}),
    Act.BALANCES: ("GET", "/user/margins", {}),
    Act.MARGINS: ("GET", "/user/margins", {}),
    Act.HOLDINGS: ("GET", "/portfolio/holdings", {}),
    Act.POSITIONS: ("GET", "/portfolio/positions", {}),
    Act.LISTINGS: ("GET", "/instruments", {}),
    Act.TICKER: ("GET", "/quote", {"i": "NSE:INFY"}),
    Act.BOOK: ("GET", "/quote", {"i": "NSE:INFY"}),
    Act.CANDLES: (
        "GET",
        "/instruments/historical/408065/60minute",
        {
            "from": "2025-11-21 09:30:00",
            "to": "2025-11-21 13:30:05",
            "interval": "60minute",
            "continuous": "0",
            "oi": "0",
        },
    ),
}


@pytest.mark.parametrize("act", ASKED)
def test_question_is_asked_once_where_the_document_says(venue, replay, act):
    replay.answer(PAYLOADS[f"{act}.answered"].reply())
    ZERODHA_KIT.asks[act](venue)
    assert [(one.method, one.path, one.sent) for one in replay.requests] == [ASKED[act]]
    check_signature(replay.requests[0])


def test_commodities_fill_in_lots(venue, replay):
    replay.answer(PAYLOADS["trades_since.answered"].reply())
    [fill] = venue.trades_since(SINCE, "MCX:GOLDPETAL25DECFUT")
    assert fill.quantity == Quantity(D(2), Unit.LOTS)


# ---- the login ----


def test_login_page_is_told_whose_it_is(venue, replay):
    there = urlsplit(venue.login_address(state="a&b=c d"))
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{replay.address}/connect/login"
    query = parse_qs(there.query, strict_parsing=True)
    assert query == {"api_key": ["kitekitekitekite"], "v": ["3"], "redirect_params": ["state=a%26b%3Dc+d"]}
    assert parse_qs(query["redirect_params"][0]) == {"state": ["a&b=c d"]}
    own = make(None, WireSession(manners=NoManners())).login_address(state="s")
    assert own.startswith("https://kite.zerodha.com/connect/login?api_key=")


def test_login_proves_the_secret_by_its_checksum_and_never_sends_it(venue, replay):
    replay.answer(PAYLOADS["log_in.answered"].reply())
    venue.finish_login({"request_token": REQUEST_TOKEN, "status": "success", "state": "s"})
    [request] = replay.requests
    check_login(request)
    assert (request.method, request.path) == ("POST", "/session/token")
    assert SECRET not in request.body.decode()


@pytest.mark.parametrize("answer", [{}, {"status": "cancelled", "request_token": "x"}, {"status": "success"}])
def test_login_that_was_not_finished_asks_nothing(venue, replay, answer):
    with pytest.raises(Refused):
        venue.finish_login(answer)
    assert replay.requests == []


def test_request_token_that_is_too_old_ends_in_another_login(venue, replay):
    replay.answer(PAYLOADS["log_in.token"].reply())
    with pytest.raises(TokenEnded):
        ZERODHA_KIT.asks[Act.LOG_IN](venue)


@pytest.mark.parametrize(
    ("now", "ends_at"),
    [(at(5, 59, 59), at(6)), (at(6), at(6) + dt.timedelta(days=1)), (at(23), at(6) + dt.timedelta(days=1))],
)
def test_token_ends_at_six_in_india(replay, now, ends_at):
    replay.answer(PAYLOADS["log_in.answered"].reply())
    venue = make(replay.address, WireSession(manners=NoManners()), now=now)
    assert ZERODHA_KIT.asks[Act.LOG_IN](venue).ends_at == ends_at


# ---- what the SDK is trusted with ----


def test_every_exception_of_the_sdk_has_a_row():
    """It has no MarginException and no HoldingException: what the wire says is in the table all the same."""
    named = {name for name, _ in inspect.getmembers(kiteconnect.exceptions, inspect.isclass)} - {"KiteException"}
    codes = {row.code for row in table_of("zerodha").rows}
    assert named < codes
    assert codes - named - {""} == {"MarginException", "HoldingException", "UserException"}


@pytest.mark.parametrize(
    "place", [KiteConnect.place_order, KiteConnect.place_autoslice_order, KiteConnect.modify_order]
)
def test_sdk_takes_the_bound_of_a_market_order(place):
    assert "market_protection" in inspect.signature(place).parameters
