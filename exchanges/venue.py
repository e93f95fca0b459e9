"""The one protocol of every venue: what may be asked of it, and what comes back.

An adapter knows the wire and nothing else: no table, no workspace, no clock of its own. It is made for one account,
with a base address, a clock and a transport, and asks only what its facts declare; anything else raises NotOffered.

What changes something answers with an outcome and never raises; what asks raises one of `domain.failures`.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.holdings import Balance, Holding, Margin, Position
from exchanges.domain.market import Book, Listing, Ticker
from exchanges.domain.news import FillNews, PriceNews
from exchanges.domain.orders import Change, OrderRef, OrderRequest
from exchanges.domain.outcomes import CommandOutcome, Lookup, Outcome, Several
from exchanges.domain.reports import FillReport, OrderReport
from exchanges.domain.rights import KeyRights
from instruments.domain.candles import Candle
from kernel.encryption.secret import Secret

Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens the account: the fields of the venue's scheme by name, and the token of a login."""

    fields: dict[str, Secret]
    token: Secret | None = None
    token_ends_at: dt.datetime | None = None
    #: Under one login there may be several accounts.
    account: str = ""

    def reveal(self, name: str) -> str:
        return self.fields[name].reveal()

    def is_logged_in(self, *, now: dt.datetime) -> bool:
        """False when there is no token, or its end has come: a dead one is not shown to the venue."""
        return self.token is not None and (self.token_ends_at is None or self.token_ends_at > now)

    def texts(self) -> list[str]:
        """Everything that must stand in no text that is kept."""
        return [one.reveal() for one in (*self.fields.values(), self.token) if one is not None]


class Venue(Protocol):
    """One account at one venue."""

    facts: VenueFacts

    # ---- what changes something: sent once, classified, never repeated ----

    def place(self, order: OrderRequest) -> Outcome | Several: ...

    def cancel(self, order: OrderRef) -> CommandOutcome: ...

    def modify(self, order: OrderRef, change: Change) -> CommandOutcome: ...

    # ---- what became of it ----

    def find(self, order: OrderRef) -> Lookup: ...

    def open_orders(self) -> Sequence[OrderReport]: ...

    def orders_since(self, since: dt.datetime, symbol: str) -> Sequence[OrderReport]: ...

    def trades_since(self, since: dt.datetime, symbol: str) -> Sequence[FillReport]: ...

    # ---- what the account holds ----

    def balances(self) -> Sequence[Balance]: ...

    def holdings(self) -> Sequence[Holding]: ...

    def positions(self) -> Sequence[Position]: ...

    def margins(self) -> Sequence[Margin]: ...

    def rights(self) -> KeyRights: ...

    # ---- the market ----

    def listings(self) -> Sequence[Listing]: ...

    def ticker(self, symbol: str) -> Ticker: ...

    def book(self, symbol: str, depth: int) -> Book: ...

    def candles(self, symbol: str, interval: str, since: dt.datetime, at_most: int) -> Sequence[Candle]: ...

    def clock(self) -> dt.datetime: ...


@dataclass(frozen=True, slots=True)
class Login:
    """What a person's login in a browser gave: a token, whose it is, and until when it lives."""

    token: Secret
    account: str
    holder: str
    ends_at: dt.datetime | None


class BrowserLogin(Protocol):
    """A venue where a person fetches the token in a browser."""

    def login_address(self, *, state: str) -> str: ...

    def finish_login(self, answer: dict[str, str]) -> Login: ...


class PriceStream(Protocol):
    """One socket to a venue that tells prices of some symbols; no account is needed where the venue needs none.

    Made with the keywords `credentials`, `symbols`, `listings`, `wire`, `clock` and `base_url`. What comes and cannot
    be read is told as Missed, and never guessed.
    """

    facts: VenueFacts

    async def listen(self, heard: Callable[[PriceNews], None]) -> None:
        """Connects, subscribes, and tells until the socket ends, which is a VenueFailure. Who runs it connects again,
        and asks for what was missed; cancelled, it closes the socket. `heard` does not wait.
        """


class FillStream(Protocol):
    """One socket that tells what becomes of the orders of one account. Made with the same keywords.

    Where the venue's facts say that its stream is shared, this one is given the symbols too, and tells their Tickers.
    """

    facts: VenueFacts

    async def listen(self, heard: Callable[[FillNews], None]) -> None: ...
