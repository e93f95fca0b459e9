"""Money at a broker of shares: cash for shares, which settle a day after the day they were bought on.

kite.trade/docs/connect/v3/portfolio (read 2026-11-21) and NSE's T+1 cycle. What an account has of a share lies in
buckets, assets of its purses: `INFY` settled in the demat account, `INFY:T1` bought yesterday, `INFY:CNC:NSE` bought
today for delivery, `INFY:MIS:NSE` for today alone, below nought when it was sold short. A ledger sums them up as one
share. Fills tell no fee: charges are taken when the day turns. MIS is backed by cash in full, so nothing is ever
lent.
"""

from collections.abc import Iterable

from exchanges.sandbox.kite.estates import Estate, Position
from exchanges.sandbox.ledger import Ledger, Purses, Short
from exchanges.sandbox.listings import ATOMS
from exchanges.sandbox.orders import Account, Placed

CASH = "INR"


class NotHeld(Exception):
    """More was to be sold than is held."""

    def __init__(self, share: str, wanted: int, free: int) -> None:
        super().__init__(share)
        self.share, self.wanted, self.free = share, wanted, free


class NotAllowed(NotHeld):
    """The shares are there, and their going out of the demat account was not allowed today."""


class ShareLedger(Ledger):
    """Buckets of a share are one asset to it."""

    def sums(self, accounts: Iterable[Purses]) -> dict[str, int]:
        found: dict[str, int] = {}
        for asset, count in super().sums(accounts).items():
            share = asset.partition(":")[0]
            found[share] = found.get(share, 0) + count
        return found


def yesterdays(share: str) -> str:
    return f"{share}:T1"


def todays(order_symbol: str, product: str) -> str:
    """The bucket of what was bought today, by listing: NSE:INFY under CNC is INFY:CNC:NSE."""
    exchange, _, share = order_symbol.partition(":")
    return f"{share}:{product}:{exchange}"


