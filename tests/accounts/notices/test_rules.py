"""What a channel takes, and when: rules, the switch, quiet hours."""

import datetime as dt
import json

import pytest

from accounts.models import NotificationChannel, Urgency
from accounts.services.channels import BadChannel, add_channel, try_channel
from accounts.services.notices import sweep_notices
from kernel.encryption.secret import Secret
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant
from tests.accounts.notices.telling import NIGHT, Kind, access_of, messages, tell, titles, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "events")]


def test_channel_gets_only_what_its_rules_take(team, alice, channel, receiver, client, now):
    channel(Kind.SLACK, events=["order.*"])
    channel(Kind.DISCORD, urgency_floor=Urgency.URGENT)
    tell(team, alice, now)
    work(team, client, now)
    assert receiver.received == []
    tell(team, alice, now, event="test.panic")
    work(team, client, now)
    assert [got.path for got in receiver.received] == ["/api/webhooks/1/discord-secret"]


def test_channel_that_is_switched_off_gets_nothing(team, alice, channel, receiver, client, now):
    row = channel(Kind.SLACK)
    tell(team, alice, now)
    with tenant(team.pk):
        NotificationChannel.objects.filter(pk=row.pk).update(is_active=False)
    tell(team, alice, now)
    work(team, client, now)
    assert receiver.received == []
    assert [message.state for message in messages(team)] == ["CANCELLED"]


def test_quiet_hours_make_news_wait_and_none_is_lost(team, alice, channel, receiver, client):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    channel(Kind.SLACK, quiet=NIGHT)
    tell(team, alice, night)
    tell(team, alice, night, event="test.panic")
    assert titles(team, alice) == ["INFY filled", "INFY stopped"]
    work(team, client, night)
    assert [json.loads(got.body)["text"].split("\n")[0] for got in receiver.received] == ["INFY stopped"]
    waiting = next(message for message in messages(team) if message.state == "WAITING")
    assert (waiting.next_attempt_at, waiting.attempts) == (morning, 0)
    assert locate("locate_due_notices", morning - dt.timedelta(seconds=1), 10) == []
    assert locate("locate_due_notices", morning, 10) == [(team.pk, waiting.pk)]
    work(team, client, morning)
    assert json.loads(receiver.received[-1].body)["text"].startswith("INFY filled")
    assert {message.state for message in messages(team)} == {"SENT"}


def test_quiet_hours_are_those_of_the_channel_s_clock(team, alice, channel, receiver, client):
    """22:00 in Kolkata is 16:30 in UTC."""
    channel(Kind.SLACK, quiet=NIGHT, time_zone="Asia/Kolkata")
    tell(team, alice, dt.datetime(2026, 11, 20, 16, 30, tzinfo=dt.UTC))
    assert messages(team)[0].next_attempt_at == dt.datetime(2026, 11, 21, 1, 30, tzinfo=dt.UTC)


def test_quiet_hours_that_grew_meanwhile_are_kept_too(team, alice, channel, receiver, client):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    row = channel(Kind.SLACK, quiet=NIGHT)
    tell(team, alice, night)
    with tenant(team.pk):
        NotificationChannel.objects.filter(pk=row.pk).update(quiet_until=dt.time(9))
    work(team, client, morning)
    assert receiver.received == []
    (message,) = messages(team)
    assert (message.state, message.attempts) == ("WAITING", 0)
    assert message.next_attempt_at == dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_sweep_enqueues_what_waited(team, alice, channel, enqueued):
    night, morning = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 7, tzinfo=dt.UTC)
    channel(Kind.SLACK, quiet=NIGHT)
    tell(team, alice, night)
    assert (enqueued, sweep_notices(now=night)) == ([], 0)
    assert sweep_notices(now=morning) == 1
    assert enqueued == [("accounts.send_notice", str(team.pk), str(messages(team)[0].pk))]


def test_trying_a_channel_ignores_rules_and_quiet_hours(team, alice, channel, receiver, client):
    night = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC)
    row = channel(Kind.SLACK, quiet=NIGHT, events=["order.*"])
    channel(Kind.DISCORD)
    with tenant(team.pk):
        try_channel(channel=row, now=night)
    work(team, client, night)
    assert [got.path for got in receiver.received] == ["/services/T0/B0/slack-secret"]


@pytest.mark.parametrize(
    "more", [{"events": ["order.[ab]"]}, {"time_zone": "Mars/Olympus"}, {"label": "  "}, {"events": ["x"] * 51}]
)
def test_rules_that_cannot_be_read_are_refused(team, alice, outgoing, now, more):
    with tenant(team.pk), pytest.raises(BadChannel):
        add_channel(
            access=access_of(team, alice),
            kind=Kind.WEBHOOK,
            address=Secret("https://example.org/"),
            now=now,
            **{"label": "x", **more},
        )
