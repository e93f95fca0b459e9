"""What a venue's socket tells, in its order. News are never the only word: what was missed is asked for."""

import datetime as dt
from dataclasses import dataclass

from exchanges.domain.market import Book, Ticker
from exchanges.domain.reports import FillReport, OrderReport


@dataclass(frozen=True, slots=True)
class Joined:
    """From now on everything is told. What happened before, since the last news, is to be asked for."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The socket lives, and has nothing to say."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The venue's own count shows that news are missing: they are to be asked for."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Something became of an order, and this word alone does not prove what: it is to be asked for."""

    venue_id: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the account holds changed, by an order or without one: it is to be asked for."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The venue says that it ends this socket at this moment."""

    at: dt.datetime | None


PriceNews = Joined | Beat | Missed | Closing | Ticker | Book
#: A socket that carries prices and orders tells both.
FillNews = Joined | Beat | Missed | Closing | Hint | Moved | OrderReport | FillReport | Ticker | Book
