"""The house of shares: fifteen listings of NSE, two of them at BSE too, and an index. All prices are SYNTHETIC."""

import csv
from decimal import Decimal
from importlib.resources import files

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.house import House
from exchanges.sandbox.kite.money import CASH, ShareLedger, ShareMoney
from exchanges.sandbox.listings import Listing
from exchanges.sandbox.market import Market
from exchanges.sandbox.series import MadeDays, Series
from exchanges.sandbox.sessions import Sessions


def kite_house(seed: str, clock: Clock, sessions: Sessions) -> House:
    ledger = ShareLedger()
    ways: dict[str, Series] = {}
    markets = [_market(row, seed, sessions, ways) for row in _rows()]
    return House(markets=markets, money=ShareMoney(ledger), ledger=ledger, clock=clock)


def _market(row: dict[str, str], seed: str, sessions: Sessions, ways: dict[str, Series]) -> Market:
    """A share has one price, wherever it is listed; the crowds differ."""
    symbol = row["symbol"]
    if symbol not in ways:
        days = MadeDays(
            seed=f"{seed}:{symbol}", price=float(row["price"]), daily=float(row["daily"]), volume=float(row["volume"])
        )
        ways[symbol] = Series(days=days, sessions=sessions, seed=f"{seed}:{symbol}")
    listing = Listing(
        symbol=f"{row['exchange']}:{symbol}",
        base=symbol,
        quote=CASH,
        tick=Decimal(row["tick"]),
        lot=Decimal(1),
        spread=float(row["spread"]),
        level=int(row["level"]),
        facts={
            "exchange": row["exchange"],
            "symbol": symbol,
            "token": int(row["token"]),
            "isin": row["isin"],
            "name": row["name"],
            "is_index": row["kind"] == "INDEX",
            "freeze": int(row["freeze"]),
            "is_intraday": row["intraday"] == "yes",
        },
    )
    return Market(listing, ways[symbol], seed=seed)


def _rows() -> list[dict[str, str]]:
    text = files("exchanges.sandbox.data").joinpath("shares.csv").read_text()
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
