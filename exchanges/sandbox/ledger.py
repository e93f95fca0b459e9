"""Whose money is where. Nothing comes from nowhere: accounts, crowd, fees and the world outside sum to nought.

Everything is a whole number of atoms.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from exchanges.sandbox.listings import figure


class Short(Exception):
    """There is less than is needed."""

    def __init__(self, asset: str, needed: int, free: int) -> None:
        super().__init__(f"{asset}: {figure(needed)} needed, {figure(free)} free")
        self.asset, self.needed, self.free = asset, needed, free


@dataclass(slots=True)
class Purse:
    """What an account has of one asset."""

    free: int = 0
    held: int = 0


@dataclass(slots=True)
class Purses:
    """What an account has."""

    of: dict[str, Purse] = field(default_factory=dict)
    #: Somebody had one of them in his hand, and may have changed it. Whoever keeps them in a file takes note.
    is_touched: bool = False

    def __getitem__(self, asset: str) -> Purse:
        self.is_touched = True
        purse = self.of.get(asset)
        if purse is None:
            purse = self.of[asset] = Purse()
        return purse

    def __iter__(self) -> Iterator[tuple[str, Purse]]:
        return iter(sorted(self.of.items()))

    def hold(self, asset: str, count: int) -> None:
        purse = self[asset]
        if purse.free < count:
            raise Short(asset, count, purse.free)
        purse.free -= count
        purse.held += count

    def let_go(self, asset: str, count: int) -> None:
        purse = self[asset]
        if purse.held < count:
            raise AssertionError(f"{asset}: {count} to be let go, {purse.held} held")
        purse.held -= count
        purse.free += count

    def spend(self, asset: str, count: int) -> None:
        """Out of what is held."""
        purse = self[asset]
        if purse.held < count:
            raise AssertionError(f"{asset}: {count} to be spent, {purse.held} held")
        purse.held -= count


class Ledger:
    """The other side of every account."""

    def __init__(self) -> None:
        self.crowd: defaultdict[str, int] = defaultdict(int)
        self.fees: defaultdict[str, int] = defaultdict(int)
        #: What was brought in is below nought here.
        self.outside: defaultdict[str, int] = defaultdict(int)

    def bring(self, purses: Purses, asset: str, count: int) -> None:
        """From outside into an account; below nought the other way."""
        purse = purses[asset]
        if purse.free + count < 0:
            raise Short(asset, -count, purse.free)
        purse.free += count
        self.outside[asset] -= count

    def sums(self, accounts: Iterable[Purses]) -> dict[str, int]:
        """By asset, the sum of everything. Each is nought, or the sandbox is wrong."""
        found: defaultdict[str, int] = defaultdict(int)
        for purses in accounts:
            for asset, purse in purses:
                found[asset] += purse.free + purse.held
        for side in (self.crowd, self.fees, self.outside):
            for asset, count in side.items():
                found[asset] += count
        return dict(found)
