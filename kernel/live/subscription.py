"""The process's one subscription to the live channel. It comes back by itself and says so each time."""

import asyncio
import random
from collections.abc import Callable

from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from kernel.live.news import News
from kernel.logs.setup import get_logger
from kernel.redis_clients import listening_client

log = get_logger(__name__)

#: After this much silence we ask whether anybody is there, and wait as long again for the answer.
SILENCE_SECONDS = 10.0
LONGEST_DELAY_SECONDS = 5.0


class Subscription:
    """Calls `heard` for each message and `began` whenever listening starts, anew too: earlier news may be lost."""

    def __init__(self, url: str, channel: str, *, began: Callable[[], None], heard: Callable[[News], None]) -> None:
        self._url, self._channel, self._began, self._heard = url, channel, began, heard
        self.is_listening = asyncio.Event()

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                failures = 1 if self.is_listening.is_set() else failures + 1
                self.is_listening.clear()
                delay = random.uniform(0, min(LONGEST_DELAY_SECONDS, 0.25 * 2 ** min(failures, 6)))  # noqa: S311
                log.warning("live.subscription_lost", error=type(error).__name__, seconds=round(delay, 2))
                await asyncio.sleep(delay)

    async def _listen(self) -> None:
        client = listening_client(self._url)
        async with client, client.pubsub() as listener:
            await listener.subscribe(self._channel)
            was_asked = False
            while True:
                message = await listener.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    await self._ask(listener, was_asked)
                    was_asked = True
                    continue
                was_asked = False
                self._take(message)

    async def _ask(self, listener: PubSub, was_asked: bool) -> None:
        if was_asked:
            raise TimeoutError("Redis is silent")
        await listener.ping()

    def _take(self, message: dict[str, object]) -> None:
        if message["type"] == "subscribe":
            # Also after a silent reconnect inside the client library.
            self.is_listening.set()
            self._began()
        elif message["type"] == "message":
            raw = message["data"]
            try:
                news = News.parse(raw if isinstance(raw, bytes) else str(raw).encode())
            except ValueError:
                log.warning("live.news_unreadable")
                return
            self._heard(news)
