"""A key is checked before it can do anything, by the venue's own word; one that moves money is not kept."""

import datetime as dt

import pytest
from django.db import connection as database

from accounts.models import AuditEntry, Notification, Person
from exchanges.domain.standing import Hindrance, Standing
from exchanges.domain.venues import venue_named
from exchanges.models import Account, Connection, Credential, Opening, Snapshot
from exchanges.services.checks import check_connection
from exchanges.services.connections import (
    NotAllowed,
    add_connection,
    change_key,
    close_connection,
    store_hindrance,
    store_rights,
)
from exchanges.services.snapshots import refresh_accounts
from exchanges.vault import NoCredential, open_credential
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import KEYS, again, connect, door, payload
from tests.jobs import run_enqueued
from tests.venue_contract.replay import Reply

pytestmark = pytest.mark.django_db(transaction=True)

RIGHTS, BALANCES, ORDERS = "rights.answered", "balances.answered", "open_orders.answered"


def titles(team):
    with tenant(team.pk):
        return list(Notification.objects.values_list("title", flat=True).order_by("created_at", "id"))


@pytest.fixture
def checked(team, alice, venue, enqueued, now):
    """A live connection whose key was found good, with what its account holds."""
    venue.answer(payload(RIGHTS), payload(BALANCES), payload(ORDERS))
    made = connect(team, alice, now=now)
    run_enqueued(enqueued)
    return made


def test_key_is_checked_and_says_what_it_may_do(team, checked, venue, now):
    found = again(team, checked)
    assert (found.can_read, found.can_trade, found.withdrawal, found.is_address_bound) == (True, True, "cannot", True)
    assert found.standing(now=now) is Standing.OK
    assert found.last_four == "1234"
    assert titles(team) == ["Main is connected"]
    assert [request.path for request in venue.requests] == [
        "/sapi/v1/account/apiRestrictions",
        "/api/v3/account",
        "/api/v3/openOrders",
        "/api/v3/exchangeInfo",
    ]


def test_before_the_answer_it_is_being_checked_and_opens_nothing(team, alice, enqueued, now):
    made = connect(team, alice, now=now)
    assert again(team, made).standing(now=now) is Standing.CHECKING
    assert not Standing.CHECKING.may_trade
    assert [job[0] for job in enqueued] == ["exchanges.check_connection"]


def test_what_the_account_held_is_its_opening_once(team, checked, venue, enqueued, now):
    with tenant(team.pk):
        held = {one.asset: (one.quantity, one.average_price, one.source) for one in Opening.objects.all()}
    assert {asset: (str(q.normalize()), price, source) for asset, (q, price, source) in held.items()} == {
        "BTC": ("0.40000001", None, "binance"),
        "USDT": ("138375.24345678", None, "binance"),
    }
    venue.answer(payload(BALANCES), payload(ORDERS))
    refresh_accounts(team.pk, checked.pk, now=now)
    with tenant(team.pk):
        assert Opening.objects.count() == 2


def test_balances_and_orders_are_kept_with_their_age(team, checked, now):
    with tenant(team.pk):
        kept = {one.kind: one for one in Snapshot.objects.all()}
        assert set(kept) == {"balances", "orders"}
        assert kept["balances"].rows[0] == {"asset": "BTC", "free": "0.30000000", "held": "0.10000001"}
        assert kept["orders"].rows[1]["is_dormant"] is True
        assert all(one.taken_at is not None and not one.failure for one in kept.values())


@pytest.mark.parametrize("name", ["rights.answered-withdrawals", "rights.answered-transfer"])
def test_key_that_moves_money_is_refused_and_nothing_of_it_is_kept(team, alice, venue, enqueued, now, name):
    venue.answer(payload(name))
    made = connect(team, alice, now=now)
    run_enqueued(enqueued)
    found = again(team, made)
    assert found.standing(now=now) is Standing.REFUSED
    assert found.closed_at is not None
    assert "may move money away" in found.met_words
    with tenant(team.pk):
        assert not Credential.objects.exists()
        with pytest.raises(NoCredential):
            open_credential(made.pk)
        assert AuditEntry.objects.filter(action="connection.refused").count() == 1
    assert titles(team) == ["Main was not connected"]


