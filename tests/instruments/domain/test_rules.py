"""What a listing's filters make of an order: never more than was asked, and never anything that they would refuse."""

import csv
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.domain.rules import Asked, Band, Fitted, Side, Steps, TradingRules, Unfit, fit

D = Decimal
ROWS = Path(__file__).parents[1] / "real_steps.csv"
LAST = D(100)
RULES = TradingRules(
    price=Steps(D("0.01"), D("0.01"), D(1000)),
    quantity=Steps(D("0.001"), D("0.001"), D(900)),
    market_quantity=Steps(None, None, D(50)),
    least_notional=D(5),
    most_notional=D(9000),
    buy_band=Band(D("0.2"), D("1.2")),
    sell_band=Band(D("0.8"), D(5)),
)


def fitted(side="buy", quantity="1", price=None, trigger=None, rules=RULES, reference=LAST):
    asked = Asked(Side(side), D(quantity), None if price is None else D(price), None if trigger is None else D(trigger))
    return fit(asked, rules, reference=reference)


@pytest.mark.parametrize(
    ("side", "quantity", "price", "as_quantity", "as_price"),
    [
        ("buy", "1.2349", "99.999", "1.234", "99.99"),
        ("sell", "1.2349", "99.991", "1.234", "100.00"),
        ("buy", "0.1", "50", "0.1", "50"),
        ("buy", "300", "30", "300", "30"),
    ],
)
def test_quantity_goes_down_and_price_away_from_crossing(side, quantity, price, as_quantity, as_price):
    assert fitted(side, quantity, price) == Fitted(Side(side), D(as_quantity), D(as_price), None)


@pytest.mark.parametrize(("side", "trigger", "as_trigger"), [("buy", "101.239", "101.23"), ("sell", "98.231", "98.24")])
def test_trigger_goes_towards_less_risk(side, trigger, as_trigger):
    assert fitted(side, "1", "100", trigger).trigger == D(as_trigger)


# Each filter at its very edge: on it passes, one step beyond does not, and the refusal says the figures.
EDGES = [
    ({"quantity": "0.05", "price": "100"}, None),
    ({"quantity": "0.049", "price": "100"}, "NOTIONAL_BELOW_MINIMUM bound=5 got=4.9"),
    ({"quantity": "90", "price": "100"}, None),
    ({"quantity": "90.001", "price": "100"}, "NOTIONAL_ABOVE_MAXIMUM bound=9000 got=9000.1"),
    ({"quantity": "0.0009", "price": "100"}, "QUANTITY_BELOW_MINIMUM bound=0.001 got=0.0009"),
    ({"quantity": "900.001", "price": "100"}, "QUANTITY_ABOVE_MAXIMUM bound=900 got=900.001"),
    ({"quantity": "50"}, None),
    ({"quantity": "50.001"}, "QUANTITY_ABOVE_MAXIMUM bound=50 got=50.001"),
    ({"quantity": "0.049"}, "NOTIONAL_BELOW_MINIMUM bound=5 got=4.9"),
    ({"quantity": "1", "price": "120"}, None),
    ({"quantity": "1", "price": "120.01"}, "PRICE_ABOVE_BAND bound=120 got=120.01"),
    ({"quantity": "1", "price": "20"}, None),
    ({"quantity": "1", "price": "19.99"}, "PRICE_BELOW_BAND bound=20 got=19.99"),
    ({"side": "sell", "quantity": "1", "price": "80"}, None),
    ({"side": "sell", "quantity": "1", "price": "79.99"}, "PRICE_BELOW_BAND bound=80 got=79.99"),
    ({"side": "sell", "quantity": "1", "price": "500"}, None),
    ({"side": "sell", "quantity": "1", "price": "500.01"}, "PRICE_ABOVE_BAND bound=500 got=500.01"),
    ({"quantity": "1", "price": "0.009"}, "PRICE_BELOW_MINIMUM bound=0.01 got=0.009"),
    ({"side": "sell", "quantity": "1", "price": "1000.001"}, "PRICE_ABOVE_MAXIMUM bound=1000 got=1000.001"),
    ({"quantity": "1", "price": "100", "reference": None}, "NO_REFERENCE_PRICE bound=0.2 got=100"),
    ({"quantity": "1", "reference": None}, "NO_REFERENCE_PRICE bound=5 got=1"),
]


@pytest.mark.parametrize(("asked", "refusal"), EDGES)
def test_each_filter_holds_at_its_edge(asked, refusal):
    answer = fitted(**asked)
    assert isinstance(answer, Fitted) if refusal is None else str(answer) == refusal


def test_notional_that_does_not_bind_market_orders_is_not_asked_of_them():
    rules = TradingRules(least_notional=D(5), least_binds_market=False, most_notional=D(50), most_binds_market=False)
    for quantity, code in (("0.001", "NOTIONAL_BELOW_MINIMUM"), ("99", "NOTIONAL_ABOVE_MAXIMUM")):
        assert isinstance(fitted(quantity=quantity, rules=rules, reference=None), Fitted)
        assert fitted(quantity=quantity, price="1", rules=rules).code == code
    half = TradingRules(least_notional=D(5), most_notional=D(50), most_binds_market=False)
    assert fitted(quantity="0.001", rules=half).code == "NOTIONAL_BELOW_MINIMUM"
    assert isinstance(fitted(quantity="99", rules=half), Fitted)


