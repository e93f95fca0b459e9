"""Which accounts a process listens to, and how it starts and ends: as the commands that people run."""

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection as database

from exchanges.domain.venues import VENUES
from exchanges.models import Connection
from exchanges.services.connections import close_connection
from exchanges.streaming import supervisor as supervising
from exchanges.streaming.opening import FILLS, PRICES
from exchanges.streaming.supervisor import Supervisor
from instruments.models import LastPrice
from kernel import clock
from kernel.health.heartbeat import queues_alive
from kernel.models import WorkerHeartbeat
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant
from tests.exchanges.rooms.conftest import connect, door
from tests.exchanges.streaming.conftest import AT_BINANCE, QUICK, TOLD, checked, granting, keep, standing_of
from tests.exchanges.streaming.test_prices import ticker
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]


def located(venue="binance", mode="live", shards=1, shard=0, at=None):
    return {row[1] for row in locate("locate_streamed_connections", venue, mode, shards, shard, at or clock.now())}


class Whole:
    """A supervisor as a room, so that `keep` runs it."""

    def __init__(self, **more):
        self.supervisor = Supervisor(name="test@here", patience=QUICK, **more)

    async def run(self):
        stop = asyncio.Event()
        try:
            await self.supervisor.run(stop)
        except asyncio.CancelledError:
            return


# ---- whom it listens to ----


def test_connections_that_were_found_good_are_listened_to_and_no_others(team, alice, strangers, charlie, now):
    good = checked(team, alice, now=now)
    other = checked(strangers, charlie, now=now)
    connect(team, alice, now=now, name="never checked")
    connect(team, alice, now=now, name="paper", mode=Connection.Mode.PAPER, venue_name="paper", fields={})
    blocked = checked(team, alice, now=now, name="blocked")
    ended = checked(team, alice, now=now, name="ended")
    closed = checked(team, alice, now=now, name="closed")
    degraded = checked(team, alice, now=now, name="degraded")
    with tenant(team.pk):
        Connection.objects.filter(pk=blocked.pk).update(met="key")
        Connection.objects.filter(pk=degraded.pk).update(met="no_answer")
        Connection.objects.filter(pk=ended.pk).update(key_ends_at=clock.now() - dt.timedelta(minutes=1))
        close_connection(access=door(team, alice), connection=closed, now=now)
    assert located() == {good.pk, other.pk, degraded.pk}
    assert located("kraken") == set()
    assert located(mode="sandbox") == set()
    with operator():
        Connection.objects.filter(pk=good.pk).update(mode="sandbox")
    assert (located(), located(mode="sandbox")) == ({other.pk, degraded.pk}, {good.pk})


def test_parts_are_apart_and_together_the_whole(team, alice, now):
    every = {checked(team, alice, now=now, name=f"number {number}").pk for number in range(12)}
    parts = [located(shards=3, shard=number) for number in range(3)]
    assert set.union(*parts) == every
    assert sum(map(len, parts)) == 12
    assert all(parts)


def test_process_listens_to_what_comes_and_lets_go_of_what_is_closed(
    venue, heard, enqueued, team, alice, strangers, charlie, now
):
    first = checked(team, alice, now=now)
    venue.lives = [granting(TOLD["order_new"])]
    state = {}

    def until():
        if "second" not in state and standing_of(first) and standing_of(first).connected_at:
            state["second"] = checked(strangers, charlie, now=now)
        elif "second" in state and "closed" not in state and len(venue.talks) == 2:
            with tenant(team.pk):
                close_connection(access=access, connection=first, now=now)
            state["closed"] = True
        return "closed" in state and venue.talks[0].closed_by_client

    access = door(team, alice)
    assert keep(Whole(fills=[AT_BINANCE]), until)
    assert len(venue.talks) == 2
    # The first ended when its connection was closed, the second with the process.
    assert standing_of(state["second"]).connected_at is None