FAILURES = {
    "a wrong key": (payload("rights.key"), Standing.BLOCKED, "-2014", 1),
    "a swapped secret": (payload("place.rejected-signature"), Standing.BLOCKED, "-1022", 1),
    "a clock that is off": (payload("place.rejected-clock"), Standing.CHECKING, "-1021", 0),
    "HTML": (Reply(502, b"<html>", {"Content-Type": "text/html"}), Standing.CHECKING, "502", 0),
    "too often": (payload("place.rejected-too-many"), Standing.CHECKING, "-1003", 0),
}


@pytest.mark.parametrize("name", FAILURES)
def test_check_that_fails_says_why_and_people_hear_of_what_is_theirs_to_mend(team, alice, venue, enqueued, now, name):
    reply, standing, words, told = FAILURES[name]
    venue.answer(reply)
    made = connect(team, alice, now=now)
    run_enqueued(enqueued)
    found = again(team, made)
    assert found.standing(now=now) is standing
    assert words in found.met_words
    assert len(titles(team)) == told
    with tenant(team.pk):
        assert open_credential(made.pk)[0].reveal("secret") == KEYS["secret"]


def test_venue_that_stops_answering_makes_it_degraded_and_keeps_what_was_known(team, checked, venue, now):
    venue.answer(payload("rights.not_now"))
    check_connection(team.pk, checked.pk, now=now + dt.timedelta(days=1))
    found = again(team, checked)
    assert found.standing(now=now) is Standing.DEGRADED
    assert found.can_trade is True


def test_question_that_fails_leaves_the_last_answer_and_says_so(team, checked, venue, now):
    venue.answer(*[payload("balances.not_now")] * 3, payload(ORDERS))
    refresh_accounts(team.pk, checked.pk, now=now + dt.timedelta(hours=1))
    with tenant(team.pk):
        kept = {one.kind: one for one in Snapshot.objects.all()}
    assert kept["balances"].rows
    assert kept["balances"].failed_at == now + dt.timedelta(hours=1)
    assert "-1000" in kept["balances"].failure
    assert kept["orders"].failure == ""


def test_closing_shreds_the_key_and_twice_is_once(team, alice, checked, now):
    access = door(team, alice)
    with tenant(team.pk):
        assert close_connection(access=access, connection=checked, now=now)
        assert not close_connection(access=access, connection=checked, now=now)
        assert not Credential.objects.exists()
        assert AuditEntry.objects.filter(action="connection.closed").count() == 1


def test_check_that_comes_after_the_closing_asks_nothing(team, alice, checked, venue, now):
    access = door(team, alice)
    with tenant(team.pk):
        close_connection(access=access, connection=checked, now=now)
    venue.answer(payload(RIGHTS))
    check_connection(team.pk, checked.pk, now=now)
    assert venue.requests == []


def test_changed_key_is_another_version_and_is_checked_anew(team, alice, checked, enqueued, now):
    access = door(team, alice)
    with tenant(team.pk):
        assert open_credential(checked.pk)[1] == 1
        fields = {**KEYS, "api_key": "N" * 60 + "9876"}
        change_key(access=access, person=alice, connection=checked, fields=fields, now=now)
        credentials, version = open_credential(checked.pk)
    assert (credentials.reveal("api_key")[-4:], version) == ("9876", 2)
    assert again(team, checked).standing(now=now) is Standing.CHECKING
    assert enqueued[-1][0] == "exchanges.check_connection"


def test_key_lies_sealed_and_is_bound_to_its_row(team, checked):
    with database.cursor() as cursor, tenant(team.pk):
        cursor.execute("SELECT sealed::text FROM exchanges_credential")
        [(sealed,)] = cursor.fetchall()
    assert KEYS["secret"] not in sealed
    assert KEYS["api_key"] not in sealed
    with tenant(team.pk):
        Credential.objects.update(version=7)
        with pytest.raises(ValueError):
            open_credential(checked.pk)


