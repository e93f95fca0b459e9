"""Alerts over the real tables: who fires, who is told, and that it happens once."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection

from accounts.doors import access_of
from accounts.models import Membership, Notification
from accounts.models.workspace import Role
from instruments.domain.prices import Price
from instruments.models import AlertFiring, PriceAlert
from instruments.services.alerts import (
    MOST_ALERTS,
    TooManyAlerts,
    arm_alert,
    delete_alert,
    make_alert,
    pause_alert,
)
from instruments.services.prices import write_prices
from instruments.services.watching import watch_prices
from instruments.wanted import wanted_symbols
from instruments.watched import symbols_watched
from kernel.tenancy.scope import operator, tenant

D = Decimal
SECOND = dt.timedelta(seconds=1)
Kind = PriceAlert.Kind


@pytest.fixture
def make(team, alice, bitcoin, now):
    """An alert of alice's on Bitcoin."""

    def made(kind=Kind.ABOVE, threshold="100", seconds=None, person=alice, workspace=team, **options):
        with tenant(workspace.pk):
            access = access_of(Membership.objects.get(person=person))
            return make_alert(
                access=access,
                listing=bitcoin,
                kind=kind,
                threshold=None if threshold is None else D(threshold),
                seconds=seconds,
                now=now,
                **options,
            )

    return made


def tick(last, at, heard=None):
    """The price that Binance tells, and what the alerts make of it."""
    write_prices(venue="binance", prices=[Price("BTCUSDT", D(last), None, None, at)], now=heard or at)
    return watch_prices(now=(heard or at) + SECOND)


def state(alert):
    with operator():
        return PriceAlert.objects.get(pk=alert.pk).state


def told(team):
    with tenant(team.pk):
        return list(Notification.objects.filter(event="price.alert").order_by("pk"))


def test_crossing_fires_once_and_says_why_and_how_old_the_price_was(team, make, alice, now):
    alert = make(note="Sell some")
    assert tick("99", now + SECOND) == 0
    assert tick("101", now + 5 * SECOND) == 1
    assert tick("99", now + 10 * SECOND) == tick("101", now + 15 * SECOND) == 0
    assert state(alert) == PriceAlert.State.FIRED
    [notice] = told(team)
    assert notice.person == alice
    assert notice.title == "BTC/USDT at binance: rises through 100"
    assert notice.body == "It rose through 100 and stood at 101. The price was 1 s old. Sell some"
    assert notice.path.endswith(f"/alerts/{alert.pk}/")
    with tenant(team.pk):
        [firing] = AlertFiring.objects.all()
    assert (firing.price, firing.price_at, firing.age_seconds) == (D(101), now + 5 * SECOND, 1.0)
    assert firing.source == "binance"


def test_armed_again_it_fires_again(team, make, now):
    alert = make()
    tick("99", now + SECOND)
    assert tick("101", now + 2 * SECOND) == 1
    with tenant(team.pk):
        access = access_of(Membership.objects.get(role=Role.OWNER))
        assert arm_alert(access=access, alert=alert, now=now + 3 * SECOND)
        assert not arm_alert(access=access, alert=alert, now=now + 3 * SECOND)
    # It is beyond still: it must come back first.
    assert tick("102", now + 9 * SECOND) == 0
    assert tick("99", now + 15 * SECOND) == 0
    assert tick("103", now + 21 * SECOND) == 1
    assert len(told(team)) == 2


def test_paused_alert_waits_for_nothing(team, make, now):
    alert = make()
    tick("99", now + SECOND)
    with tenant(team.pk):
        access = access_of(Membership.objects.get(role=Role.OWNER))
        assert pause_alert(access=access, alert=alert, now=now)
    assert tick("101", now + 2 * SECOND) == 0
    assert told(team) == []


def test_stale_price_fires_no_crossing(team, make, now):
    alert = make()
    tick("99", now + SECOND)
    # The venue tells now what it knew two minutes ago.
    late = now + dt.timedelta(minutes=3)
    assert tick("101", late - dt.timedelta(minutes=2), heard=late) == 0
    assert state(alert) == PriceAlert.State.ARMED
    assert tick("101", late + SECOND) == 1


