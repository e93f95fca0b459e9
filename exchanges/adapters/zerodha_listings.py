"""Zerodha's catalogue: a hundred thousand lines of CSV, each made a listing when it is looked at and not before."""

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import overload

from exchanges.adapters.zerodha_words import CURRENCY, symbol_of
from exchanges.domain.failures import Contradiction
from exchanges.domain.market import Listing
from exchanges.domain.venues.zerodha import ZERODHA
from instruments.domain.rules import Steps, TradingRules

_COLUMNS = {
    "instrument_token",
    "exchange_token",
    "tradingsymbol",
    "name",
    "expiry",
    "strike",
    "tick_size",
    "lot_size",
    "instrument_type",
    "segment",
    "exchange",
}
#: Their prices are told, and nobody can buy them.
_INDICES = "INDICES"


class Listings(Sequence[Listing]):
    """The lines of the catalogue. One that cannot be read is a Contradiction when its turn comes."""

    def __init__(self, text: str) -> None:
        # Not splitlines: it breaks lines at signs that a name may hold.
        header, *self._lines = [line.rstrip("\r") for line in text.rstrip().split("\n")]
        self._columns = _cells(header)
        missing = _COLUMNS - set(self._columns)
        if missing or not self._lines:
            raise ValueError(f"the catalogue has {len(self._lines)} lines and lacks the columns {sorted(missing)}")

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[Listing]:
        return map(self._listing, self._lines)

    @overload
    def __getitem__(self, at: int) -> Listing: ...

    @overload
    def __getitem__(self, at: slice) -> list[Listing]: ...

    def __getitem__(self, at: int | slice) -> Listing | list[Listing]:
        if isinstance(at, slice):
            return [self._listing(line) for line in self._lines[at]]
        return self._listing(self._lines[at])

    def _listing(self, line: str) -> Listing:
        try:
            return _listing_of(dict(zip(self._columns, _cells(line), strict=True)))
        except (ValueError, TypeError, ArithmeticError) as error:
            said = f"{ZERODHA.title}'s catalogue has a line that cannot be read: {error}: {line[:200]!r}"
            raise Contradiction(said, venue=ZERODHA.name) from error


def _cells(line: str) -> list[str]:
    try:
        [cells] = csv.reader([line], strict=True)
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return cells


def _listing_of(one: dict[str, str]) -> Listing:
    tick, lot = Decimal(one["tick_size"]), Decimal(one["lot_size"])
    exchange = one["exchange"]
    # An exchange that nobody here knows shuts this listing, and no other.
    is_tradable = exchange in ZERODHA.segments and one["segment"] != _INDICES and tick > 0 and lot > 0
    return Listing(
        symbol=symbol_of(one),
        base=one["tradingsymbol"],
        quote=CURRENCY,
        segment=exchange,
        is_tradable=is_tradable,
        rules=TradingRules(
            price=Steps(tick, tick) if tick > 0 else Steps(),
            quantity=Steps(lot, lot) if lot > 0 else Steps(),
        ),
        name=one["name"],
        facts={
            "token": str(int(one["instrument_token"])),
            "exchange_token": one["exchange_token"],
            "type": one["instrument_type"],
            "segment": one["segment"],
            "expiry": one["expiry"],
            "strike": one["strike"] if Decimal(one["strike"] or 0) > 0 else "",
            "lot": one["lot_size"],
        },
        raw=one,
    )
