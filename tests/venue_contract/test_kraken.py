"""What is Kraken's own: the nonce that rises, several errors in one reply, two looks for one order, pages of fifty."""

import datetime as dt
import json
from decimal import Decimal

import pytest

from exchanges.adapters.kraken import Kraken
from exchanges.adapters.kraken_words import Names, Pair
from exchanges.adapters.wire import NoManners, WireSession
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.failures import Refused
from exchanges.domain.orders import Change, OrderRef, OrderType, Quantity, Unit
from exchanges.domain.outcomes import Done, Found, Unresolved
from instruments.domain.rules import Side
from tests.venue_contract.kraken import CREDENTIALS, KRAKEN_KIT, LISTINGS, MARK, NOW, PARTIAL, REF, SINCE, order
from tests.venue_contract.replay import Reply, serving


@pytest.fixture(scope="module")
def replay():
    with serving() as server:
        yield server


def said(result):
    return Reply(200, json.dumps({"error": [], "result": result}).encode())


def body(payload):
    return json.loads(json.dumps(KRAKEN_KIT.payloads[payload].body["result"]))


def test_nonce_rises_though_the_clock_stands_still_and_another_adapter_asks(replay):
    replay.answer(said({}))
    first, second = KRAKEN_KIT.venue(replay.address), KRAKEN_KIT.venue(replay.address)
    for venue in (first, first, second, first, second):
        venue.balances()
    nonces = [int(one.form["nonce"]) for one in replay.requests]
    assert nonces == sorted(set(nonces))


def test_nonce_rises_though_the_clock_goes_back(replay):
    replay.answer(said({}))
    KRAKEN_KIT.venue(replay.address).balances()
    early = Kraken(
        credentials=CREDENTIALS,
        wire=WireSession(manners=NoManners()),
        clock=lambda: NOW - dt.timedelta(minutes=5),
        catalogue=GivenCatalogue(LISTINGS),
        base_url=replay.address,
    )
    early.balances()
    first, second = (int(one.form["nonce"]) for one in replay.requests)
    assert second > first


def test_order_with_an_id_is_looked_for_by_it_and_nowhere_else(replay):
    found = body("find.answered")["open"]
    replay.answer(said(found))
    [name] = found
    ref = OrderRef(MARK, "XBTUSD", NOW, venue_ids=(name,))
    assert KRAKEN_KIT.venue(replay.address).find(ref) == Found(PARTIAL)
    [request] = replay.requests
    assert request.path == "/0/private/QueryOrders"
    assert request.sent["txid"] == name


def test_order_with_an_id_that_is_not_told_is_never_said_to_be_absent(replay):
    replay.answer(said({}))
    ref = OrderRef(MARK, "XBTUSD", NOW, venue_ids=("OUF4EM-FRGI2-MQMWZD",))
    assert isinstance(KRAKEN_KIT.venue(replay.address).find(ref), Unresolved)


def test_order_with_an_id_is_cancelled_by_it(replay):
    replay.answer(said({"count": 1}))
    ref = OrderRef(MARK, "XBTUSD", NOW, venue_ids=("OUF4EM-FRGI2-MQMWZD",))
    assert isinstance(KRAKEN_KIT.venue(replay.address).cancel(ref), Done)
    assert {**replay.requests[0].sent, "nonce": ""} == {"txid": "OUF4EM-FRGI2-MQMWZD", "nonce": ""}


def test_trades_beyond_the_first_fifty_are_fetched_and_none_comes_twice(replay):
    [row, *_] = body("trades_since.answered")["trades"].values()
    rows = {f"T{number:05}": row for number in range(70)}
    names = list(rows)
    pages = [names[:50], names[49:70]]
    replay.answer(*(said({"trades": {name: rows[name] for name in page}, "count": 71}) for page in pages))
    fills = KRAKEN_KIT.venue(replay.address).trades_since(SINCE, "XBTUSD")
    assert [one.trade_id for one in fills] == names
    assert [one.sent.get("ofs") for one in replay.requests] == [None, "50"]


def test_trades_of_a_pair_that_no_listing_names_are_refused_and_not_asked_for(replay):
    replay.answer(said({}))
    with pytest.raises(Refused, match="SOLUSD is in none of Kraken's listings"):
        KRAKEN_KIT.venue(replay.address).trades_since(SINCE, "SOLUSD")
    assert replay.requests == []


def test_names_are_made_of_the_listings(replay):
    replay.answer(*KRAKEN_KIT.payloads["listings.answered"].replies())
    names = Names.of(KRAKEN_KIT.venue(replay.address).listings())
    assert names.pairs["XBTUSD"] == Pair("XBTUSD", "XXBTZUSD", "USD")
    assert names.asset("XXBT") == "XBT"
    assert names.asset("ETH2.S") == "ETH2.S"


@pytest.mark.parametrize(
    "wrong",
    [
        order(OrderType.MARKET, side=Side.SELL, quantity=Quantity(Decimal(100), Unit.QUOTE)),
        order(OrderType.LIMIT, quantity=Quantity(Decimal(100), Unit.QUOTE)),
        order(OrderType.LIMIT, quantity=Quantity(Decimal(1), Unit.LOTS)),
    ],
)
def test_quantity_that_kraken_does_not_know_is_never_sent(wrong, replay):
    replay.answer(said({}))
    with pytest.raises(ValueError, match="Kraken"):
        KRAKEN_KIT.venue(replay.address).place(wrong)
    assert replay.requests == []


def test_change_of_an_amount_is_never_sent(replay):
    replay.answer(said({}))
    with pytest.raises(ValueError, match="base currency"):
        KRAKEN_KIT.venue(replay.address).modify(REF, Change(quantity=Quantity(Decimal(1), Unit.QUOTE)))
    assert replay.requests == []