def test_move_within_a_span_fires(team, make, now):
    make(Kind.MOVES, "5", 600)
    assert tick("100", now + SECOND) == 0
    assert tick("104", now + 60 * SECOND) == 0
    assert tick("98.5", now + 120 * SECOND) == 1
    assert told(team)[0].body.startswith("It fell 5.29 % within 10 min, from 104 to 98.5.")


def test_silence_fires_without_any_price(team, make, now):
    make(Kind.SILENT, None, 60)
    assert watch_prices(now=now + 30 * SECOND) == 0
    assert watch_prices(now=now + 61 * SECOND) == 1
    with tenant(team.pk):
        [firing] = AlertFiring.objects.all()
    assert (firing.price, firing.age_seconds, firing.source) == (None, None, "")


def test_old_price_fires_when_it_has_grown_too_old(team, make, now):
    make(Kind.SILENT, None, 60)
    assert tick("100", now + 10 * SECOND) == 0
    assert watch_prices(now=now + 60 * SECOND) == 0
    assert watch_prices(now=now + 81 * SECOND) == 1
    assert told(team)[0].body.startswith("The last price is 1 min old; it was 100.")


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_fire_once(team, make, now):
    for _ in range(5):
        make()
    tick("99", now + SECOND)
    write_prices(venue="binance", prices=[Price("BTCUSDT", D(101), None, None, now + 5 * SECOND)], now=now + 5 * SECOND)
    fired, gate = [], threading.Barrier(3)

    def run():
        gate.wait()
        fired.append(watch_prices(now=now + 6 * SECOND))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(fired) == 5
    assert len(told(team)) == 5
    with tenant(team.pk):
        assert AlertFiring.objects.count() == 5


def test_workspace_that_cannot_be_told_keeps_no_other_from_it(team, strangers, charlie, make, now, monkeypatch):
    make()
    make(person=charlie, workspace=strangers)
    tick("99", now + SECOND)
    from instruments.services import watching  # noqa: PLC0415 - the place where it is called

    whole = watching.notify

    def fails(*args, **options):
        if options.get("person_id") == charlie.pk:
            raise RuntimeError("away")
        return whole(*args, **options)

    monkeypatch.setattr(watching, "notify", fails)
    assert tick("101", now + 5 * SECOND) == 1
    assert len(told(team)) == 1
    monkeypatch.undo()
    # His waits still, and is told with the next price.
    assert tick("102", now + 8 * SECOND) == 1
    assert len(told(strangers)) == 1


def test_owners_are_told_when_who_made_it_has_left(team, alice, bob, make, now):
    alert = make()
    with operator():
        PriceAlert.objects.filter(pk=alert.pk).update(made_by=bob)
    with tenant(team.pk):
        Membership.objects.filter(person=bob).delete()
    tick("99", now + SECOND)
    assert tick("101", now + 5 * SECOND) == 1
    assert [notice.person for notice in told(team)] == [alice]


def test_run_looks_at_each_once_and_at_what_has_no_new_price_not_at_all(team, make, now, django_assert_max_num_queries):
    for _ in range(30):
        make()
    tick("99", now + SECOND)
    with django_assert_max_num_queries(12):
        watch_prices(now=now + dt.timedelta(minutes=5))


def test_there_is_an_end_to_how_many_one_workspace_makes(team, make, bitcoin, now):
    with tenant(team.pk):
        PriceAlert.objects.bulk_create(
            PriceAlert(workspace=team, listing=bitcoin, kind=Kind.ABOVE, threshold=1) for _ in range(MOST_ALERTS)
        )
    with pytest.raises(TooManyAlerts, match="500 alerts"):
        make()


def test_what_is_alerted_is_wanted_of_the_streams_while_it_waits(team, make, bitcoin, now):
    assert symbols_watched("binance") == set()
    alert = make()
    assert symbols_watched("binance") == {"BTCUSDT"}
    assert "BTCUSDT" in wanted_symbols("binance")
    assert symbols_watched("kraken") == set()
    with tenant(team.pk):
        delete_alert(access=access_of(Membership.objects.get(role=Role.OWNER)), alert=alert, now=now)
    assert symbols_watched("binance") == set()
