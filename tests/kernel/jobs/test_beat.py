"""A schedule's slot is sent once, by however many beats, and the missed one is sent when beat comes back."""

import datetime as dt

import pytest
from kombu.exceptions import OperationalError

from config.celery import app
from kernel.jobs import beat
from kernel.jobs.beat import SlotScheduler, claim_slot
from kernel.jobs.models import ScheduledSlot
from kernel.jobs.periodic import Periodic

pytestmark = pytest.mark.django_db

MOMENT = dt.datetime(2026, 11, 20, 10, 0, 7, tzinfo=dt.UTC)


@pytest.fixture
def at(monkeypatch):
    """Sets the beat's clock and lists what it sends."""
    sent: list[str] = []
    monkeypatch.setattr(beat, "periodics", lambda: [Periodic("tests.each_minute", every=dt.timedelta(minutes=1))])
    monkeypatch.setattr(app, "send_task", lambda name, **_: sent.append(name))

    def set_clock(moment: dt.datetime) -> list[str]:
        monkeypatch.setattr(beat.clock, "now", lambda: moment)
        return sent

    return set_clock


def test_slot_is_the_latest_moment_that_is_not_after_now():
    daily = Periodic("x", every=dt.timedelta(days=1), offset=dt.timedelta(hours=3))
    assert daily.slot(MOMENT) == dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC)
    assert daily.slot(dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)) == dt.datetime(2026, 11, 19, 3, tzinfo=dt.UTC)


def test_two_beats_send_each_slot_once(at):
    sent = at(MOMENT)
    beats = [SlotScheduler(app=app), SlotScheduler(app=app)]
    for moment in (MOMENT, MOMENT + dt.timedelta(seconds=1), MOMENT + dt.timedelta(minutes=1)):
        at(moment)
        for one in beats:
            one.tick()
    assert sent == ["tests.each_minute"] * 2
    assert ScheduledSlot.objects.count() == 2


def test_beat_that_was_away_two_hours_sends_the_latest_slot_only(at):
    sent = at(MOMENT)
    SlotScheduler(app=app).tick()
    at(MOMENT + dt.timedelta(hours=2))
    SlotScheduler(app=app).tick()
    assert sent == ["tests.each_minute"] * 2


def test_slot_whose_beat_could_not_send_is_sent_later(at, monkeypatch):
    sent = at(MOMENT)

    def broker_away(name, **_):
        raise OperationalError

    with monkeypatch.context() as away:
        away.setattr(app, "send_task", broker_away)
        SlotScheduler(app=app).tick()
    SlotScheduler(app=app).tick()
    assert sent == []
    at(MOMENT + dt.timedelta(seconds=40))
    SlotScheduler(app=app).tick()
    assert sent == ["tests.each_minute"]


def test_claim_belongs_to_one(db):
    slot = MOMENT.replace(second=0)
    assert [claim_slot("one", slot, now=MOMENT) for _ in range(3)] == [True, False, False]