def test_wrong_person_or_place_adds_no_live_venue(team, alice, bob, enqueued, now):
    with pytest.raises(NotAllowed) as refused:
        connect(team, bob, now=now)
    assert refused.value.code == "NO_RIGHT_TO_TRADE"
    with tenant(team.pk):
        assert not Connection.objects.exists()
        assert not Account.objects.exists()
    assert enqueued == []


def test_live_in_india_is_for_who_runs_the_instance(team, alice, settings, enqueued, now):
    kite = {"api_key": "k" * 16, "secret": "s" * 32}
    settings.SELF_HOSTED = False
    with pytest.raises(NotAllowed, match="account's owner") as refused:
        connect(team, alice, now=now, venue_name="zerodha", fields=kite)
    assert refused.value.code == "VENUE_CLOSED_HERE"
    settings.SELF_HOSTED = True
    with pytest.raises(NotAllowed) as refused:
        connect(team, alice, now=now, venue_name="zerodha", fields=kite)
    assert refused.value.code == "NOT_ATTESTED"


def test_sandbox_needs_a_market_of_pretended_money(team, alice, enqueued, now):
    with pytest.raises(NotAllowed) as refused:
        connect(team, alice, now=now, mode=Connection.Mode.SANDBOX, venue_name="kraken")
    assert refused.value.code == "NOT_IN_THE_SANDBOX"


def test_paper_needs_no_key(team, alice, enqueued, now):
    made = connect(team, alice, now=now, mode=Connection.Mode.PAPER, venue_name="paper", fields={})
    with tenant(team.pk):
        assert not Credential.objects.exists()
        assert Account.objects.get().mode == "paper"
    assert made.last_four == ""
    assert made.standing(now=now) is Standing.OK
    assert enqueued == []


def test_fields_of_another_venue_are_a_defect(team, alice, now):
    access = door(team, alice)
    with tenant(team.pk), pytest.raises(ValueError, match="scheme"):
        add_connection(
            access=access,
            person=alice,
            facts=venue_named("binance"),
            mode=Connection.Mode.LIVE,
            name="x",
            fields={"api_key": "x"},
            attested=False,
            now=now,
        )


def test_sandbox_that_went_away_is_said_and_leaves_nobody_waiting(team, alice, settings, enqueued, now):
    settings.SANDBOX_ADDRESS = "http://127.0.0.1:1"
    made = connect(team, alice, now=now, mode=Connection.Mode.SANDBOX)
    settings.SANDBOX_ADDRESS = ""
    check_connection(team.pk, made.pk, now=now)
    refresh_accounts(team.pk, made.pk, now=now)
    assert "runs no sandbox" in again(team, made).met_words


def test_answer_about_a_key_that_was_replaced_meanwhile_says_nothing_of_the_new_one(team, alice, checked, now):
    access = door(team, alice)
    with tenant(team.pk):
        change_key(access=access, person=alice, connection=checked, fields=KEYS, now=now)
        store_rights(checked.pk, None, version=1, now=now)
        store_hindrance(checked.pk, Hindrance.KEY, "old", version=1, now=now)
    found = again(team, checked)
    assert (found.standing(now=now), found.met_words) == (Standing.CHECKING, "")


def test_after_a_factor_changed_no_key_of_a_live_venue_is_brought_for_a_day(team, alice, checked, enqueued, now):
    Person.objects.filter(pk=alice.pk).update(factors_changed_at=now)
    access = door(team, alice)
    with pytest.raises(NotAllowed) as refused:
        connect(team, alice, now=now, name="Other")
    assert refused.value.code == "FACTOR_CHANGED"
    with tenant(team.pk), pytest.raises(NotAllowed) as refused:
        change_key(access=access, person=alice, connection=checked, fields=KEYS, now=now)
    assert refused.value.code == "FACTOR_CHANGED"
    with tenant(team.pk):
        assert Connection.objects.count() == 1
        assert open_credential(checked.pk)[1] == 1
