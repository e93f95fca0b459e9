"""What a sandbox keeps in a file beyond its own life: accounts, orders, fills, purses, ledger and the numbers drawn.

It is written behind, five times a second, each time in one transaction with all that changed until one moment: so money
is conserved whenever the process is killed, and a kill loses the last fifth of a second at the most. The crowd, the
tape, ordered faults and the clock's skew are not kept.
"""

import asyncio
import json
import sqlite3
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

from exchanges.sandbox.house import House
from exchanges.sandbox.orders import Account, Placed
from exchanges.sandbox.rows import account_of, account_row, fill_of, fill_row, order_of, order_row, text
from exchanges.sandbox.world import World

_EACH = 0.2
#: Accounts whose words are looked at for changes in each round, beside those whose purses were touched.
_LOOKED_AT = 200
_TABLES = """
create table if not exists facts (name text primary key, body text not null) without rowid;
create table if not exists accounts (venue text, id text, body text not null, primary key (venue, id)) without rowid;
create table if not exists orders (
    venue text, number integer, account text not null, body text not null, primary key (venue, number)
) without rowid;
create table if not exists fills (
    venue text, number integer, n integer, body text not null, primary key (venue, number, n)
) without rowid;
"""

Job = tuple[str, list[tuple[Any, ...]]]


class StrangeFile(Exception):
    """The file is no sandbox's, or another sandbox's."""


class Store:
    """What a wire knows of an account beside its words it says by `kept(account)`, is given back by `adopt`, and when
    all is there again it is told so by `resumed`.
    """

    def __init__(self, path: Path, world: World) -> None:
        self._world = world
        try:
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=2)
            self._file.execute("pragma journal_mode=wal")
            self._file.execute("pragma synchronous=normal")
            self._file.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise StrangeFile(f"{path} cannot be read as a sandbox's file: {error}") from None
        facts = dict(self._file.execute("select name, body from facts"))
        if facts.get("seed", text(world.seed)) != text(world.seed):
            seed = json.loads(facts["seed"])
            raise StrangeFile(f"{path} is of the seed {seed}; start with that seed, or with another file")
        self._facts: dict[str, str] = {}
        #: Taken and not written yet: also when the thread that was to write never began.
        self._due: deque[list[Job]] = deque()
        self._writing = Lock()
        self._houses = [_KeptHouse(name, house, world.wires[name]) for name, house in world.houses.items()]
        for kept in self._houses:
            try:
                self._read(kept, facts)
            except KeyError as missing:
                raise StrangeFile(f"{path} tells of {missing}, which is not here any more; take another file") from None

    async def run(self) -> None:
        """For ever. What is written was taken at one moment; writing it holds nobody up."""
        while True:
            await asyncio.sleep(_EACH)
            self._due.append(self._jobs())
            await asyncio.to_thread(self._write)

    def save(self) -> None:
        self._due.append(self._jobs())
        self._write()

    def close(self) -> None:
        self.save()
        self._file.close()

    # ---- reading ----

    def _read(self, kept: "_KeptHouse", facts: dict[str, str]) -> None:
        house, venue = kept.house, (kept.name,)
        if f"house:{kept.name}" in facts:
            told = json.loads(facts[f"house:{kept.name}"])
            house.number, house.accounts_drawn = told["number"], told["accounts_drawn"]
            for side, counts in told["ledger"].items():
                getattr(house.ledger, side).update(counts)
            for symbol, state in told["markets"].items():
                house.markets[symbol].go_on(state)
        for number, row in self._file.execute("select id, body from accounts where venue = ?", venue):
            account, beside = account_of(number, row)
            house.accounts[number] = account
            kept.adopt(account, beside)
        kept.take_in_orders(
            self._file.execute("select account, body from orders where venue = ? order by number", venue),
            self._file.execute("select number, body from fills where venue = ? order by number, n", venue),
        )
        house.keeper = kept
        kept.wire.resumed()

    # ---- writing ----

    def _jobs(self) -> list[Job]:
        jobs: list[Job] = []
        facts = {"seed": text(self._world.seed)}
        for kept in self._houses:
            facts[f"house:{kept.name}"] = kept.facts()
            jobs += kept.jobs()
        new = [(name, body) for name, body in facts.items() if self._facts.get(name) != body]
        self._facts = facts
        return [*jobs, ("insert or replace into facts values (?, ?)", new)]

    def _write(self) -> None:
        with self._writing:
            while self._due:
                self._write_batch(self._due[0])
                self._due.popleft()

    def _write_batch(self, jobs: list[Job]) -> None:
        if not any(rows for _, rows in jobs):
            return
        self._file.execute("begin immediate")
        try:
            for statement, rows in jobs:
                self._file.executemany(statement, rows)
        except BaseException:
            self._file.execute("rollback")
            raise
        self._file.execute("commit")


