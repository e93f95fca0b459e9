"""Figures as Kite's JSON has them: whole ones without a point, others with as many places as are needed."""

from decimal import Decimal

from exchanges.sandbox.listings import ATOMS, figure
from exchanges.sandbox.market import Market

Number = int | float
_PLACES = Decimal("0.000001")


def number(value: Decimal) -> Number:
    whole = int(value)
    return whole if whole == value else float(value)


def rupees(atoms: int) -> Number:
    """Money, to a millionth of a rupee."""
    whole, rest = divmod(atoms, ATOMS)
    return float(figure(atoms).quantize(_PLACES)) if rest else whole


def price(market: Market, ticks: int) -> Number:
    return number(market.listing.tick * ticks)


def ticks_of(market: Market, value: float) -> int:
    """The nearest step of price."""
    return max(1, round(value / float(market.listing.tick)))


def paise(market: Market, ticks: int) -> int:
    return int(market.listing.tick * ticks * 100)


def last_ticks(market: Market, now: int) -> int:
    """The last price; of a market that nobody has seen open yet, what its series says."""
    return market.last or ticks_of(market, market.series.price(now))
