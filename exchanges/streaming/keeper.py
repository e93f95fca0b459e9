"""Keeps one socket: opens it, hears that it lives, ends it when it is silent or old, and opens it again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from exchanges.adapters.wire import Held
from exchanges.domain.capabilities import StreamCapabilities
from exchanges.domain.failures import KeyRefused, NotNow, TokenEnded, TooMany, VenueFailure
from exchanges.domain.news import Closing, Joined
from exchanges.streaming.patience import Patience
from kernel import clock
from kernel.logs.setup import get_logger

log = get_logger(__name__)


class Stream(Protocol):
    async def listen(self, heard: Callable[[Any], None]) -> None: ...


class Keeper:
    """`make` pays for a socket and makes its stream, or raises Held; `told` gets each news and does not wait; `ended`
    gets what ended it, None when it was we.
    """

    def __init__(
        self,
        *,
        name: str,
        venue: str,
        facts: StreamCapabilities,
        make: Callable[[], Awaitable[Stream]],
        told: Callable[[Any], None],
        ended: Callable[[VenueFailure | None], None],
        patience: Patience,
    ) -> None:
        self.name, self.venue, self.facts, self.patience = name, venue, facts, patience
        self._make, self._told, self._ended = make, told, ended
        self._heard_at = self._ends_at = 0.0
        self._has_joined = False
        self._nudge = asyncio.Event()

    def renew(self) -> None:
        """Another socket in place of this one: what is listened to, or what opens it, changed."""
        self._ends_at = 0.0
        self._nudge.set()

    async def run(self) -> None:
        failures = 0
        while True:
            began = clock.monotonic()
            try:
                await self._live()
            except Held as held:
                log.info("stream.held_back", stream=self.name, reason=held.reason, seconds=round(held.wait, 1))
                await asyncio.sleep(min(max(held.wait, 0.1), self.patience.longest_pause))
                continue
            except VenueFailure as failure:
                stood = self._has_joined and clock.monotonic() - began >= self.patience.stands
                failures = 1 if stood else failures + 1
                wait = self._wait_after(failure, failures)
                log.warning("stream.ended", stream=self.name, cause=type(failure).__name__, seconds=round(wait, 1))
                self._ended(failure)
                await asyncio.sleep(wait)
            else:
                failures = 0
                log.info("stream.renewed", stream=self.name)
                self._ended(None)
                if clock.monotonic() - began < self.patience.stands:
                    # A venue that ends each socket as soon as it is open is not asked without a pause.
                    await asyncio.sleep(self.patience.pause(1))

    async def _live(self) -> None:
        """One socket's life. It returns when we end it."""
        self._has_joined = False
        self._nudge.clear()
        stream = await self._make()
        began = self._heard_at = clock.monotonic()
        life = self.facts.longest_life
        self._ends_at = began + life.total_seconds() * self.patience.life if life else float("inf")
        listening = asyncio.create_task(stream.listen(self._hear))
        try:
            await self._watch(listening)
        finally:
            listening.cancel()
            # Its own end is told by who cancels it; a failure in the last moment changes nothing.
            with suppress(asyncio.CancelledError, VenueFailure):
                await listening

    async def _watch(self, listening: "asyncio.Task[None]") -> None:
        silence = self.patience.silence(self.facts.heartbeat)
        while True:
            dead_at = self._heard_at + silence if silence is not None else float("inf")
            now = clock.monotonic()
            if listening.done():
                listening.result()
                raise NotNow("The socket ended without a word.", venue=self.venue)
            if now >= self._ends_at:
                return
            if now >= dead_at:
                raise NotNow(f"The socket was silent for {silence:g} seconds.", venue=self.venue)
            until = min(dead_at, self._ends_at) - now
            await self._wait(listening, until if until != float("inf") else None)

    async def _wait(self, listening: "asyncio.Task[None]", seconds: float | None) -> None:
        nudged = asyncio.ensure_future(self._nudge.wait())
        try:
            await asyncio.wait({listening, nudged}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudged.cancel()
        self._nudge.clear()

    def _hear(self, news: Any) -> None:
        self._heard_at = clock.monotonic()
        if isinstance(news, Closing):
            # The venue names no later moment, or one that leaves no time: at once is never too early.
            self.renew()
            return
        if isinstance(news, Joined):
            self._has_joined = True
        self._told(news)

    def _wait_after(self, failure: VenueFailure, failures: int) -> float:
        pause = self.patience.pause(failures)
        if isinstance(failure, TooMany):
            return max(pause, failure.wait)
        if isinstance(failure, KeyRefused | TokenEnded):
            return self.patience.longest_pause
        return pause