class _KeptHouse:
    """One house, and what became of it since it was written last."""

    def __init__(self, name: str, house: House, wire: Any) -> None:
        self.name, self.house, self.wire = name, house, wire
        self._orders: dict[int, Placed] = {}
        self._closed: list[str] = []
        self._forgotten: list[int] = []
        #: By number, how many fills of what may still be filled are written.
        self._fills: dict[int, int] = {}
        #: By account, what was written last.
        self._written: dict[str, int] = {}
        self._changed: set[str] = set()
        self._round: Iterator[str] = iter(())

    # ---- being told ----

    def changed(self, account: Account) -> None:
        self._changed.add(account.id)

    def touched(self, order: Placed) -> None:
        self._orders[order.number] = order
        self._changed.add(order.account.id)

    def forgot(self, order: Placed) -> None:
        self._orders.pop(order.number, None)
        self._fills.pop(order.number, None)
        self._forgotten.append(order.number)

    def closed(self, account: Account) -> None:
        self._closed.append(account.id)
        self._written.pop(account.id, None)
        for order in account.orders.values():
            self.forgot(order)

    # ---- taking back ----

    def adopt(self, account: Account, beside: dict[str, Any]) -> None:
        self.wire.adopt(account, beside)

    def take_in_orders(self, orders: Iterator[tuple[str, str]], fills: Iterator[tuple[int, str]]) -> None:
        house, found, partners, turns = self.house, {}, {}, {}
        for owner, row in orders:
            told = json.loads(row)
            account = house.accounts[owner]
            order = found[told["number"]] = order_of(account, house.markets, told)
            partners[order.number], turns[order.number] = told["partner"], told["turn"] or 0
            account.orders[order.number] = order
            if order.ask.mark:
                account.marks[order.ask.mark] = order.number
        noted: set[tuple[str, int]] = set()
        for number, row in fills:
            order, fill = found[number], fill_of(row)
            order.fills.append(fill)
            self._fills[number] = len(order.fills)
            symbol = order.market.listing.symbol
            if (symbol, fill.number) not in noted:
                noted.add((symbol, fill.number))
                order.market.note_traded(fill.at, fill.price, fill.lots)
        for number, partner in partners.items():
            found[number].partner = found.get(partner)
        stood = [order for order in found.values() if not order.state.is_over]
        for order in sorted(stood, key=lambda one: turns[one.number]):
            house.take_back(order)
            self.touched(order)

    # ---- what is to be written ----

    def facts(self) -> str:
        ledger, house = self.house.ledger, self.house
        return text(
            {
                "number": house.number,
                "accounts_drawn": house.accounts_drawn,
                "ledger": {"crowd": ledger.crowd, "fees": ledger.fees, "outside": ledger.outside},
                "markets": {symbol: market.kept() for symbol, market in house.markets.items() if market.changes},
            }
        )

    def jobs(self) -> list[Job]:
        name = self.name
        orders, fills = [], []
        for number, order in self._orders.items():
            orders.append((name, number, order.account.id, order_row(order)))
            written = self._fills.get(number, 0)
            fills += [(name, number, n, fill_row(order.fills[n])) for n in range(written, len(order.fills))]
            self._fills[number] = len(order.fills)
        gone = [(name, number) for number in self._forgotten]
        accounts = [(name, account.id, row) for account, row in self._new_accounts()]
        closed = [(name, number) for number in self._closed]
        self._orders, self._forgotten, self._closed = {}, [], []
        return [
            # First, for the number of an account that was closed may be another's by now.
            ("delete from accounts where venue = ? and id = ?", closed),
            ("insert or replace into accounts values (?, ?, ?)", accounts),
            ("insert or replace into orders values (?, ?, ?, ?)", orders),
            ("insert or replace into fills values (?, ?, ?, ?)", fills),
            ("delete from orders where venue = ? and number = ?", gone),
            ("delete from fills where venue = ? and number = ?", gone),
        ]

    def _new_accounts(self) -> Iterator[tuple[Account, str]]:
        """Those of which something is otherwise than it was written."""
        accounts = self.house.accounts
        looked_at = list(islice(self._round, _LOOKED_AT))
        if len(looked_at) < _LOOKED_AT:
            self._round = iter(list(accounts))
        touched = [number for number, account in accounts.items() if account.purses.is_touched]
        for number in {*self._changed, *touched, *looked_at}:
            account = accounts.get(number)
            if account is None:
                continue
            account.purses.is_touched = False
            row = account_row(account, self.wire.kept(account))
            if self._written.get(number) != hash(row):
                self._written[number] = hash(row)
                yield account, row
        self._changed = set()