def test_room_that_fails_is_begun_anew_and_holds_up_no_other(venue, heard, enqueued, team, alice, now, monkeypatch):
    checked(team, alice, now=now)
    failures = []
    before = supervising.AccountRoom.run

    async def run(self):
        if len(failures) < 2:
            failures.append(True)
            raise RuntimeError("a defect")
        await before(self)

    monkeypatch.setattr(supervising.AccountRoom, "run", run)
    venue.lives = [granting(TOLD["order_new"])]
    assert keep(Whole(fills=[AT_BINANCE]), lambda: heard.orders)
    assert len(failures) == 2


def test_process_gives_a_sign_of_life_and_is_no_worker_of_any_queue(venue):
    seen = []

    def until():
        seen.extend(WorkerHeartbeat.objects.filter(name="test@here"))
        return bool(seen)

    before = queues_alive(clock.now())
    assert keep(Whole(prices=[AT_BINANCE]), until)
    assert seen[0].queues == []
    assert queues_alive(clock.now()) == before
    assert not WorkerHeartbeat.objects.filter(name="test@here").exists()


def test_every_venue_that_declares_a_stream_of_its_own_has_one():
    told = {name for name, facts in VENUES.items() if facts.prices is not None and not facts.prices.is_shared}
    assert told <= set(PRICES)
    fills = {name for name, facts in VENUES.items() if facts.fills is not None and not facts.fills.is_shared}
    assert fills <= set(FILLS)


# ---- the commands ----


@pytest.mark.parametrize(
    "words", [["stream_prices", "nowhere"], ["stream_fills", "--shard", "2/2"], ["stream", "--shard", "half"]]
)
def test_command_says_what_is_wrong(words):
    with pytest.raises(CommandError):
        call_command(*words)


def start(*words, **environment):
    """The real command, on the database of this test."""
    name = database.settings_dict["NAME"]
    url = urlunsplit(urlsplit(django_settings.DATABASE_URL)._replace(path=f"/{name}"))
    given = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.test", **environment}
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stopped(process, how):
    """What it wrote, its exit code, and how long its end took."""
    process.send_signal(how)
    began = clock.monotonic()
    try:
        written, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    return written, process.returncode, clock.monotonic() - began


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_closes_its_sockets_and_writes_the_last_prices(venue, bitcoin, team, alice, now, how):
    connection = checked(team, alice, now=now)
    is_written, is_told = threading.Event(), threading.Event()

    def prices(talk):
        said = talk.hear()
        if said["method"] == "SUBSCRIBE":
            talk.say(TOLD["subscribed"], ticker(last="1.25"))
            while not is_written.is_set():
                talk.read()
            # Told just before the end.
            talk.say(ticker(last="2.25"))
            is_told.set()
        else:
            talk.say(TOLD["account_subscribed"])
        talk.hold()

    venue.lives = [prices]
    addresses = {"VENUE_ADDRESSES": f"binance={venue.address}", "PRICE_SYMBOLS": "binance=BTCUSDT"}
    process = start("stream", "binance", **addresses)
    try:
        assert wait_for(
            lambda: (
                (price := LastPrice.objects.first())
                and price.last == 1.25
                and (row := standing_of(connection))
                and row.connected_at
            )
        )
        assert WorkerHeartbeat.objects.filter(name__startswith="stream@").count() == 1
        is_written.set()
        assert is_told.wait(5)
        time.sleep(0.1)
    finally:
        written, code, took = stopped(process, how)
    assert code == 0, written
    assert took < 5
    assert LastPrice.objects.get().last == 2.25
    assert standing_of(connection).connected_at is None
    assert not WorkerHeartbeat.objects.filter(name__startswith="stream@").exists()
    assert [talk.closed_by_client for talk in venue.talks] == [True, True]
    assert written == ""


def test_with_nothing_to_listen_to_it_idles_without_a_word(venue):
    process = start("stream", VENUE_ADDRESSES=f"binance={venue.address}", PRICE_SYMBOLS="")
    try:
        assert wait_for(lambda: WorkerHeartbeat.objects.filter(name__startswith="stream@").exists())
        # Two looks and more.
        time.sleep(7)
    finally:
        written, code, took = stopped(process, signal.SIGTERM)
    assert (code, took < 5) == (0, True), written
    assert venue.requests == venue.talks == []
    # The suite shows warnings and what is worse: there are none.
    assert written == ""
