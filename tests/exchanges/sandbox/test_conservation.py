"""Nothing is made and nothing is lost, whatever many accounts do to the sandbox's markets over fifty thousand steps."""

import datetime as dt
import random
from collections import defaultdict
from decimal import Decimal

import pytest

from exchanges.domain.matching import SelfTrade, Stay
from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.house import Halted, WouldTake, WouldWake
from exchanges.sandbox.ledger import Short
from exchanges.sandbox.listings import atoms
from exchanges.sandbox.orders import Ask, Happening
from exchanges.sandbox.world import World

D = Decimal
NOW = int(dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC).timestamp() * 1000)
SYMBOLS = ("BTCUSDT", "ETHUSDT", "ETHBTC")
BALANCES = {"USDT": atoms(D(60_000)), "BTC": atoms(D(1)), "ETH": atoms(D(20))}
SEEDS, STEPS = range(10), 5_000


class Trial:
    """Accounts that do what chance says, and a book-keeper of its own beside them."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.world = World(seed=f"trial{seed}", clock=SetClock(NOW))
        self.house = self.world.binance
        #: By account and asset: what it must have, by what was brought and by its fills alone.
        self.due = defaultdict(int)
        self.done = defaultdict(int)
        self.house.listeners.append(self.hear)
        self.accounts = [
            self.house.open_account(str(n), name="", balances=BALANCES if n else {"USDT": atoms(D(50))})
            for n in range(6)
        ]
        for account in self.accounts:
            for asset, purse in account.purses:
                self.due[account.id, asset] = purse.free

    def hear(self, happened):
        self.done[happened.kind] += 1
        if happened.kind is not Happening.TRADE:
            return
        order, fill = happened.order, happened.fill
        market, ask, who = order.market, order.ask, order.account.id
        sign = 1 if ask.is_buy else -1
        self.due[who, market.listing.base] += sign * fill.lots * market.lot_atoms
        self.due[who, market.listing.quote] -= sign * fill.price * fill.lots * market.worth
        self.due[who, fill.fee_asset] -= fill.fee
        assert fill.fee >= 0
        assert fill.lots > 0
        if ask.price is not None:
            assert fill.price <= ask.price if ask.is_buy else fill.price >= ask.price
        if ask.amount is None:
            assert order.filled == sum(one.lots for one in order.fills) <= ask.lots
        elif ask.is_buy:
            assert order.paid <= ask.amount
        assert order.paid == sum(one.lots * one.price for one in order.fills) * market.worth

    # ---- deeds ----

    def step(self):
        account = self.chance.choice(self.accounts)
        do = self.chance.choices(
            (self.place, self.pair, self.cancel, self.reduce, self.wait, self.deposit, self.fault),
            (50, 6, 18, 6, 8, 1, 2),
        )[0]
        try:
            do(account)
        except (Short, WouldTake, WouldWake, Halted) as refusal:
            self.done[type(refusal).__name__] += 1

    def market(self):
        return self.house.look(self.house.markets[self.chance.choice(SYMBOLS)])

    def near(self, market, far=0.004):
        return max(1, round(market.last * (1 + self.chance.uniform(-far, far))))

    def lots(self, market):
        return max(1, round(self.chance.expovariate(1) * market.listing.level / 4))

    def place(self, account):
        market, chance = self.market(), self.chance
        given = {
            "is_buy": chance.random() < 0.5,
            "lots": self.lots(market),
            "self_trade": chance.choice(list(SelfTrade)),
        }
        match chance.randrange(8):
            case 0:
                given |= {"price": None}
            case 1:
                given |= {"lots": 0, "amount": market.last * market.worth * self.lots(market) + chance.randrange(10**9)}
            case 2:
                given |= {"trigger": self.near(market), "wakes_rising": chance.random() < 0.5}
            case 3:
                trigger = self.near(market)
                given |= {"trigger": trigger, "wakes_rising": chance.random() < 0.5, "price": self.near(market)}
            case 4:
                given |= {"price": self.near(market), "is_maker_only": True}
            case _:
                given |= {"price": self.near(market), "stay": chance.choices(list(Stay), (6, 1, 1))[0]}
        self.house.place(account, market, Ask(**given))

    def pair(self, account):
        market, is_buy = self.market(), self.chance.random() < 0.5
        lots, last, sign = self.lots(market), market.last, -1 if is_buy else 1
        given = {"is_buy": is_buy, "lots": lots}
        first = Ask(**given, price=round(last * (1 + sign * self.chance.uniform(0, 0.003))))
        trigger = round(last * (1 - sign * self.chance.uniform(0.0001, 0.003)))
        price = self.chance.choice([None, round(trigger * (1 - sign * 0.001))])
        self.house.place_pair(account, market, first, Ask(**given, trigger=trigger, wakes_rising=is_buy, price=price))

    def open_orders(self, account):
        return [one for one in account.orders.values() if not one.state.is_over]

    def cancel(self, account):
        orders = self.open_orders(account)
        if orders:
            assert self.house.cancel(self.chance.choice(orders))

    def reduce(self, account):
        orders = self.open_orders(account)
        if orders:
            order = self.chance.choice(orders)
            self.house.reduce(order, self.chance.randint(0, order.lots))

    def wait(self, account):
        self.world.clock.move(self.chance.choice((0.25, 0.25, 1, 5, 90)))
        self.world.tick()

    def deposit(self, account):
        asset, brought = self.chance.choice(list(BALANCES)), self.chance.randrange(10**19)
        self.house.bring(account, asset, brought)
        self.due[account.id, asset] += brought

    def fault(self, account):
        """What faults do: a part of an order filled by nobody, before its end or after."""
        orders = [one for one in list(account.orders.values())[-20:] if one.left > 0 and one.ask.amount is None]
        if orders:
            order = self.chance.choice(orders)
            self.house.fill_outside(order, self.chance.randint(1, order.left * 2))
            if self.chance.random() < 0.5:
                self.house.expire(order)

    # ---- what must be so ----

    def check(self):
        assert {asset: count for asset, count in self.world.sums().items() if count} == {}
        held = defaultdict(int)
        for account in self.accounts:
            for order in account.orders.values():
                if order.state.is_over:
                    assert order.held == 0
                    continue
                held[account.id, order.held_asset or needed(order)[0]] += order.held
                partner = order.partner
                if partner is None or partner.state.is_over:
                    assert (order.held_asset, order.held) == needed(order)
                    assert order.market.matching.left(order.name) == order.left
                else:
                    assert max(order.held, partner.held) >= max(needed(order)[1], needed(partner)[1])
                    assert min(order.held, partner.held) == 0
            for asset, purse in account.purses:
                assert purse.free >= 0
                assert purse.held == held[account.id, asset]
                assert purse.free + purse.held == self.due[account.id, asset]


def needed(order):
    """What must be held for what is unfilled of it, by nobody's reckoning but this."""
    market, ask = order.market, order.ask
    if not ask.is_buy:
        return market.listing.base, order.left * market.lot_atoms
    price = ask.price if ask.price is not None else ask.trigger + ask.trigger * 2 // 100
    return market.listing.quote, price * order.left * market.worth


@pytest.mark.parametrize("seed", SEEDS)
def test_money_and_coins_are_conserved_over_five_thousand_steps(seed):
    trial = Trial(seed)
    for number in range(STEPS):
        trial.step()
        if number % 20 == 0:
            trial.check()
    trial.check()
    for account in trial.accounts:
        trial.house.close_account(account)
    assert set(trial.world.sums().values()) == {0}
    # The trial is one: each of these did happen, often.
    for kind in (Happening.TRADE, Happening.CANCELLED, Happening.EXPIRED, Happening.WOKE, Happening.CHANGED, "Short"):
        assert trial.done[kind] > 10, kind


def test_the_trial_sees_a_fee_that_goes_nowhere():
    trial = Trial("red")
    settle = trial.house.money.settle

    def lossy(order, **given):
        asset, fee = settle(order, **given)
        trial.house.ledger.fees[asset] -= 1
        return asset, fee

    trial.house.money.settle = lossy
    with pytest.raises(AssertionError):
        for _ in range(500):
            trial.step()
            trial.check()
