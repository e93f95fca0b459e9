"""An order request says everything, and nothing that contradicts itself."""

import datetime as dt
from decimal import Decimal

import pytest

from exchanges.domain.orders import BadOrder, Change, Lasting, OrderRef, OrderRequest, OrderType, Quantity, Unit
from instruments.domain.rules import Side

D = Decimal
GIVEN = {
    "mark": "pl1",
    "symbol": "BTCUSDT",
    "side": Side.BUY,
    "type": OrderType.LIMIT,
    "quantity": Quantity(D(1), Unit.BASE),
    "lasting": Lasting.UNTIL_CANCELLED,
    "limit_price": D(10),
}


def order(**more) -> OrderRequest:
    return OrderRequest(**{**GIVEN, **more})


@pytest.mark.parametrize(
    "prices",
    [
        {"type": OrderType.MARKET, "limit_price": None},
        {"type": OrderType.MARKET, "limit_price": None, "protection_price": D(11)},
        {"type": OrderType.MARKET, "limit_price": None, "protection_percent": D("0.01")},
        {"type": OrderType.STOP, "limit_price": None, "trigger_price": D(9), "protection_percent": D(100)},
        {"type": OrderType.LIMIT},
        {"type": OrderType.STOP, "limit_price": None, "trigger_price": D(9)},
        {"type": OrderType.STOP_LIMIT, "trigger_price": D(9)},
        {"type": OrderType.TAKE_PROFIT, "limit_price": None, "trigger_price": D(9)},
        {"type": OrderType.TAKE_PROFIT_LIMIT, "trigger_price": D(9)},
        {"lasting": Lasting.UNTIL_DATE, "until": dt.datetime(2027, 1, 1, tzinfo=dt.UTC)},
        {"lasting": Lasting.MINUTES, "minutes": 5},
        {"is_maker_only": True},
    ],
)
def test_order_with_what_its_type_needs_is_made(prices):
    assert order(**prices).symbol == "BTCUSDT"


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit_price": None},
        {"type": OrderType.MARKET},
        {"type": OrderType.STOP, "limit_price": None},
        {"trigger_price": D(1)},
        {"limit_price": D(0)},
        {"limit_price": D(-1)},
        {"limit_price": D("NaN")},
        {"limit_price": D("Infinity")},
        {"protection_price": D(11)},
        {"protection_percent": D(2)},
        {"type": OrderType.MARKET, "limit_price": None, "protection_percent": D(0)},
        {"type": OrderType.MARKET, "limit_price": None, "protection_percent": D(-1)},
        {"type": OrderType.MARKET, "limit_price": None, "protection_percent": D("100.01")},
        {"type": OrderType.MARKET, "limit_price": None, "protection_percent": D("NaN")},
        {"type": OrderType.MARKET, "limit_price": None, "protection_percent": D(2), "protection_price": D(11)},
        {"lasting": Lasting.UNTIL_DATE},
        {"until": dt.datetime(2027, 1, 1, tzinfo=dt.UTC)},
        {"minutes": 5},
        {"type": OrderType.MARKET, "limit_price": None, "is_maker_only": True},
    ],
)
def test_order_that_contradicts_itself_is_never_made(wrong):
    with pytest.raises(BadOrder):
        order(**wrong)


@pytest.mark.parametrize("percent", [D(0), D(-1), D("100.01"), D("NaN")])
def test_changed_protection_is_a_percentage_too(percent):
    with pytest.raises(BadOrder):
        Change(protection_percent=percent)
    assert Change(protection_percent=D(100)).protection_percent == 100


@pytest.mark.parametrize("value", [D(0), D(-1), D("NaN"), D("Infinity")])
def test_quantity_is_above_nought(value):
    with pytest.raises(BadOrder):
        Quantity(value, Unit.BASE)


def test_newest_id_of_the_venue_is_the_one_that_counts():
    sent = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    assert OrderRef("m", "X", sent).venue_id is None
    assert OrderRef("m", "X", sent, ("1", "2")).venue_id == "2"