def test_two_steps_of_a_market_order_are_both_kept_or_the_order_is_refused():
    rules = TradingRules(quantity=Steps(D("0.01")), market_quantity=Steps(D("0.1")))
    assert fitted(quantity="1.27", rules=rules).quantity == D("1.2")
    odd = TradingRules(quantity=Steps(D("0.02")), market_quantity=Steps(D("0.05")))
    assert fitted(quantity="0.17", rules=odd).code == "QUANTITY_OFF_STEP"


@pytest.mark.parametrize("step", ["1E-18", "0.000000000000000001", "0.00000001", "1", "100000"])
def test_steps_of_any_size_are_exact(step):
    rules = TradingRules(price=Steps(D(step)), quantity=Steps(D(step)))
    quantity = D(step) * 3 + D(step) / 2
    answer = fitted(quantity=str(quantity), price=str(quantity), rules=rules)
    assert (answer.quantity, answer.price) == (D(step) * 3, D(step) * 3)


def test_a_tenth_and_two_tenths_are_three_tenths():
    rules = TradingRules(quantity=Steps(D("0.1")))
    assert fitted(quantity=str(D("0.1") + D("0.2")), rules=rules).quantity == D("0.3")


@pytest.mark.parametrize("wrong", [{"step": D(0)}, {"least": D(-1)}, {"most": D("NaN")}, {"least": D(2), "most": D(1)}])
def test_filters_that_nobody_could_meet_are_refused(wrong):
    with pytest.raises(ValueError):
        Steps(**wrong)


def rules_of(row: dict[str, str]) -> TradingRules:
    # At Binance the least is a notional, in the quote currency; at the others it is a quantity.
    least, is_notional = D(row["least"] or 0), row["venue"] == "binance"
    lot = D(row["lot"])
    return TradingRules(
        price=Steps(D(row["tick"]), D(row["tick"])),
        quantity=Steps(lot, lot if is_notional or not least else least, max(lot * 10**10, least * 2)),
        least_notional=least if is_notional and least else None,
        buy_band=Band(D("0.2"), D(5)),
        sell_band=Band(D("0.2"), D(5)),
    )


def refusal_of_a_venue(sent: Fitted, rules: TradingRules, last: Decimal) -> str | None:
    """The filters again, as a venue's page states them, on fractions and without any code of ours."""
    quantity, price = Fraction(sent.quantity), Fraction(sent.price)
    if quantity % Fraction(rules.quantity.step) or price % Fraction(rules.price.step):
        return "off a step"
    if not Fraction(rules.quantity.least) <= quantity <= Fraction(rules.quantity.most):
        return "LOT_SIZE"
    if price < Fraction(rules.price.least):
        return "PRICE_FILTER"
    if not Fraction(1, 5) * Fraction(last) <= price <= 5 * Fraction(last):
        return "PERCENT_PRICE_BY_SIDE"
    if rules.least_notional and price * quantity < Fraction(rules.least_notional):
        return "NOTIONAL"
    return None


def test_a_hundred_thousand_random_orders_meet_no_filter_of_300_real_listings():
    lines = [line for line in ROWS.read_text().splitlines() if not line.startswith("#")]
    listings = [rules_of(row) for row in csv.DictReader(lines)]
    chance = random.Random(20261121)
    sent = 0
    for number in range(100_000):
        rules = listings[number % len(listings)]
        last = rules.price.step * chance.randint(1, 10**7)
        price = last * D(chance.randint(1500, 52_000)) / 10_000
        quantity = rules.quantity.step * D(chance.randint(1, 10 ** chance.randint(1, 11))) / chance.randint(1, 97)
        asked = Asked(chance.choice(list(Side)), quantity, price)
        answer = fit(asked, rules, reference=last)
        if isinstance(answer, Unfit):
            continue
        sent += 1
        assert refusal_of_a_venue(answer, rules, last) is None, (asked, answer)
        assert answer.quantity <= quantity
        assert answer.price <= price if asked.side is Side.BUY else answer.price >= price
        assert quantity - answer.quantity < rules.quantity.step
        assert abs(price - answer.price) < rules.price.step
    assert sent > 50_000


decimals = st.decimals("0.000001", "1000000", places=6)


@given(st.sampled_from(Side), decimals, decimals)
def test_what_was_fitted_is_left_as_it_is(side, quantity, price):
    once = fit(Asked(side, quantity, price), RULES, reference=price)
    if isinstance(once, Fitted):
        assert fit(Asked(side, once.quantity, once.price), RULES, reference=price) == once


@pytest.mark.parametrize("quantity", ["2", "3"])
def test_least_and_most_themselves_are_taken(quantity):
    rules = TradingRules(price=Steps(D(1), D(2), D(3)), quantity=Steps(D(1), D(2), D(3)))
    assert isinstance(fitted(quantity=quantity, price=quantity, rules=rules), Fitted)
