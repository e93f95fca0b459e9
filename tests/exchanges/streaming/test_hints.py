"""Venues whose socket tells less than all: what it hints at is asked for, and no more than that."""

import json
from decimal import Decimal

import pytest

from exchanges.adapters.streams import coinbase as coinbase
from exchanges.adapters.streams import kraken as kraken
from exchanges.domain.listed import listing_facts
from exchanges.domain.market import Listing
from exchanges.domain.reports import Status
from exchanges.domain.venues.coinbase import COINBASE
from exchanges.domain.venues.kraken import KRAKEN
from instruments.services.catalogue import refresh_listings
from tests.exchanges.streaming.conftest import checked, json_reply, keep, room_of, standing_of
from tests.instruments.telling import RULES
from tests.venue_contract import coinbase as coinbase_kit
from tests.venue_contract import kraken as kraken_kit
from tests.venue_contract.kit import PAYLOADS
from tests.venue_contract.sockets import messages

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal
ORDER = "0000aaaa-0000-4000-8000-000000000001"


def body(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())["body"]


def listed(facts, symbol, base, quote, now, **more):
    told = Listing(symbol, base, quote, "spot", is_tradable=True, rules=RULES, facts=more)
    refresh_listings(venue=facts.name, listings=[listing_facts(told, facts)], now=now)


def connected(team, alice, now, kit, name):
    fields = {"api_key": kit.KEY, "secret": kit.SECRET}
    return checked(team, alice, now=now, venue_name=name, fields=fields)


def once_begun(connection, is_begun, until):
    """Until this is so; and says when everything of the beginning was asked for."""

    def look():
        if not is_begun and (row := standing_of(connection)) and row.filled_at:
            is_begun.append(True)
        return until()

    return look


def test_coinbase_tells_that_an_order_filled_and_its_fills_are_asked_for(
    venue, settings, heard, enqueued, team, alice, now
):
    settings.VENUE_ADDRESSES = {"coinbase": venue.address}
    listed(COINBASE, "BTC-USD", "BTC", "USD", now)
    connection = connected(team, alice, now, coinbase_kit, "coinbase")
    told = messages("coinbase")
    found = body("coinbase/find.answered")["orders"][0] | {"order_id": ORDER, "client_order_id": "1" * 8}
    fill = body("coinbase/trades_since.answered")["fills"][0] | {"order_id": ORDER}
    is_filled, is_begun = [], []

    def route(request):
        if request.path.endswith(f"/historical/{ORDER}"):
            return json_reply({"order": found})
        if request.path.endswith("/historical/fills"):
            return json_reply({"fills": [fill] if is_filled else [], "cursor": ""})
        assert request.path.endswith("/historical/batch"), request.path
        return json_reply({"orders": [], "has_next": False, "cursor": ""})

    def life(talk):
        talk.hear()
        talk.hear()
        talk.say(told["subscribed_user"], told["subscribed_heartbeats"])
        while not is_begun:
            talk.read()
        is_filled.append(True)
        talk.replay.requests.clear()
        talk.say(told["order_open"], told["order_partial"])
        talk.hold()

    venue.route, venue.lives = route, [life]
    assert keep(room_of(connection, facts=COINBASE), once_begun(connection, is_begun, lambda: heard.fills))
    assert [(one.trade_id, one.fee.value) for one in heard.fills] == [(fill["trade_id"], D("36.75024"))]
    assert [one.status for one in heard.orders] == [Status.ACCEPTED, Status.PARTIAL]
    asked = [request.path.rpartition("/")[2] for request in venue.requests]
    assert asked == [ORDER, "fills"]


def test_kraken_tells_the_fill_itself_and_the_order_alone_is_asked_for(
    venue, settings, heard, enqueued, team, alice, now
):
    settings.VENUE_ADDRESSES = {"kraken": venue.address}
    more = {"key": "XXBTZUSD", "base_id": "XXBT", "quote_id": "ZUSD"}
    listed(KRAKEN, "XBTUSD", "XBT", "USD", now, **more)
    connection = connected(team, alice, now, kraken_kit, "kraken")
    told = messages("kraken")
    name = "OK4GJX-KSTLS-7DZZO5"
    is_begun = []
    row = next(iter(body("kraken/find.answered")["result"]["open"].values()))
    filled = row | {"status": "closed", "vol_exec": "0.20000000", "vol": "0.20000000", "closetm": 1763712003.5}

    def route(request):
        answers = {
            "GetWebSocketsToken": {"token": "t" * 40, "expires": 900},
            "OpenOrders": {"open": {}},
            "ClosedOrders": {"closed": {}, "count": 0},
            "TradesHistory": {"trades": {}, "count": 0},
            "QueryOrders": {name: filled},
        }
        return json_reply({"error": [], "result": answers[request.path.rpartition("/")[2]]})

    def life(talk):
        talk.hear()
        talk.say(told["executions_subscribed"])
        while not is_begun:
            talk.read()
        talk.replay.requests.clear()
        talk.say(told["trade"])
        talk.hold()

    venue.route, venue.lives = route, [life]
    assert keep(room_of(connection, facts=KRAKEN), once_begun(connection, is_begun, lambda: heard.orders))
    assert [(one.trade_id, one.quantity.value) for one in heard.fills] == [("TJE7HC-DKBTI-5BFVKE", D("0.2"))]
    assert [(one.venue_id, one.status) for one in heard.orders] == [(name, Status.FILLED)]
    # Its fills had told all of it: the trades were not asked for.
    assert [request.path.rpartition("/")[2] for request in venue.requests] == ["QueryOrders"]