class ShareMoney:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._estates: dict[str, Estate] = {}
        #: What is held for an order, by bucket, in the order in which it is used up.
        self._holds: dict[str, dict[str, int]] = {}
        #: How many lots of orders close a position of the day, and so need no cash: by account, symbol and side, and
        #: by order.
        self._closing: dict[tuple[str, str, bool], dict[str, int]] = {}

    def estate(self, account: Account) -> Estate:
        found = self._estates.get(account.id)
        if found is None:
            found = self._estates[account.id] = Estate()
        return found

    def take_back(self, account: Account, estate: Estate) -> None:
        """What it had when an earlier run ended."""
        self._estates[account.id] = estate

    def forget(self, account_id: str) -> None:
        self._estates.pop(account_id, None)

    # ---- what the house asks ----

    def hold(self, order: Placed) -> None:
        purses, left = order.account.purses, order.left
        product = product_of(order)
        if product == "CNC" and not order.ask.is_buy:
            self._holds[order.name] = self._set_aside(order, left)
            order.held_asset, order.held = order.market.listing.base, left * ATOMS
            return
        opening = left
        if product == "MIS":
            closing = min(left, self._can_close(order))
            opening -= closing
            if closing:
                self._closing.setdefault(_way(order), {})[order.name] = closing
        needed = (order.ask.price or 0) * opening * order.market.worth
        try:
            purses.hold(CASH, needed)
        except Short:
            self._close_no_more(order)
            raise
        self._holds[order.name] = {CASH: needed}
        order.held_asset, order.held = CASH, needed

    def settle(self, order: Placed, *, price: int, lots: int, is_maker: bool) -> tuple[str, int]:
        value = price * lots * order.market.worth
        estate = self.estate(order.account)
        position = estate.position(order.market, product_of(order))
        if product_of(order) == "CNC":
            if order.ask.is_buy:
                self._buy(order, lots, value)
            else:
                self._sell(order, estate, lots, value)
        else:
            self._trade_intraday(order, position, lots, value)
        position.add(is_buy=order.ask.is_buy, lots=lots, value=value)
        sign = 1 if order.ask.is_buy else -1
        self._ledger.crowd[CASH] += sign * value
        self._ledger.crowd[order.market.listing.base] -= sign * lots * ATOMS
        return CASH, 0

    def shrink(self, order: Placed, lots: int) -> None:
        holds = self._holds.get(order.name, {})
        for asset, count in reversed(list(holds.items())):
            gone = count * (order.lots - lots) // max(1, order.left)
            order.account.purses.let_go(asset, gone)
            holds[asset] -= gone
            order.held -= gone

    def release(self, order: Placed) -> None:
        for asset, count in self._holds.pop(order.name, {}).items():
            order.account.purses.let_go(asset, count)
        self._close_no_more(order)
        order.held = 0

    # ---- within ----

    def _set_aside(self, order: Placed, lots: int) -> dict[str, int]:
        """Shares for a sale: those bought today, then settled ones, then yesterday's. All of them or none."""
        purses, share = order.account.purses, order.market.listing.base
        estate = self.estate(order.account)
        wanted, locked = lots * ATOMS, 0
        found: dict[str, int] = {}
        for bucket in (todays(order.market.listing.symbol, "CNC"), share, yesterdays(share)):
            free = max(0, purses[bucket].free)
            if bucket == share and estate.asks_leave:
                gone = estate.used.get(share, 0) * ATOMS + purses[share].held
                allowed = max(0, estate.allowed.get(share, 0) * ATOMS - gone)
                locked, free = max(0, free - allowed), min(free, allowed)
            taken = min(free, wanted - sum(found.values()))
            if taken > 0:
                found[bucket] = taken
        missing = wanted - sum(found.values())
        if missing:
            kind = NotAllowed if missing <= locked else NotHeld
            raise kind(share, lots, sum(found.values()) // ATOMS)
        for bucket, count in found.items():
            purses.hold(bucket, count)
        return found

    def _can_close(self, order: Placed) -> int:
        """Lots of a position of the day that an order on this side closes, and that no other order closes yet."""
        net = self.estate(order.account).position(order.market, "MIS").net
        spoken_for = sum(self._closing.get(_way(order), {}).values())
        return max(0, (-net if order.ask.is_buy else net) - spoken_for)

    def _close_no_more(self, order: Placed) -> None:
        closing = self._closing.get(_way(order))
        if closing is not None and closing.pop(order.name, None) is not None and not closing:
            del self._closing[_way(order)]

    def _let_go_share(self, order: Placed, lots: int) -> None:
        """The part of the cash held for an order that these lots of it stand for."""
        holds = self._holds.get(order.name)
        if not holds or CASH not in holds or order.left <= 0:
            return
        part = holds[CASH] * min(lots, order.left) // order.left
        order.account.purses.let_go(CASH, part)
        holds[CASH] -= part
        order.held -= part

    def _buy(self, order: Placed, lots: int, value: int) -> None:
        purses = order.account.purses
        self._let_go_share(order, lots)
        purses[CASH].free -= value
        purses[todays(order.market.listing.symbol, "CNC")].free += lots * ATOMS

    def _sell(self, order: Placed, estate: Estate, lots: int, value: int) -> None:
        purses, share = order.account.purses, order.market.listing.base
        wanted = lots * ATOMS
        holds = self._holds.get(order.name, {})
        for bucket in list(holds):
            gone = min(wanted, holds[bucket])
            purses.spend(bucket, gone)
            holds[bucket] -= gone
            wanted -= gone
            self._note_sold(estate, share, bucket, gone)
        for bucket in (todays(order.market.listing.symbol, "CNC"), yesterdays(share)):
            # A fill that nobody expects any more takes what is free.
            gone = min(wanted, max(0, purses[bucket].free))
            purses[bucket].free -= gone
            wanted -= gone
            self._note_sold(estate, share, bucket, gone)
        purses[share].free -= wanted
        self._note_sold(estate, share, share, wanted)
        order.held = sum(holds.values())
        purses[CASH].free += value

    def _note_sold(self, estate: Estate, share: str, bucket: str, count: int) -> None:
        lots = count // ATOMS
        if bucket == share:
            estate.used[share] = estate.used.get(share, 0) + lots
        elif bucket == yesterdays(share):
            estate.used_yesterdays[share] = estate.used_yesterdays.get(share, 0) + lots

    def _trade_intraday(self, order: Placed, position: Position, lots: int, value: int) -> None:
        purses = order.account.purses
        cash = purses[CASH]
        self._let_go_share(order, lots)
        closing = self._closing.get(_way(order), {})
        if order.name in closing:
            closing[order.name] = max(0, closing[order.name] - lots)
        net = position.net
        if order.ask.is_buy:
            closed = min(lots, max(0, -net))
            if closed:
                freed = position.blocked * closed // -net
                position.blocked -= freed
                purses.let_go(CASH, freed)
            cash.free -= value
        else:
            opened = lots - min(lots, max(0, net))
            brought = value * opened // lots
            cash.free += value
            # What a short sale brings stays with the broker, and as much again for it to be bought back.
            blocked = min(max(0, cash.free), 2 * brought)
            purses.hold(CASH, blocked)
            position.blocked += blocked
        sign = 1 if order.ask.is_buy else -1
        purses[todays(order.market.listing.symbol, "MIS")].free += sign * lots * ATOMS

    # ---- what the portfolio asks ----

    def convert(self, account: Account, position: Position, lots: int, new_product: str) -> None:
        """Moves bought lots of a position to another product, at what they cost on average."""
        estate, symbol = self.estate(account), position.market.listing.symbol
        bucket = account.purses[todays(symbol, position.product)]
        if bucket.free < lots * ATOMS or position.net < lots:
            raise NotHeld(position.market.listing.base, lots, max(0, bucket.free) // ATOMS)
        value = position.buy_value * lots // position.buy_lots
        position.add(is_buy=True, lots=-lots, value=-value)
        estate.position(position.market, new_product).add(is_buy=True, lots=lots, value=value)
        bucket.free -= lots * ATOMS
        account.purses[todays(symbol, new_product)].free += lots * ATOMS

    def turn(self, account: Account, charges: int) -> None:
        """The day is over: charges are paid, yesterday's shares are settled, today's become yesterday's."""
        estate, purses = self.estate(account), account.purses
        purses[CASH].free -= charges
        self._ledger.fees[CASH] += charges
        shares = {position.market.listing.base for position in estate.positions.values()}
        shares |= {asset.partition(":")[0] for asset, _ in purses if asset.endswith(":T1")}
        for share in sorted(shares):
            self._deliver(estate, purses, yesterdays(share), share)
        for position in estate.positions.values():
            if position.product == "CNC" and position.buy_lots:
                bucket = todays(position.market.listing.symbol, "CNC")
                estate.averages[bucket] = position.buy_value // position.buy_lots
                self._deliver(estate, purses, bucket, yesterdays(position.market.listing.base))
        estate.positions.clear()
        estate.used.clear()
        estate.used_yesterdays.clear()
        estate.allowed.clear()
        estate.opening_cash = purses[CASH].free + purses[CASH].held

    def _deliver(self, estate: Estate, purses: Purses, out: str, into: str) -> None:
        count, there = purses[out].free, purses[into].free + purses[into].held
        if count:
            before = estate.averages.get(into, estate.averages.get(out, 0)) * max(0, there)
            after = max(1, max(0, there) + count)
            estate.averages[into] = (before + estate.averages.get(out, 0) * count) // after
            purses[out].free -= count
            purses[into].free += count
        estate.averages.pop(out, None)


def _way(order: Placed) -> tuple[str, str, bool]:
    return order.account.id, order.market.listing.symbol, order.ask.is_buy


def product_of(order: Placed) -> str:
    return str(order.ask.words.get("product", "CNC"))
