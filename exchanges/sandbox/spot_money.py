"""Money at a spot venue: a coin for a coin at once, and the fee out of what is received.

binance/binance-spot-api-docs a5e0bc3 (2026-07-21), faqs/commission_faq.md: the commission is taken from what the side
receives, cut to the asset's commission precision.
"""

from exchanges.sandbox.ledger import Ledger
from exchanges.sandbox.orders import Placed

#: Rates are in millionths.
_MILLION = 1_000_000
#: A commission has eight places.
_PLACE = 10**10


class SpotMoney:
    def __init__(self, ledger: Ledger, *, maker: int = 1_000, taker: int = 1_000) -> None:
        self._ledger = ledger
        self.maker, self.taker = maker, taker

    def hold(self, order: Placed) -> None:
        asset, count = self._needs(order, order.lots)
        order.account.purses.hold(asset, count)
        order.held_asset, order.held = asset, count

    def settle(self, order: Placed, *, price: int, lots: int, is_maker: bool) -> tuple[str, int]:
        listing, purses, crowd = order.market.listing, order.account.purses, self._ledger.crowd
        cost, coins = price * lots * order.market.worth, lots * order.market.lot_atoms
        given, received = (cost, coins) if order.ask.is_buy else (coins, cost)
        out, into = (listing.quote, listing.base) if order.ask.is_buy else (listing.base, listing.quote)
        fee = received * (self.maker if is_maker else self.taker) // _MILLION // _PLACE * _PLACE
        self._pay(order, out, given, self._needs(order, lots)[1] if order.ask.amount is None else given)
        purses[into].free += received - fee
        crowd[out] += given
        crowd[into] -= received
        self._ledger.fees[into] += fee
        return into, fee

    def shrink(self, order: Placed, lots: int) -> None:
        asset, count = self._needs(order, order.lots - lots)
        count = min(count, order.held)
        order.account.purses.let_go(asset, count)
        order.held -= count

    def release(self, order: Placed) -> None:
        if order.held:
            order.account.purses.let_go(order.held_asset, order.held)
            order.held = 0

    def _needs(self, order: Placed, lots: int) -> tuple[str, int]:
        """What is held for so many lots of it."""
        listing, ask = order.market.listing, order.ask
        if not ask.is_buy:
            return listing.base, (lots if ask.amount is None else order.foreseen) * order.market.lot_atoms
        if ask.amount is not None:
            return listing.quote, ask.amount
        return listing.quote, (ask.price or order.cap or 0) * lots * order.market.worth

    def _pay(self, order: Placed, asset: str, given: int, planned: int) -> None:
        """Out of what is held; what was planned and is not needed is free again."""
        purses = order.account.purses
        planned = max(given, planned)
        missing = planned - order.held
        if missing > 0:
            # A fill that nobody expects any more, or one after a partner took over: out of what is free.
            missing = min(missing, max(given - order.held, 0))
            purses.hold(asset, missing)
            order.held += missing
            planned = order.held
        purses.spend(asset, given)
        purses.let_go(asset, planned - given)
        order.held -= planned
