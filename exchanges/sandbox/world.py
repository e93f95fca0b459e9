"""The whole sandbox: its clock, its faults, its venues and their markets, made from a seed."""

import csv
import datetime as dt
from decimal import Decimal
from importlib.resources import files

from exchanges.sandbox.binance.wire import BinanceWire
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.control import ControlWire
from exchanges.sandbox.faults import Faults
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.wire import KiteWire
from exchanges.sandbox.kite.world import kite_house
from exchanges.sandbox.ledger import Ledger
from exchanges.sandbox.listings import Listing
from exchanges.sandbox.market import Market
from exchanges.sandbox.page.wire import PageWire
from exchanges.sandbox.series import Days, MadeDays, ReplayedDays, Series
from exchanges.sandbox.server import Server
from exchanges.sandbox.sessions import AlwaysOpen, Sessions
from exchanges.sandbox.spot_money import SpotMoney

#: The replayed days end in the year after this was written; then they go round.
_REPLAY_BEGINS = dt.date(2024, 1, 19)
IST = 19_800_000


class World:
    """`sessions`: when shares are traded; coins always are."""

    def __init__(
        self, *, seed: str = "plumbline", clock: Clock | None = None, sessions: Sessions | None = None
    ) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.faults = Faults(self.clock)
        self.binance = _spot_house(seed, self.clock)
        self.has_given_sessions = sessions is not None
        self.kite = kite_house(seed, self.clock, sessions or AlwaysOpen(offset=IST))
        self.houses = {"binance": self.binance, "kite": self.kite}
        speaking = (
            BinanceWire(house=self.binance, clock=self.clock, faults=self.faults, seed=seed),
            KiteWire(house=self.kite, clock=self.clock, faults=self.faults, seed=seed),
        )
        self.wires = {wire.name: wire for wire in speaking}
        control = ControlWire(world=self)
        self.server = Server(
            # Control comes first, and Kite last: it owns the root of all paths.
            wires=[control, PageWire(clock=self.clock), *speaking],
            faults=self.faults,
            clock=self.clock,
            tick=self.tick,
        )

    def tick(self) -> None:
        for house in self.houses.values():
            house.tick()

    def sums(self) -> dict[str, int]:
        """By venue and asset, what all that is anywhere sums to: nought, or the sandbox is wrong."""
        found = {}
        for name, house in self.houses.items():
            for asset, count in house.ledger.sums(house.all_purses()).items():
                found[f"{name}:{asset}"] = count
        return found


def _spot_house(seed: str, clock: Clock) -> House:
    ledger = Ledger()
    markets = [_coin_market(row, seed) for row in rows_of("coins")]
    return House(markets=markets, money=SpotMoney(ledger), ledger=ledger, clock=clock)


def _coin_market(row: dict[str, str], seed: str) -> Market:
    symbol = row["base"] + row["quote"]
    listing = Listing(
        symbol=symbol,
        base=row["base"],
        quote=row["quote"],
        tick=Decimal(row["tick"]),
        lot=Decimal(row["lot"]),
        spread=float(row["spread"]),
        level=int(row["level"]),
        facts={"most": Decimal(row["most"]), "notional": Decimal(row["notional"])},
    )
    series = Series(days=_coin_days(row, f"{seed}:{symbol}"), sessions=AlwaysOpen(), seed=f"{seed}:{symbol}")
    return Market(listing, series, seed=seed)


def _coin_days(row: dict[str, str], seed: str) -> Days:
    if not row["price"]:
        return ReplayedDays("btcusd", first=_REPLAY_BEGINS, origin="BTC/USD at Coinbase from 2015-01-19")
    return MadeDays(seed=seed, price=float(row["price"]), daily=float(row["daily"]), volume=float(row["volume"]))


def rows_of(name: str) -> list[dict[str, str]]:
    """A table of `data/`, without its head of remarks."""
    text = files("exchanges.sandbox.data").joinpath(f"{name}.csv").read_text()
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
