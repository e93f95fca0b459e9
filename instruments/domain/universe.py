"""Which instruments are meant: a set of bounds that a page, a program or an automation may ask for alike."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from instruments.domain.listings import Kind


@dataclass(frozen=True, slots=True)
class Universe:
    """Empty: all that is listed. A bound on a figure leaves out whatever it is not known of."""

    kinds: frozenset[Kind] = frozenset()
    #: Of these venues, by their own listings there; none named: each instrument by its home listing.
    venues: frozenset[str] = frozenset()
    quotes: frozenset[str] = frozenset()
    tradable: bool = False
    with_gone: bool = False
    price_least: Decimal | None = None
    price_most: Decimal | None = None
    #: In the quote currency, of the last day that is over.
    turnover_least: float | None = None
    #: A part of the price: 0.001 is a tenth of a percent.
    spread_most: float | None = None
    volatility_least: float | None = None
    volatility_most: float | None = None
    #: By the first bar that is known.
    days_least: int | None = None

    @property
    def is_everything(self) -> bool:
        return self == Universe()

    def traded_by(self, today: dt.date) -> dt.date | None:
        return None if self.days_least is None else today - dt.timedelta(days=self.days_least)
