"""Keys are asked again each day, ends are told ahead and once, and a lost nudge loses nothing."""

import datetime as dt

import pytest

from accounts.models import Notification
from exchanges.models import Connection
from exchanges.services.watch import look_after
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import again, connect

pytestmark = pytest.mark.django_db(transaction=True)

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)


@pytest.fixture
def made(team, alice, now, enqueued):
    """A connection that was found good."""
    one = connect(team, alice, now=now)
    with tenant(team.pk):
        Connection.objects.filter(pk=one.pk).update(checked_at=now, told_standing="ok")
    enqueued.clear()
    return one


def set_on(team, one, **values):
    with tenant(team.pk):
        Connection.objects.filter(pk=one.pk).update(**values)


def heard(team, person):
    with tenant(team.pk):
        return list(Notification.objects.filter(person_id=person.pk).values_list("event", flat=True).order_by("pk"))


def asked(enqueued):
    return [job for job in enqueued if job[0] == "exchanges.check_connection"]


def test_key_is_asked_again_after_a_day_and_not_before(team, made, now, enqueued):
    look_after(now=now + DAY - MINUTE)
    assert asked(enqueued) == []
    look_after(now=now + DAY)
    assert asked(enqueued) == [("exchanges.check_connection", str(team.pk), str(made.pk))]


def test_lost_nudge_is_sent_again_after_five_minutes(team, alice, now, enqueued):
    connect(team, alice, now=now)
    enqueued.clear()
    look_after(now=now + 4 * MINUTE)
    assert asked(enqueued) == []
    look_after(now=now + 5 * MINUTE)
    look_after(now=now + 6 * MINUTE)
    assert len(asked(enqueued)) == 1


def test_end_is_told_ahead_and_once_and_its_coming_too(team, alice, made, now, enqueued):
    set_on(team, made, key_ends_at=now + 8 * DAY, checked_at=now + 7 * DAY)
    for moment in (now, now + DAY, now + DAY + HOUR, now + 8 * DAY, now + 8 * DAY + HOUR):
        look_after(now=moment)
    assert heard(team, alice) == ["connection.expiring", "connection.expired"]


def test_login_that_is_over_is_not_asked_for(team, made, now, enqueued):
    set_on(team, made, token_ends_at=now, checked_at=now - 2 * DAY)
    look_after(now=now)
    assert asked(enqueued) == []


def test_closed_connection_is_left_alone(team, made, now, enqueued):
    set_on(team, made, closed_at=now, checked_at=now - 5 * DAY)
    assert look_after(now=now + DAY) == 0


def test_one_that_stands_as_before_tells_nobody(team, alice, made, now, enqueued):
    look_after(now=now + DAY)
    assert heard(team, alice) == []
    assert again(team, made).told_standing == "ok"
