"""The filters, each with its own refusal. binance/binance-spot-api-docs a5e0bc3 (2026-07-21), filters.md, errors.md
"Filter failures".

The document does not say in which order they are looked at; here it is the order of exchangeInfo.
"""

from decimal import Decimal

from exchanges.sandbox.binance import errors
from exchanges.sandbox.binance.exchange_info import (
    BAND_DOWN,
    BAND_UP,
    MOST_ALGO_ORDERS,
    MOST_LISTS,
    MOST_NOTIONAL,
    MOST_ORDERS,
    MOST_PRICE,
    least_notional,
    most_lots,
    most_market_lots,
)
from exchanges.sandbox.binance.order_reading import Wanted
from exchanges.sandbox.listings import ATOMS
from exchanges.sandbox.orders import Account


def check_order(wanted: Wanted, *, average: float) -> None:
    _price(wanted, wanted.price)
    _price(wanted, wanted.stop)
    _lots(wanted)
    _band(wanted, average)
    _notional(wanted, average)


def check_room(account: Account, symbol: str, *, orders: int, algo: int, lists: int = 0) -> None:
    """Whether so many more may stand here."""
    standing = [one for one in account.standing.values() if one.market.listing.symbol == symbol]
    if len(standing) + orders > MOST_ORDERS:
        raise errors.filtered("MAX_NUM_ORDERS")
    if lists and len([one for one in standing if "list" in one.ask.words]) // 2 + lists > MOST_LISTS:
        raise errors.filtered("MAX_NUM_ORDER_LISTS")
    if algo and len([one for one in standing if one.ask.trigger is not None]) + algo > MOST_ALGO_ORDERS:
        raise errors.filtered("MAX_NUM_ALGO_ORDERS")


def _price(wanted: Wanted, price: int | None) -> None:
    if price is None:
        return
    tick = wanted.market.listing.tick_atoms
    if not tick <= price <= MOST_PRICE or price % tick:
        raise errors.filtered("PRICE_FILTER")


def _lots(wanted: Wanted) -> None:
    if wanted.quantity is None:
        return
    lot, most = wanted.market.lot_atoms, most_lots(wanted.market)
    if not lot <= wanted.quantity <= most * lot or wanted.quantity % lot:
        raise errors.filtered("LOT_SIZE")
    if wanted.is_market and wanted.quantity > most_market_lots(wanted.market) * lot:
        raise errors.filtered("MARKET_LOT_SIZE")


def _band(wanted: Wanted, average: float) -> None:
    if wanted.price is None:
        return
    around = Decimal(repr(average))
    price = Decimal(wanted.price).scaleb(-18)
    if not around * BAND_DOWN <= price <= around * BAND_UP:
        raise errors.filtered("PERCENT_PRICE_BY_SIDE")


def _notional(wanted: Wanted, average: float) -> None:
    least = least_notional(wanted.market)
    if wanted.quote is not None:
        if wanted.quote < least:
            raise errors.filtered("NOTIONAL")
        return
    quantity = wanted.quantity or 0
    if wanted.price is not None:
        worth = wanted.price * quantity // ATOMS
        if not least <= worth <= MOST_NOTIONAL:
            raise errors.filtered("NOTIONAL")
    elif int(average * quantity) < least:
        raise errors.filtered("NOTIONAL")
