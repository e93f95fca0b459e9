"""An account's stream: each thing that happened is told once, whatever becomes of the socket."""

import dataclasses
import datetime as dt

import pytest
from django.db import connection as database

from exchanges.domain.reports import Status
from exchanges.domain.venues.binance import BINANCE
from exchanges.models import Connection, Listening, Snapshot
from exchanges.services.connections import change_key, close_connection
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import door
from tests.exchanges.streaming.conftest import (
    AT_BINANCE,
    QUICK,
    TOLD,
    checked,
    granting,
    json_reply,
    keep,
    paths,
    room_of,
    standing_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

TRADE = {
    "symbol": "BTCUSDT",
    "id": 28457,
    "orderId": 7310442,
    "orderListId": -1,
    "price": "61250.40000000",
    "qty": "0.10000000",
    "quoteQty": "6125.04000000",
    "commission": "0.00006125",
    "commissionAsset": "BNB",
    "time": 1763712003456,
    "isBuyer": True,
    "isMaker": True,
    "isBestMatch": True,
}
ORDER = {
    "symbol": "BTCUSDT",
    "orderId": 7310442,
    "clientOrderId": "plfx3k2m7q5w4e6r2t",
    "price": "61250.40000000",
    "origQty": "0.30000000",
    "executedQty": "0.10000000",
    "cummulativeQuoteQty": "6125.04000000",
    "status": "PARTIALLY_FILLED",
    "type": "LIMIT",
    "side": "BUY",
    "stopPrice": "0.00000000",
    "time": 1763712000123,
    "updateTime": 1763712003456,
    "isWorking": True,
    "origQuoteOrderQty": "0.00000000",
}


def test_what_is_heard_is_told_in_the_accounts_own_workspace_and_the_holdings_are_asked_anew(
    venue, connection, heard, enqueued
):
    venue.lives = [granting(TOLD["order_new"], TOLD["order_trade"])]
    assert keep(room_of(connection), lambda: heard.trades and enqueued)
    assert heard.words == ["NEW", "PARTIALLY_FILLED"]
    assert heard.trades == ["28457"]
    assert set(heard.scopes) == {connection.workspace_id}
    with tenant(connection.workspace_id):
        assert set(heard.accounts) == {connection.accounts.get().pk}
    assert ("exchanges.refresh_accounts", str(connection.workspace_id), str(connection.pk)) in enqueued


def test_holdings_are_asked_once_for_many_events_at_once(venue, connection, heard, enqueued):
    venue.lives = [granting(*[TOLD["position"]] * 50)]
    slow = dataclasses.replace(QUICK, holdings=30.0)
    assert keep(room_of(connection, patience=slow), lambda: enqueued and standing_of(connection).filled_at)
    assert len(enqueued) == 1


def test_event_missed_while_away_is_found_once_and_told(venue, connection, heard, enqueued, rest):
    def happens(talk):
        # While nobody listens the order is filled in part. What was said before has arrived.
        talk.hold(0.3)
        rest.answers |= {"/api/v3/openOrders": [ORDER], "/api/v3/myTrades": [TRADE], "/api/v3/allOrders": [ORDER]}

    venue.lives = [granting(TOLD["order_new"], after=happens, end="tear"), granting()]
    room = room_of(connection)
    assert keep(room, lambda: "28457" in heard.trades and (row := standing_of(connection)) and row.gap_from is None)
    assert len(venue.talks) == 2
    assert heard.trades == ["28457"]
    assert heard.words == ["NEW", "PARTIALLY_FILLED"]
    row = standing_of(connection)
    assert row.reconnects == 1
    assert row.filled_at is not None
    # From ten minutes before the last word on.
    asked = next(one for one in venue.requests if one.path == "/api/v3/myTrades")
    since = dt.datetime.fromtimestamp(int(asked.query["startTime"]) / 1000, tz=dt.UTC)
    assert dt.timedelta(minutes=9) < row.filled_at - since < dt.timedelta(minutes=11)


def test_same_fill_by_socket_and_by_rest_is_told_once(venue, connection, heard, enqueued, rest):
    rest.answers |= {"/api/v3/openOrders": [ORDER], "/api/v3/myTrades": [TRADE], "/api/v3/allOrders": [ORDER]}
    venue.lives = [granting(TOLD["order_trade"], TOLD["order_trade"], TOLD["order_trade"])]
    assert keep(room_of(connection), lambda: (row := standing_of(connection)) and row.filled_at)
    assert heard.trades == ["28457"]
    assert heard.words == ["PARTIALLY_FILLED"]


def test_events_out_of_order_are_all_told_each_once(venue, connection, heard, enqueued):
    told = [TOLD[one] for one in ("order_filled", "order_trade", "order_new", "order_filled", "order_trade")]
    venue.lives = [granting(*told)]
    assert keep(room_of(connection), lambda: len(heard.orders) >= 3)
    assert sorted(heard.trades) == ["28457", "28458"]
    assert heard.words == ["FILLED", "PARTIALLY_FILLED", "NEW"]


def test_order_that_stood_open_before_and_stands_nowhere_now_is_asked_for_by_its_id(
    venue, connection, heard, enqueued, rest, now
):
    row = {"venue_id": "7310442", "mark": "plfx3k2m7q5w4e6r2t", "symbol": "BTCUSDT", "placed_at": now.isoformat()}
    with tenant(connection.workspace_id):
        Snapshot.objects.create(
            workspace_id=connection.workspace_id, account=connection.accounts.get(), kind="orders", rows=[row]
        )
    cancelled = {**ORDER, "status": "CANCELED"}
    rest.answers["/api/v3/order"] = cancelled
    venue.lives = [granting()]
    assert keep(room_of(connection), lambda: heard.orders)
    assert [(one.venue_id, one.status) for one in heard.orders] == [("7310442", Status.CANCELLED)]
    asked = next(one for one in venue.requests if one.path == "/api/v3/order")
    assert asked.query["orderId"] == "7310442"


def test_word_that_nobody_knows_has_rest_asked(venue, connection, heard, enqueued, rest):
    row = []

    def wait_then_say(talk):
        # Only after everything of the beginning was asked for.
        while not row:
            talk.read()
        rest.answers |= {"/api/v3/openOrders": [ORDER]}
        talk.say(TOLD["order_strange"])

    def until():
        if not row and (found := standing_of(connection)) and found.filled_at:
            row.append(found)
        return bool(heard.orders)

    venue.lives = [granting(after=wait_then_say)]
    assert keep(room_of(connection), until)
    assert heard.words == ["PARTIALLY_FILLED"]


def test_socket_that_falls_silent_is_dead(venue, connection, heard, enqueued):
    quick = dataclasses.replace(QUICK, least_silence=0.3, beats=0)
    venue.lives = [granting(), granting(TOLD["order_new"])]
    assert keep(room_of(connection, patience=quick), lambda: heard.orders)
    assert standing_of(connection).reconnects >= 1


def test_socket_whose_venue_pings_is_not_dead(venue, connection, heard, enqueued):
    def pings(talk):
        for _ in range(12):
            talk.ping()
            talk.hold(0.1)
        talk.say(TOLD["order_new"])

    quick = dataclasses.replace(QUICK, least_silence=0.5, beats=0)
    venue.lives = [granting(after=pings)]
    assert keep(room_of(connection, patience=quick), lambda: heard.orders)
    assert len(venue.talks) == 1


def test_server_that_shuts_down_is_left_for_another_at_once(venue, connection, heard, enqueued):
    venue.lives = [granting(TOLD["account_shutdown"]), granting(TOLD["order_new"])]
    assert keep(room_of(connection), lambda: heard.orders)
    assert len(venue.talks) == 2
    assert venue.talks[0].closed_by_client
    # It was we who ended it: nothing went wrong.
    assert standing_of(connection).trouble == ""


def test_socket_is_renewed_ahead_of_the_end_of_its_life(venue, connection, heard, enqueued):
    short = dataclasses.replace(BINANCE, fills=dataclasses.replace(BINANCE.fills, longest_life=dt.timedelta(seconds=1)))
    venue.lives = [granting(), granting(TOLD["order_new"])]
    assert keep(room_of(connection, facts=short), lambda: heard.orders)
    assert len(venue.talks) == 2
    assert venue.talks[0].closed_by_client


def test_refused_key_is_not_tried_again_and_again_and_has_the_connection_checked(venue, connection, heard, enqueued):
    def refuse(talk):
        talk.hear()
        talk.say(TOLD["account_key"])
        talk.hold()

    venue.lives = [refuse]
    with tenant(connection.workspace_id):
        Connection.objects.filter(pk=connection.pk).update(asked_at=None)
    slow = dataclasses.replace(QUICK, longest_pause=60.0)
    assert keep(
        room_of(connection, patience=slow), lambda: enqueued and (row := standing_of(connection)) and row.trouble
    )
    assert ("exchanges.check_connection", str(connection.workspace_id), str(connection.pk)) in enqueued
    assert len(venue.talks) == 1
    row = standing_of(connection)
    assert "-2015" in row.trouble
    assert row.connected_at is None


def test_too_many_sockets_have_everybody_at_this_address_wait(venue, connection, heard, enqueued):
    venue.refusals = [(429, {"Retry-After": "30"})]
    venue.lives = [granting(TOLD["order_new"])]
    # The next try does not leave this machine while the ban lasts.
    room = room_of(connection)
    assert keep(room, lambda: (row := standing_of(connection)) and row.trouble)
    from exchanges.adapters.wire import Held  # noqa: PLC0415 - as above
    from exchanges.streaming.opening import pay_for_socket, public_manners  # noqa: PLC0415 - the patched book

    with pytest.raises(Held) as held:
        pay_for_socket(public_manners(AT_BINANCE))
    assert held.value.reason == "BANNED"
    assert 20 < held.value.wait <= 30
    assert venue.talks == []


def test_receiver_that_fails_is_told_again(venue, connection, heard, enqueued, rest):
    heard.fail_times = 1
    rest.answers |= {"/api/v3/openOrders": [ORDER], "/api/v3/myTrades": [TRADE], "/api/v3/allOrders": [ORDER]}
    venue.lives = [granting(TOLD["order_trade"])]
    assert keep(room_of(connection), lambda: heard.trades and (row := standing_of(connection)) and row.gap_from is None)
    assert heard.trades == ["28457"]


def test_rest_that_does_not_answer_leaves_the_gap_open_until_it_does(venue, connection, heard, enqueued, rest):
    answers = iter([json_reply({}, 503), json_reply({}, 503), json_reply({}, 503)])
    rest.answers["/api/v3/openOrders"] = lambda _: next(answers, [ORDER])
    venue.lives = [granting()]
    assert keep(room_of(connection), lambda: heard.orders and standing_of(connection).gap_from is None)
    assert paths(venue).count("/api/v3/openOrders") >= 4


def test_changed_key_opens_another_socket(venue, connection, heard, enqueued, team, alice, now):
    other = {"api_key": "O" * 60 + "9999", "secret": "T" * 64}
    changed = []

    def until():
        if not changed and standing_of(connection) is not None and venue.talks and venue.talks[0].said:
            with tenant(team.pk):
                change_key(access=door_of, person=alice, connection=connection, fields=other, now=now)
                Connection.objects.filter(pk=connection.pk).update(checked_at=now)
            changed.append(True)
        return len(venue.talks) >= 2 and venue.talks[1].said

    door_of = door(team, alice)
    venue.lives = [granting()]
    assert keep(room_of(connection), until)
    assert venue.talks[1].said[0]["params"]["apiKey"] == other["api_key"]


def test_closed_connection_ends_its_room(venue, connection, heard, enqueued, team, alice, now):
    closed = []

    def until():
        if not closed and venue.talks and venue.talks[0].said:
            with tenant(team.pk):
                close_connection(access=access, connection=connection, now=now)
            closed.append(True)
        return False

    access = door(team, alice)
    venue.lives = [granting()]
    # It ends by itself, long before we lose patience, and that is no error.
    began = clock.monotonic()
    keep(room_of(connection), until)
    assert closed
    assert clock.monotonic() - began < 20


# ---- the walls ----


def test_streams_of_two_tenants_write_each_in_its_own(
    venue, connection, heard, enqueued, strangers, charlie, now, team
):
    other = checked(strangers, charlie, now=now, fields={"api_key": "C" * 60 + "4321", "secret": "D" * 64})
    venue.lives = [granting(TOLD["order_trade"])]
    assert keep(room_of(connection), lambda: heard.trades)
    assert keep(room_of(other), lambda: len(heard.trades) == 2)
    assert heard.scopes == [team.pk, strangers.pk]
    for mine, theirs in ((team, strangers), (strangers, team)):
        with tenant(mine.pk):
            rows = list(Listening.objects.values_list("workspace_id", flat=True))
            assert rows == [mine.pk]
            assert Listening.objects.filter(workspace_id=theirs.pk).update(trouble="written over") == 0


def test_rows_of_listening_are_under_row_level_security(connection):
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM exchanges_listening")
        assert cursor.fetchone() == (0,)
