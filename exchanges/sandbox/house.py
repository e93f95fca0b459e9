"""One venue's engine room: accounts, orders, and the money that moves between them. It knows no wire."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from exchanges.domain.matching import Ended, Event, Number, Order, Rested, Slept, Stay, Trade, Why, Woke
from exchanges.sandbox.clock import Clock
from exchanges.sandbox.ledger import Ledger, Purses
from exchanges.sandbox.market import Market
from exchanges.sandbox.orders import Account, Ask, Fill, Happened, Happening, Placed, State
from exchanges.sandbox.terms import Halted, Keeper, Money, TooMany, WouldTake, WouldWake

__all__ = ["Halted", "House", "Keeper", "Money", "TooMany", "WouldTake", "WouldWake"]

#: Orders that are over and still told of an account; a venue forgets too.
_REMEMBERED = 5_000
_MOST_ACCOUNTS = 10_000
#: How far beyond its trigger a stop that buys at the market's price goes, in percent.
_BEYOND_TRIGGER = 2


class House:
    def __init__(self, *, markets: Iterable[Market], money: Money, ledger: Ledger, clock: Clock) -> None:
        self.markets = {market.listing.symbol: market for market in markets}
        self.money, self.ledger, self.clock = money, ledger, clock
        self.accounts: dict[str, Account] = {}
        #: Told what becomes of every order, as it happens.
        self.listeners: list[Callable[[Happened], None]] = []
        #: Told what is brought into an account from outside: asset and atoms.
        self.on_brought: list[Callable[[Account, str, int], None]] = []
        #: Markets that somebody watches, each with how many do.
        self.watched: dict[str, int] = {}
        self._standing: dict[str, Placed] = {}
        self._standing_in: dict[str, int] = dict.fromkeys(self.markets, 0)
        #: The numbers that were given last.
        self.number = 0
        self.accounts_drawn = 0
        #: Told what is to be kept beyond this run, if anything is.
        self.keeper: Keeper | None = None

    # ---- accounts ----

    def draw_account(self) -> str:
        """A number that no account ever had."""
        self.accounts_drawn += 1
        return str(self.accounts_drawn)

    def open_account(self, number: str, *, name: str, balances: dict[str, int]) -> Account:
        if len(self.accounts) >= _MOST_ACCOUNTS:
            raise TooMany(f"{_MOST_ACCOUNTS} accounts are open; close some")
        if number in self.accounts:
            raise ValueError(f"there is an account {number}")
        account = self.accounts[number] = Account(number, name, self.clock.now())
        for asset, brought in balances.items():
            self.bring(account, asset, brought)
        return account

    def bring(self, account: Account, asset: str, brought: int) -> None:
        self.ledger.bring(account.purses, asset, brought)
        account.changed_at = self.clock.told()
        if self.keeper is not None:
            self.keeper.changed(account)
        for told in self.on_brought:
            told(account, asset, brought)

    def close_account(self, account: Account) -> None:
        for order in list(account.standing.values()):
            self.cancel(order)
        for asset, purse in account.purses:
            # What still backs a position goes out with the rest.
            purse.free, purse.held = purse.free + purse.held, 0
            self.ledger.bring(account.purses, asset, -purse.free)
        del self.accounts[account.id]
        if self.keeper is not None:
            self.keeper.closed(account)

    def all_purses(self) -> Iterable[Purses]:
        return (account.purses for account in self.accounts.values())

    def take_back(self, order: Placed) -> None:
        """What stood when an earlier run ended stands again, behind those that were taken back before."""
        self._stand(order)
        asked = self._in_the_book(order)
        # One that woke does not sleep again.
        order.market.matching.submit(asked if order.is_asleep else replace(asked, trigger=None))

    # ---- time ----

    def tick(self) -> None:
        """Moves every market that somebody watches or waits in."""
        for symbol, market in self.markets.items():
            if self._standing_in[symbol] or self.watched.get(symbol):
                self.look(market)

    def look(self, market: Market) -> Market:
        """The market as it is now."""
        now = self.clock.now()
        is_waited_for = bool(self._standing_in[market.listing.symbol])
        self._take_in(market.look(now, is_waited_for=is_waited_for))
        return market

    # ---- orders ----

    def place(self, account: Account, market: Market, ask: Ask, *, at_most: int | None = None) -> Placed:
        """Takes an order, or raises: Short, WouldTake, WouldWake, Halted. What it meets at once it has met.

        `at_most`: the book gets no more lots of it than these, which faults want.
        """
        self.look(market)
        order = self._made(account, market, ask)
        self.money.hold(order)
        self._enter(order, at_most=at_most)
        return order

    def place_pair(self, account: Account, market: Market, first: Ask, second: Ask) -> tuple[Placed, Placed]:
        """Two of which one cancels the other. Both are taken or none; both sell or buy the same, which is held once."""
        self.look(market)
        one, other = self._made(account, market, first), self._made(account, market, second)
        # What the dearer one holds serves for both: only one of them will be filled.
        self.money.hold(max(one, other, key=_cost))
        one.partner, other.partner = other, one
        self._enter(one, other)
        return one, other

    def cancel(self, order: Placed, *, kind: Happening = Happening.CANCELLED) -> bool:
        """False when it was over already: somebody was faster."""
        if order.state.is_over:
            return False
        order.market.matching.cancel(order.name)
        self._end(order, kind)
        if order.partner is not None and not order.partner.state.is_over:
            self.cancel(order.partner, kind=kind)
        return True

    def reduce(self, order: Placed, lots: int) -> bool:
        """To so many lots in all, keeping its place. False when it cannot be."""
        if order.state.is_over or not order.filled < lots < order.lots:
            return False
        if order.is_asleep or not order.market.matching.reduce(order.name, lots - order.filled):
            return False
        if order.partner is None or order.partner.state.is_over:
            # Else it is held for the other one too.
            self.money.shrink(order, lots)
        order.lots, order.changed_at = lots, self.clock.told()
        self._tell(Happening.CHANGED, order)
        return True

    def change(self, order: Placed, ask: Ask) -> bool:
        """Another price, count or trigger under the same number; it queues anew. False when it cannot be.

        Raises as `place` does, and then it stands as it stood. What its money holds for it must be reckoned by `left`.
        """
        market = order.market
        self.look(market)
        if order.state.is_over or ask.lots <= order.filled:
            return False
        if order.ask.trigger is not None and not order.is_asleep:
            # It woke already, and does not go to sleep again.
            ask = replace(ask, trigger=None)
        self._check_trigger(market, ask)
        was = order.ask, order.lots
        market.matching.cancel(order.name)
        self.money.release(order)
        try:
            self._set(order, ask, ask.lots)
            self.money.hold(order)
        except Exception:
            self._set(order, *was)
            self.money.hold(order)
            self._take_in(market.matching.submit(self._in_the_book(order)), market=market)
            raise
        order.changed_at = self.clock.told()
        self._tell(Happening.CHANGED, order)
        self._take_in(market.matching.submit(self._in_the_book(order)), market=market)
        return True

    def fill_outside(self, order: Placed, lots: int, *, price: int | None = None) -> Fill:
        """A fill without a counterpart in the book, against the crowd: what faults do."""
        lots = min(lots, order.left)
        if lots < 1:
            raise ValueError(f"nothing of order {order.number} is left to be filled")
        market, at = order.market, price or order.ask.price or order.market.last
        if order.state.is_over:
            pass
        elif order.left > lots:
            market.matching.reduce(order.name, order.left - lots)
        else:
            market.matching.cancel(order.name)
        trade = Trade(market.matching.draw_number(), at, lots, "", order.name, not order.ask.is_buy)
        market.note([trade], self.clock.now())
        return self._fill(order, number=trade.number, price=at, lots=lots, is_maker=True)

    def expire(self, order: Placed) -> None:
        """By the venue's own will."""
        self.cancel(order, kind=Happening.EXPIRED)

    def halt(self, market: Market) -> None:
        """Delisted: nothing is traded here any more, and what stands expires."""
        for order in [one for one in self._standing.values() if one.market is market]:
            self.expire(order)
        market.is_halted = True

    # ---- within ----

    def _made(self, account: Account, market: Market, ask: Ask) -> Placed:
        """Checked and numbered; neither paid for nor in the book yet."""
        if market.is_halted:
            raise Halted(market.listing.symbol)
        matching = market.matching
        self._check_trigger(market, ask)
        best = matching.ask if ask.is_buy else matching.bid
        if ask.is_maker_only and best is not None and _crosses(ask, best):
            raise WouldTake
        told = self.clock.told()
        self.number += 1
        order = Placed(
            number=self.number,
            account=account,
            market=market,
            ask=ask,
            arrived_at=self.clock.now(),
            placed_at=told,
            changed_at=told,
            lots=ask.lots,
            is_asleep=ask.trigger is not None,
        )
        order.cap = self._cap(order)
        return order

    def _check_trigger(self, market: Market, ask: Ask) -> None:
        last = market.matching.last
        if ask.trigger is None or last is None:
            return
        if last >= ask.trigger if ask.wakes_rising else last <= ask.trigger:
            raise WouldWake

    def _set(self, order: Placed, ask: Ask, lots: int) -> None:
        order.ask, order.lots, order.is_asleep = ask, lots, ask.trigger is not None
        order.cap = self._cap(order)

    def _cap(self, order: Placed) -> int | None:
        """The worst price that an order without a limit will take, in ticks; None when it has one or the book is empty.

        What is held for it is reckoned with this price, so that its trades never cost more than there is.
        """
        ask = order.ask
        if ask.price is not None and ask.amount is None:
            return None
        if ask.trigger is not None:
            return ask.trigger + (ask.trigger * _BEYOND_TRIGGER // 100 if ask.is_buy else 0)
        worst, order.foreseen = None, 0
        for price, lots in order.market.matching.foresee(self._in_the_book(order)):
            worst = int(price)
            order.foreseen += int(lots)
        return worst

    def _enter(self, *orders: Placed, at_most: int | None = None) -> None:
        for order in orders:
            account = order.account
            account.orders[order.number] = order
            if order.ask.mark:
                account.marks[order.ask.mark] = order.number
            self._stand(order)
            if not order.is_asleep:
                order.working_at = order.placed_at
            self._tell(Happening.NEW, order)
        for order in orders:
            # A fault may have ended it, or the first of a pair was met at once and ended the second.
            if not order.state.is_over:
                self._take_in(order.market.matching.submit(self._in_the_book(order, at_most)), market=order.market)
        if len(account.orders) > _REMEMBERED + 1000:
            self._forget(account)

    def _stand(self, order: Placed) -> None:
        self._standing[order.name] = order.account.standing[order.number] = order
        self._standing_in[order.market.listing.symbol] += 1

    def _in_the_book(self, order: Placed, at_most: int | None = None) -> Order:
        ask, market = order.ask, order.market
        price, stay = ask.price, ask.stay
        if ask.price is None and ask.amount is None and ask.is_buy and order.cap is not None:
            price, stay = order.cap, Stay.IMMEDIATE_OR_CANCEL
        return Order(
            id=order.name,
            owner=order.account.id,
            is_buy=ask.is_buy,
            quantity=0 if ask.amount is not None else min(order.left, at_most or order.left),
            price=price,
            trigger=ask.trigger,
            wakes_rising=ask.wakes_rising,
            stay=stay,
            is_maker_only=ask.is_maker_only,
            self_trade=ask.self_trade,
            amount=None if ask.amount is None else ask.amount // market.worth,
        )

    def _take_in(self, events: list[Event], *, market: Market | None = None) -> None:
        """What the book says became of orders, onto the accounts."""
        if market is not None:
            market.note(events, self.clock.now())
        for event in events:
            match event:
                case Trade():
                    for name, is_maker in ((event.taker, False), (event.maker, True)):
                        order = self._standing.get(name)
                        if order is not None:
                            self._fill(
                                order,
                                number=event.number,
                                price=int(event.price),
                                lots=int(event.quantity),
                                is_maker=is_maker,
                            )
                case Ended():
                    ended = self._standing.get(event.order)
                    if ended is not None:
                        ended.why = event.why.value
                        kind = Happening.CANCELLED if event.why is Why.CANCELLED else Happening.EXPIRED
                        self._end(ended, kind)
                        if ended.partner is not None:
                            self.cancel(ended.partner, kind=kind)
                case Woke():
                    woke = self._standing.get(event.order)
                    if woke is not None:
                        woke.is_asleep, woke.working_at = False, self.clock.told()
                        self._leave_partner(woke)
                        self._tell(Happening.WOKE, woke)
                case Rested() | Slept():
                    pass

    def _fill(self, order: Placed, *, number: int, price: int, lots: int, is_maker: bool) -> Fill:
        self._leave_partner(order)
        fee_asset, fee = self.money.settle(order, price=price, lots=lots, is_maker=is_maker)
        told = self.clock.told()
        fill = Fill(number, price, lots, told, is_maker, fee_asset, fee)
        order.fills.append(fill)
        order.filled += lots
        order.paid += price * lots * order.market.worth
        order.changed_at = order.account.changed_at = told
        if order.ask.amount is not None and order.filled == order.foreseen:
            order.lots = order.filled
        if order.left == 0 and order.lots:
            order.state = State.FILLED
            self._leave(order)
        elif not order.state.is_over:
            order.state = State.PARTIAL
        self._tell(Happening.TRADE, order, fill)
        return fill

    def _end(self, order: Placed, kind: Happening) -> None:
        if order.ask.amount is not None:
            # All that whole lots of the amount could buy.
            order.lots = order.filled
            is_filled = order.filled > 0 and order.why == Why.NO_LIQUIDITY.value
        else:
            is_filled = False
        order.state = State.FILLED if is_filled else State(kind.value)
        order.changed_at = order.account.changed_at = self.clock.told()
        self._leave(order)
        if not is_filled:
            self._tell(kind, order)
        elif self.keeper is not None:
            self.keeper.touched(order)

    def _leave(self, order: Placed) -> None:
        """Out of the book, and nothing held for it any more."""
        order.account.standing.pop(order.number, None)
        if self._standing.pop(order.name, None) is not None:
            self._standing_in[order.market.listing.symbol] -= 1
        order.is_asleep = False
        partner = order.partner
        if partner is None or partner.state.is_over:
            self.money.release(order)
            if partner is not None:
                self.money.release(partner)

    def _leave_partner(self, order: Placed) -> None:
        """One of a pair works: the other is over."""
        partner = order.partner
        if partner is not None and not partner.state.is_over:
            partner.market.matching.cancel(partner.name)
            if partner.held:
                order.held, order.held_asset, partner.held = partner.held, partner.held_asset, 0
            # What the dearer one needed and this one does not is free.
            self.money.release(order)
            self.money.hold(order)
            self._end(partner, Happening.EXPIRED)

    def _forget(self, account: Account) -> None:
        """The oldest that are over."""
        over = [number for number, order in account.orders.items() if order.state.is_over]
        for number in over[: max(0, len(account.orders) - _REMEMBERED)]:
            order = account.orders.pop(number)
            if account.marks.get(order.ask.mark) == number:
                del account.marks[order.ask.mark]
            if self.keeper is not None:
                self.keeper.forgot(order)

    def _tell(self, kind: Happening, order: Placed, fill: Fill | None = None) -> None:
        if self.keeper is not None:
            self.keeper.touched(order)
        happened = Happened(kind, order, self.clock.told(), fill)
        for listener in self.listeners:
            listener(happened)


def _crosses(ask: Ask, best: Number) -> bool:
    return ask.price is not None and (ask.price >= best if ask.is_buy else ask.price <= best)


def _cost(order: Placed) -> int:
    """What it may cost at the most, as far as two of one side can be compared."""
    return (order.ask.price or order.cap or 0) * order.lots if order.ask.is_buy else order.lots
