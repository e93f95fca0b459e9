"""What is Coinbase's own: ids where others take marks, a token for each request, reasons in three fields."""

import json
from decimal import Decimal

import pytest

from exchanges.domain.failures import KeyRefused, Refused
from exchanges.domain.orders import Change, Lasting, OrderRef, OrderType, Quantity, Unit
from exchanges.domain.outcomes import Done, Found, Rejected, Unresolved
from instruments.domain.rules import Side
from tests.venue_contract.coinbase import COINBASE_KIT, ID, LOST, MARK, NOW, PARTIAL, REF, SINCE, order
from tests.venue_contract.replay import Reply, serving


@pytest.fixture(scope="module")
def replay():
    with serving() as server:
        yield server


def said(body, status=200):
    return Reply(status, json.dumps(body).encode())


def told(name):
    return json.loads(json.dumps(COINBASE_KIT.payloads[name].body))


@pytest.mark.parametrize(
    "command",
    [
        lambda venue: venue.cancel(LOST),
        lambda venue: venue.modify(LOST, Change(limit_price=Decimal(1))),
    ],
)
def test_order_without_an_id_is_neither_cancelled_nor_changed_and_nothing_is_sent(command, replay):
    replay.answer(said({}))
    outcome = command(COINBASE_KIT.venue(replay.address))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "NOT_SENT NO_ID"
    assert replay.requests == []


def test_order_with_an_id_is_looked_for_by_it_and_nowhere_else(replay):
    [one] = told("find.answered")["orders"]
    replay.answer(said({"order": one}))
    assert COINBASE_KIT.venue(replay.address).find(REF) == Found(PARTIAL)
    assert [one.path for one in replay.requests] == [f"/api/v3/brokerage/orders/historical/{ID}"]


def test_order_with_an_id_that_is_not_told_is_never_said_to_be_absent(replay):
    replay.answer(said({"error": "NOT_FOUND", "message": "order not found"}, 404))
    assert isinstance(COINBASE_KIT.venue(replay.address).find(REF), Unresolved)


def test_each_request_has_a_token_of_its_own(replay):
    replay.answer(*COINBASE_KIT.payloads["rights.answered"].replies())
    venue = COINBASE_KIT.venue(replay.address)
    for _ in range(3):
        venue.rights()
    for request in replay.requests:
        COINBASE_KIT.check_signature(request)
    assert len({one.headers["authorization"] for one in replay.requests}) == 3


def test_public_questions_carry_no_token(replay):
    replay.answer(*COINBASE_KIT.payloads["clock.answered"].replies())
    COINBASE_KIT.venue(replay.address).clock()
    assert "authorization" not in replay.requests[0].headers


def test_key_that_is_not_taken_is_told_in_plain_text(replay):
    replay.answer(Reply(401, b"Unauthorized\n", {"Content-Type": "text/plain"}))
    with pytest.raises(KeyRefused):
        COINBASE_KIT.venue(replay.address).rights()


def test_trades_of_a_product_that_no_listing_names_are_refused_and_not_asked_for(replay):
    replay.answer(said({}))
    with pytest.raises(Refused, match="SOL-USD is in none of Coinbase's listings"):
        COINBASE_KIT.venue(replay.address).trades_since(SINCE, "SOL-USD")
    assert replay.requests == []


def test_change_of_the_price_alone_leaves_the_size_as_it_is(replay):
    replay.answer(*COINBASE_KIT.payloads["modify.accepted"].replies())
    outcome = COINBASE_KIT.venue(replay.address).modify(REF, Change(limit_price=Decimal("61000.10")))
    assert isinstance(outcome, Done)
    assert replay.requests[0].form == {"order_id": ID, "price": "61000.1"}


@pytest.mark.parametrize(
    "wrong",
    [
        order(OrderType.MARKET, side=Side.SELL, quantity=Quantity(Decimal(100), Unit.QUOTE)),
        order(OrderType.LIMIT, quantity=Quantity(Decimal(100), Unit.QUOTE)),
        order(OrderType.LIMIT, quantity=Quantity(Decimal(1), Unit.LOTS)),
        order(OrderType.LIMIT, lasting=Lasting.FILL_OR_KILL, is_maker_only=True),
        order(OrderType.STOP_LIMIT, lasting=Lasting.IMMEDIATE_OR_CANCEL),
        order(OrderType.STOP),
    ],
)
def test_order_that_coinbase_does_not_know_is_never_sent(wrong, replay):
    replay.answer(said({}))
    with pytest.raises(ValueError, match="Coinbase"):
        COINBASE_KIT.venue(replay.address).place(wrong)
    assert replay.requests == []


@pytest.mark.parametrize(
    "change", [Change(trigger_price=Decimal(1)), Change(quantity=Quantity(Decimal(1), Unit.QUOTE))]
)
def test_change_that_coinbase_does_not_know_is_never_sent(change, replay):
    replay.answer(said({}))
    with pytest.raises(ValueError, match="Coinbase"):
        COINBASE_KIT.venue(replay.address).modify(REF, change)
    assert replay.requests == []


def test_candles_are_asked_for_from_the_first_to_the_last_that_is_wanted(replay):
    replay.answer(*COINBASE_KIT.payloads["candles.answered"].replies())
    COINBASE_KIT.venue(replay.address).candles("BTC-USD", "1h", SINCE, 2)
    sent = replay.requests[0].sent
    assert int(sent["end"]) - int(sent["start"]) == 3600


def test_an_id_of_another_order_is_not_cancelled_by_its_mark(replay):
    """Ids are a chain, and the newest counts."""
    replay.answer(said({"results": [{"success": True, "failure_reason": "", "order_id": "new"}]}))
    ref = OrderRef(MARK, "BTC-USD", NOW, venue_ids=("old", "new"))
    assert isinstance(COINBASE_KIT.venue(replay.address).cancel(ref), Done)
    assert replay.requests[0].form == {"order_ids.0": "new"}
