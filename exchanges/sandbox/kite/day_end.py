"""What happens when the venue's day turns: positions of the day are squared off, charges are paid, shares settle.

kite.trade/docs/connect/v3/portfolio and orders (read 2026-11-21): the order book is the day's alone; MIS is squared
off; what was bought for delivery is T1 the next day and settled the day after.
"""

from exchanges.sandbox.house import House
from exchanges.sandbox.kite.charges import Charges, paid
from exchanges.sandbox.kite.money import ShareMoney
from exchanges.sandbox.kite.order_book import OrderBook
from exchanges.sandbox.kite.orders import Orders
from exchanges.sandbox.listings import figure
from exchanges.sandbox.orders import Account


def end_day(*, house: House, money: ShareMoney, orders: Orders, book: OrderBook) -> None:
    for account in list(house.accounts.values()):
        orders.end_day(account)
        for (symbol, product), position in list(money.estate(account).positions.items()):
            if product == "MIS" and position.net:
                orders.square_off(account, symbol, position.net)
        money.turn(account, paid(_charges(book, account)))
        book.clear(account)


def _charges(book: OrderBook, account: Account) -> list[Charges]:
    return [
        Charges(
            exchange=str(told.wanted.market.listing.facts["exchange"]),
            product=told.wanted.product,
            is_buy=told.wanted.is_buy,
            value=figure(told.placed.paid),
        )
        for told in book.of(account)
        if told.placed is not None and told.placed.filled
    ]
