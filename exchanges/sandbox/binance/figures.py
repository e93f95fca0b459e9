"""Figures as Binance writes them: strings with eight places.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), rest-api.md: the samples of all endpoints.
"""

from exchanges.sandbox.market import Market

#: Atoms have eighteen places, the wire eight.
_CUT = 10**10
_WHOLE = 10**8
ZERO = "0.00000000"


def eight(atoms: int) -> str:
    """Cut, not rounded; below nought with its sign."""
    if atoms < 0:
        return f"-{eight(-atoms)}"
    places = atoms // _CUT
    return f"{places // _WHOLE}.{places % _WHOLE:08d}"


def price(market: Market, ticks: int) -> str:
    return eight(ticks * market.listing.tick_atoms)


def lots(market: Market, count: int) -> str:
    return eight(count * market.lot_atoms)


def ticked(market: Market, figure: float) -> str:
    """A price of the series, on the listing's grid."""
    return price(market, max(1, round(figure / float(market.listing.tick))))


def counted(figure: float) -> str:
    return f"{figure:.8f}"
