"""What the sockets of every venue share: say first what is wanted, read what comes, end as one of `domain.failures`."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from exchanges.adapters.rest import UNREADABLE
from exchanges.adapters.streams.socket import SocketEnded, opened
from exchanges.adapters.wire import WireSession, exact_json
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.failures import NotNow, TooMany, VenueFailure
from exchanges.domain.market import Listing
from exchanges.domain.news import Beat, FillNews, Joined, Missed, PriceNews
from exchanges.venue import Clock, Credentials

News = PriceNews | FillNews
ANSWER_SECONDS = 10.0
#: What a refused handshake says of our manners; without a Retry-After one is quiet for so long.
_TOO_MANY = {429: 10.0, 418: 120.0}


class SocketStream(ABC):
    """One socket to a venue. An adapter says what is sent first, and reads one message after the other."""

    facts: VenueFacts
    #: Between two messages of ours.
    pace: float = 0.0
    #: What a handshake refused with this status says of the key.
    refusals: Mapping[int, type[VenueFailure]] = {}

    def __init__(
        self,
        *,
        credentials: Credentials | None,
        wire: WireSession,
        clock: Clock,
        symbols: Sequence[str] = (),
        listings: Iterable[Listing] = (),
        base_url: str | None = None,
    ) -> None:
        self.credentials, self.wire, self.clock, self.base_url = credentials, wire, clock, base_url
        self.symbols, self.listings = tuple(symbols), tuple(listings)
        self.hide()

    # ---- what an adapter says ----

    @abstractmethod
    def address(self) -> str: ...

    @abstractmethod
    async def openers(self) -> Iterable[dict[str, Any]]:
        """What is said first. Begins a new life: whatever was counted of the last one is forgotten."""

    def content(self, data: str | bytes) -> Any:
        """What a message says; a ValueError where it cannot be read."""
        return exact_json(self.wire.without_secrets(data if isinstance(data, str) else data.decode()))

    @abstractmethod
    def read(self, content: Any) -> Iterator[Any]:
        """The news in one message, Joined among them once everything that was asked for is granted."""

    # ---- what it may use ----

    async def listen(self, heard: Callable[[Any], None]) -> None:
        joined = asyncio.Event()

        def take(data: str | bytes) -> None:
            for one in self._news(data):
                if isinstance(one, Joined):
                    joined.set()
                heard(one)

        try:
            openers = await self.openers()
            async with opened(
                self.address(), take=take, pinged=lambda: heard(Beat()), source=self.wire.source
            ) as socket:
                for number, message in enumerate(openers):
                    if number and self.pace:
                        await asyncio.sleep(self.pace)
                    await socket.send(message)
                await self._granted(joined, socket.ended)
                await socket.ended
        except SocketEnded as error:
            raise self._failure(error) from error

    def hide(self, *more: str) -> None:
        """What opens the account, and more of that kind, is in nothing that is kept, should the venue repeat it."""
        self.wire.hide(*(self.credentials.texts() if self.credentials else ()), *more)

    def fails(self, kind: type[VenueFailure], said: str) -> VenueFailure:
        return kind(f"{self.facts.title} {said}", venue=self.facts.name)

    # ---- within ----

    async def _granted(self, joined: asyncio.Event, ended: "asyncio.Future[None]") -> None:
        waiting = asyncio.ensure_future(joined.wait())
        either: set[asyncio.Future[Any]] = {waiting, ended}
        try:
            done, _ = await asyncio.wait(either, timeout=ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        if not done:
            raise self.fails(NotNow, "did not answer what its socket was asked for.")

    def _news(self, data: str | bytes) -> list[Any]:
        """What one message tells; what cannot be read was missed, whole, and is asked for instead."""
        try:
            return list(self.read(self.content(data)))
        except UNREADABLE as error:
            # The error may quote the message, in which an account's figures stand.
            return [Missed(f"a message that cannot be read ({type(error).__name__})")]

    def _failure(self, ended: SocketEnded) -> VenueFailure:
        if ended.status in _TOO_MANY:
            wait = ended.retry_after if ended.retry_after is not None else _TOO_MANY[ended.status]
            said = f"{self.facts.title} refused a socket with {ended.status}."
            return TooMany(said, venue=self.facts.name, wait=wait, is_ban=ended.status == 418)
        if ended.status is not None and ended.status in self.refusals:
            said = f"{self.facts.title} refused a socket with {ended.status}."
            return self.refusals[ended.status](said, venue=self.facts.name)
        said = f"The socket to {self.facts.title} ended: {ended}"
        return NotNow(said + (f" ({ended.status})." if ended.status else "."), venue=self.facts.name)
