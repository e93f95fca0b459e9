"""Clients of Redis: made in one place, never waiting for ever, and never ending a subscription that is only quiet."""

import asyncio
import re
import socket
import threading
from pathlib import Path

import pytest
import redis

from kernel import clock
from kernel.redis_clients import asking_client, listening_client, own_client, shared_client

ROOT = Path(__file__).parents[2]
#: Refused at once, and counted by nobody.
AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
def mute():
    """A server that takes connections and never answers; how many came."""
    listener, held = socket.create_server(("127.0.0.1", 0)), []

    def take():
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=take, daemon=True).start()
    yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0", held
    listener.close()
    for one in held:
        one.close()


def test_nobody_else_makes_one():
    made = re.compile(r"from_url\(|redis\.Redis\(|ConnectionPool\(")
    places = [
        str(path.relative_to(ROOT))
        for app in ("config", "kernel", "accounts", "instruments", "exchanges")
        for path in (ROOT / app).rglob("*.py")
        if "redis" in (text := path.read_text()) and made.search(text)
    ]
    assert places == ["kernel/redis_clients.py"]


def test_process_has_one_for_an_address_and_a_count_of_retries(settings):
    assert shared_client(settings.REDIS_URL) is shared_client(settings.REDIS_URL)
    assert shared_client(settings.REDIS_URL) is not shared_client(settings.REDIS_URL, retries=1)
    assert shared_client(settings.REDIS_URL).ping()


def test_mute_redis_costs_a_request_half_a_second(mute):
    url, _ = mute
    began = clock.monotonic()
    with pytest.raises(redis.TimeoutError):
        shared_client(url).get("anything")
    # Room for a busy machine; redis-py's own patience is five seconds.
    assert 0.4 < clock.monotonic() - began < 4


@pytest.mark.parametrize("retries", [0, 1])
def test_question_is_sent_again_only_where_that_was_asked_for(mute, retries):
    url, held = mute
    with pytest.raises(redis.TimeoutError), own_client(url, seconds=0.1, retries=retries) as client:
        client.get("anything")
    assert len(held) == 1 + retries


def test_dead_redis_is_told_at_once():
    began = clock.monotonic()
    with pytest.raises(redis.ConnectionError):
        shared_client(AWAY, retries=1).get("anything")
    assert clock.monotonic() - began < 2


def test_question_on_a_loop_ends_too(mute):
    async def ask():
        async with asking_client(mute[0], seconds=0.1) as client:
            await client.get("anything")

    with pytest.raises(redis.TimeoutError):
        asyncio.run(ask())


def test_quiet_subscription_outlives_redis_pys_own_patience(settings):
    """Five seconds, after which redis-py would end it by itself (PERFORMANCE 1)."""

    async def listen():
        async with listening_client(settings.REDIS_URL) as client, client.pubsub() as listener:
            await listener.subscribe("quiet")

            async def hear():
                async for message in listener.listen():
                    if message["type"] == "message":
                        return message["data"]
                return None

            hearing = asyncio.create_task(hear())
            await asyncio.sleep(6)
            assert not hearing.done()
            await asyncio.to_thread(shared_client(settings.REDIS_URL).publish, "quiet", "after all")
            async with asyncio.timeout(5):
                return await hearing

    assert asyncio.run(listen()) == b"after all"
