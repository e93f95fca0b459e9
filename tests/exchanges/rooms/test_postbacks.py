"""A broker's call has the account asked, and none of it is believed; forged, repeated or too many, it does nothing."""

import datetime as dt
import hashlib
import json

import pytest

from exchanges.models import Connection, Postback
from exchanges.services.postbacks import MOST_A_MINUTE, receive_postback, sweep_postbacks
from exchanges.vault import put_away
from kernel import clock
from kernel.ids import new_id
from kernel.tenancy.scope import operator, tenant
from tests.accounts.rooms.conftest import browser_of
from tests.exchanges.fake_kite import API_KEY, API_SECRET
from tests.jobs import run_enqueued

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kite(team, alice):
    with tenant(team.pk):
        made = Connection.objects.create(workspace=team, venue="zerodha", mode="live", name="Kite", added_by=alice)
        put_away(made, {"api_key": API_KEY, "secret": API_SECRET}, now=clock.now())
    return made


def call(*, number="251121000310442", at="2026-11-20 09:30:00", secret=API_SECRET, **more):
    checksum = hashlib.sha256(f"{number}{at}{secret}".encode()).hexdigest()
    return json.dumps({"order_id": number, "order_timestamp": at, "checksum": checksum, "status": "COMPLETE", **more})


def ring(client, connection, body):
    return client.post(f"/hooks/kite/{connection}/", body, content_type="application/json")


def states(team):
    with tenant(team.pk):
        return list(Postback.objects.order_by("received_at").values_list("state", "body"))


def asked(enqueued):
    return [job for job in enqueued if job[0] == "exchanges.refresh_accounts"]


def look(enqueued):
    """Runs what was enqueued but for the asking itself."""
    looks = [job for job in enqueued if job[0] == "exchanges.look_at_postback"]
    enqueued[:] = [job for job in enqueued if job not in looks]
    run_enqueued(looks)


def test_call_of_the_broker_has_the_account_asked(client, team, kite, enqueued):
    assert ring(client, kite.pk, call()).status_code == 204
    look(enqueued)
    assert asked(enqueued) == [("exchanges.refresh_accounts", str(team.pk), str(kite.pk))]
    assert states(team) == [("taken", "")]


def test_forged_call_asks_nothing_and_its_words_are_not_kept(client, team, kite, enqueued):
    for body in (call(secret="x" * 32), "no json", "[]", "\0", call(at="yesterday")):
        assert ring(client, kite.pk, body).status_code == 204
    look(enqueued)
    assert asked(enqueued) == []
    assert states(team) == [("forged", "")] * 5


def test_same_call_again_asks_no_second_time(client, team, kite, enqueued):
    for _ in range(3):
        ring(client, kite.pk, call())
        look(enqueued)
    assert len(asked(enqueued)) == 1
    assert len(states(team)) == 1


def test_flood_of_calls_is_cut_off(client, team, kite, enqueued):
    now = clock.now()
    kept = [receive_postback(kite.pk, call(number=str(one)).encode(), now=now) for one in range(MOST_A_MINUTE + 5)]
    assert kept.count(True) == MOST_A_MINUTE
    assert receive_postback(kite.pk, call(number="later").encode(), now=now + dt.timedelta(minutes=1, seconds=1))


def test_answer_says_nothing_of_who_is_connected(client, team, kite, enqueued):
    assert ring(client, new_id(), call()).status_code == 204
    with tenant(team.pk):
        Connection.objects.filter(pk=kite.pk).update(closed_at=clock.now())
    assert ring(client, kite.pk, call()).status_code == 204
    assert states(team) == []
    assert enqueued == []


def test_connection_of_another_venue_takes_no_calls(client, team, alice, enqueued):
    with tenant(team.pk):
        made = Connection.objects.create(workspace=team, venue="binance", mode="live", name="Main", added_by=alice)
    ring(client, made.pk, call())
    assert states(team) == []


def test_call_that_is_too_long_is_refused(client, team, kite):
    assert ring(client, kite.pk, call(note="x" * 5000)).status_code == 413
    assert client.get(f"/hooks/kite/{kite.pk}/").status_code == 405
    assert states(team) == []


def test_calls_are_forgotten_after_a_day(client, team, kite, enqueued):
    ring(client, kite.pk, call())
    assert sweep_postbacks(now=clock.now()) == 0
    assert sweep_postbacks(now=clock.now() + dt.timedelta(days=1, minutes=1)) == 1
    with operator():
        assert not Postback.objects.exists()


def test_address_stands_on_the_connections_page(team, alice, kite, settings):
    settings.SITE_ADDRESS = "http://testserver"
    page = browser_of(alice).get(f"/w/{team.slug}/connections/{kite.pk}/").content.decode()
    assert f"http://testserver/hooks/kite/{kite.pk}/" in page
