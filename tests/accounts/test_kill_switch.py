"""The kill switch: the strictest level wins, pressing twice is harmless, nobody starts another's trading."""

import itertools
import threading

import pytest
from django.db import connection

from accounts.kill_switch import Level, State, kill_switch
from accounts.models import AuditEntry, KillSwitch
from accounts.services.kill_switch import set_kill_switch
from kernel.tenancy.scope import operator, tenant

pytestmark = pytest.mark.django_db

WHERE = {"venue": "binance", "account": "a1", "strategy": "s1", "instrument": "BTCUSDT"}
KEYS = {Level.PLATFORM: "", Level.WORKSPACE: "", **{Level(level): key for level, key in WHERE.items()}}


def put(team, level, state, now, key=None):
    scope = operator() if level in (Level.PLATFORM, Level.VENUE) else tenant(team.pk)
    with scope:
        return set_kill_switch(
            level=level, key=KEYS[level] if key is None else key, state=state, now=now, person_id=None, reason="test"
        )


def verdict(team, **where):
    with tenant(team.pk):
        return kill_switch(**(where or WHERE))


def test_without_any_row_everything_is_active(team):
    assert verdict(team).is_active


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("state", [State.REDUCING, State.HALTED])
def test_every_level_binds(team, now, level, state):
    put(team, level, state, now)
    found = verdict(team)
    assert (found.state, found.level, found.key) == (state, level, KEYS[level])


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(Level, 2)))
def test_strictest_of_two_levels_wins_whichever_they_are(team, now, one, other):
    put(team, one, State.REDUCING, now)
    put(team, other, State.HALTED, now)
    assert (verdict(team).state, verdict(team).level) == (State.HALTED, other)


@pytest.mark.parametrize("level", [Level.VENUE, Level.ACCOUNT, Level.STRATEGY, Level.INSTRUMENT])
def test_switch_of_something_else_does_not_bind(team, now, level):
    put(team, level, State.HALTED, now, key="another")
    assert verdict(team).is_active


def test_switch_of_another_workspace_does_not_bind(team, strangers, now):
    put(team, Level.WORKSPACE, State.HALTED, now)
    put(team, Level.INSTRUMENT, State.HALTED, now)
    assert verdict(strangers).is_active


def test_platform_stops_everybody(team, strangers, now):
    put(team, Level.PLATFORM, State.HALTED, now)
    assert not verdict(team).is_active
    assert not verdict(strangers).is_active


def test_pressing_twice_changes_nothing_and_writes_one_entry(team, now):
    assert put(team, Level.WORKSPACE, State.HALTED, now) is True
    assert put(team, Level.WORKSPACE, State.HALTED, now) is False
    with tenant(team.pk):
        assert KillSwitch.objects.filter(level=Level.WORKSPACE).count() == 1
        assert AuditEntry.objects.filter(action="kill_switch.set").count() == 1


def test_back_to_active_lets_it_run_again(team, now):
    put(team, Level.WORKSPACE, State.HALTED, now)
    put(team, Level.WORKSPACE, State.ACTIVE, now)
    assert verdict(team).is_active


def test_tenant_cannot_touch_the_platforms_switch(team, now):
    put(team, Level.PLATFORM, State.HALTED, now)
    with tenant(team.pk):
        with pytest.raises(ValueError):
            set_kill_switch(level=Level.PLATFORM, state=State.ACTIVE, now=now, person_id=None)
        assert KillSwitch.objects.filter(level=Level.PLATFORM).update(state=State.ACTIVE) == 0
        assert KillSwitch.objects.filter(level=Level.PLATFORM).delete()[0] == 0
    assert not verdict(team).is_active


@pytest.mark.django_db(transaction=True)
def test_two_people_pressing_at_once_both_succeed(team, now):
    barrier = threading.Barrier(4)
    changed = []

    def press():
        barrier.wait()
        changed.append(put(team, Level.WORKSPACE, State.HALTED, now))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [False, False, False, True]
