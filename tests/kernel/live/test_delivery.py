"""Nothing idle is lost, nothing missed goes unnoticed, and one slow reader is nobody else's matter."""

import threading
import time
from contextlib import suppress
from types import SimpleNamespace
from uuid import UUID

import pytest
import redis
from prometheus_client import REGISTRY

from accounts.models import Notification
from kernel.live import news, sockets
from kernel.live.door import Entry
from kernel.live.news import numbers_key, publish
from kernel.live.registry import forget_live, register_live
from kernel.tenancy.access import Access
from kernel.tenancy.scope import tenant
from tests.kernel.live.listeners import cookie_of, deaf_socket
from tests.waiting import wait_for


@pytest.fixture
def broker(settings):
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        yield broker


def subscribers(broker) -> list[str]:
    """The subscriptions of this worker's own: clients on its database."""
    mine = str(broker.connection_pool.connection_kwargs["db"])
    return [client["id"] for client in broker.client_list(_type="pubsub") if client["db"] == mine]


def drain(deaf) -> None:
    """Reads what still comes, until the connection ends one way or the other; a living one times out."""
    with suppress(ConnectionResetError):
        while deaf.recv(65_536):
            pass


def test_fifty_idle_sockets_live_through_thirty_seconds_of_silence(listening, write, broker, team, alice):
    cookie = cookie_of(alice)
    crowd = [listening.open(team, cookie=cookie) for _ in range(50)]
    subscribed = subscribers(broker)
    assert len(subscribed) == 1
    time.sleep(30)
    assert subscribers(broker) == subscribed
    assert [listener.is_open for listener in crowd] == [True] * 50
    row = write(team, alice)
    # The very next frame is the row: no resync, so the subscription never ended.
    assert {listener.next_row()[2] for listener in crowd} == {f"notice-{row.pk}"}


def test_reader_that_never_reads_is_cut_and_the_others_get_everything_in_time(
    listening, monkeypatch, write, team, alice, bob
):
    monkeypatch.setattr(sockets, "FULL_SECONDS", 6.0)
    monkeypatch.setattr(sockets, "STALLED_SECONDS", 6.0)
    register_live(
        "essay",
        lambda key: Notification.objects.filter(pk=key).first(),
        encoder=lambda row: {"at": float(row.title), "text": row.body},
    )
    readers = [listening.open(team, alice) for _ in range(5)]
    open_before = REGISTRY.get_sample_value("plumbline_sockets")
    deaf = deaf_socket(listening.port, f"/ws/w/{team.slug}/live/", cookie_of(bob))
    delays: list[list[float]] = [[] for _ in readers]

    def read(listener, seen):
        while len(seen) < 200:
            seen.append(-listener.next_json(20)["row"]["at"] + time.monotonic())

    threads = [threading.Thread(target=read, args=pair) for pair in zip(readers, delays, strict=True)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(200):
            with tenant(team.pk):
                row = Notification.objects.create(
                    workspace=team, person=alice, event="test", title=str(time.monotonic()), body="x" * 20_000
                )
                publish("essay", row.pk)
            time.sleep(0.01)
        for thread in threads:
            thread.join(20)
        assert [len(seen) for seen in delays] == [200] * 5
        # Whoever waited for the deaf one would have waited until it was cut.
        assert max(max(seen) for seen in delays) < 4.0
        wait_for(lambda: REGISTRY.get_sample_value("plumbline_sockets") == open_before, 15)
        deaf.settimeout(5)
        drain(deaf)
    finally:
        deaf.close()
        forget_live("essay")


def test_missing_number_makes_the_pages_read_again(listening, write, broker, team, strangers, alice, charlie):
    listener, elsewhere = listening.open(team, alice), listening.open(strangers, charlie)
    write(team, alice)
    listener.next_row()
    broker.hincrby(numbers_key(team.pk), "number", 1)
    row = write(team, alice)
    assert listener.next_json() == {"type": "resync", "feeds": {"own": 0, "shared": 1}}
    assert listener.next_row()[:3] == ("shared", 2, f"notice-{row.pk}")
    assert elsewhere.hears_nothing()


def test_news_that_could_not_be_published_shows_with_the_next_one(listening, monkeypatch, write, team, alice):
    listener = listening.open(team, alice)
    write(team, alice)
    listener.next_row()
    monkeypatch.setattr(news, "REST_AFTER_FAILURE_SECONDS", 0.0)
    publisher = news._publisher()
    with monkeypatch.context() as broken:
        broken.setattr(publisher, "_script", lambda **_: (_ for _ in ()).throw(redis.ConnectionError("away")))
        write(team, alice, "the request succeeds all the same")
    assert listener.hears_nothing()
    row = write(team, alice)
    assert listener.next_json()["type"] == "resync"
    assert listener.next_row()[2] == f"notice-{row.pk}"


def test_flushed_redis_shows_as_a_gap(listening, write, broker, team, alice):
    listener = listening.open(team, alice)
    write(team, alice)
    listener.next_row()
    broker.flushdb()
    write(team, alice)
    assert listener.next_json()["type"] == "resync"
    listener.next_row()


def test_lost_subscription_comes_back_and_every_page_reads_again(
    listening, write, broker, team, strangers, alice, charlie
):
    listeners = [listening.open(team, alice), listening.open(strangers, charlie)]
    for client in subscribers(broker):
        broker.client_kill_filter(_id=client)
    assert [listener.next_json(10)["type"] for listener in listeners] == ["resync", "resync"]
    row = write(team, alice)
    assert listeners[0].next_row()[2] == f"notice-{row.pk}"


def test_socket_opens_without_redis_and_a_dead_redis_costs_a_request_little(settings, listening, write, team, alice):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    listener = listening.open(team, alice, greeted=False)
    assert listener.next_json() == {"type": "hello", "feeds": {"own": 0, "shared": 0}, "quiet": -1}
    started = time.monotonic()
    for _ in range(20):
        write(team, alice)
    assert time.monotonic() - started < 6
    assert listener.is_open


def test_full_queue_drops_the_oldest_and_counts_it():
    entry = Entry(Access(workspace_id=UUID(int=1), person_id=UUID(int=2), role="viewer"), "a", None)
    slow = sockets.LiveSocket(door=SimpleNamespace(), entry=entry, topics=frozenset(), verified_at=0.0)
    dropped = REGISTRY.get_sample_value("plumbline_live_frames_dropped_total")
    for number in range(sockets.QUEUE_FRAMES + 3):
        slow.put({"text": number})
    assert REGISTRY.get_sample_value("plumbline_live_frames_dropped_total") == dropped + 3
    assert [frame["text"] for frame in slow._frames] == list(range(3, sockets.QUEUE_FRAMES + 3))
    assert not slow.is_stuck
