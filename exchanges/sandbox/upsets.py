"""Faults of a whole venue that are done at once, whichever it is: sockets closed, a clock that is off, a symbol gone, a
price that jumps.
"""

from collections.abc import Callable

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.faults import Fault, Faults, UnknownFault
from exchanges.sandbox.house import House
from exchanges.sandbox.market import Market

_MOST_SECONDS = 366 * 86_400


class Upsets:
    """`close` ends the sockets of an account, or of all. `names`: by which names a market is meant."""

    def __init__(
        self,
        *,
        venue: str,
        faults: Faults,
        house: House,
        clock: Clock,
        close: Callable[[str | None], None],
        names: Callable[[Market], set[str]],
    ) -> None:
        self._venue, self._house, self._clock, self._names = venue, house, clock, names
        for name, do in (
            ("closed", lambda fault: close(fault.account)),
            ("clock_offset", self._offset),
            ("delisted", self._delist),
            ("spike", self._spike),
        ):
            faults.hear(name, venue, do)

    def _offset(self, fault: Fault) -> None:
        self._clock.skew = self._clock.milliseconds(_within(fault, "by", -_MOST_SECONDS, _MOST_SECONDS))

    def _delist(self, fault: Fault) -> None:
        for market in self._meant(fault):
            self._house.halt(market)

    def _spike(self, fault: Fault) -> None:
        now, factor = self._clock.now(), _within(fault, "factor", 0.01, 100)
        ends = now + self._clock.milliseconds(_within(fault, "seconds", 0, _MOST_SECONDS))
        # Two markets may follow one price.
        for series in {id(market.series): market.series for market in self._meant(fault)}.values():
            series.spikes.append((now, ends, factor))

    def _meant(self, fault: Fault) -> list[Market]:
        """None where another venue's symbol may be meant."""
        symbol = str(fault.given["symbol"])
        found = [market for market in self._house.markets.values() if symbol in self._names(market)]
        if not found and fault.venue == self._venue:
            raise UnknownFault(f"{self._venue} lists no {symbol or 'symbol without a name'}")
        return found


def _within(fault: Fault, name: str, least: float, most: float) -> float:
    found = float(fault.given[name])
    if not least <= found <= most:
        raise UnknownFault(f"{name} is from {least:g} to {most:g}")
    return found
