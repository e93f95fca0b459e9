"""Amounts as people read them: the digits are the amount's own, the commas are the reader's."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel.money.display import MINUS, Grouping, axis_text, exact_text, grouped, money_text, places_of, sign_of
from kernel.money.rounding import half_even_to_places

amounts = some.decimals(min_value=Decimal("-1e17"), max_value=Decimal("1e17"), places=18)
groupings = some.sampled_from(list(Grouping))


def read_back(text):
    return Decimal(text.replace(",", "").replace(MINUS, "-").replace("+", "").replace("₹", "").split("\u00a0")[0])


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1885588.10", "INR", "₹18,85,588.10"),
        ("-1687.5", "INR", "−₹1,687.50"),
        ("91250", "USDT", "91,250.00\u00a0USDT"),
        ("0.017", "BTC", "0.01700000\u00a0BTC"),
        ("100000", "INR", "₹1,00,000.00"),
        ("999", "INR", "₹999.00"),
        ("12345678901", "INR", "₹12,34,56,78,901.00"),
        ("1234.5", "JPY", "1,234\u00a0JPY"),
        ("7", "", "7.00"),
    ],
)
def test_amount_is_written_as_its_readers_write_it(value, currency, text):
    assert money_text(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("3437.92", "+₹3,437.92"), ("-3437.92", "−₹3,437.92"), ("0", "₹0.00"), ("-0.001", "₹0.00"), ("0.004", "₹0.00")],
)
def test_profit_and_loss_wear_a_sign_and_zero_wears_none(value, text):
    assert money_text(Decimal(value), "INR", signed=True) == text


@given(value=amounts, places=some.integers(0, 18), grouping=groupings)
def test_digits_come_back_as_they_went_in(value, places, grouping):
    text = grouped(value, places=places, grouping=grouping)
    assert read_back(text) == half_even_to_places(value, places)
    assert len(text.partition(".")[2]) == places


@given(
    value=amounts, grouping=groupings, currency=some.sampled_from(["INR", "USDT", "BTC", ""]), signed=some.booleans()
)
def test_money_comes_back_as_it_went_in(value, grouping, currency, signed):
    places = 8 if currency == "BTC" else 2
    text = money_text(value, currency, grouping=grouping, signed=signed)
    assert read_back(text) == half_even_to_places(value, places)
    assert "-" not in text
    assert text.startswith("+") == (signed and half_even_to_places(value, places) > 0)


@given(whole=some.integers(0, 10**20))
def test_lakh_groups_are_three_then_twos_and_thousands_are_threes(whole):
    lakh = grouped(Decimal(whole), places=0, grouping=Grouping.LAKH).split(",")
    thousand = grouped(Decimal(whole), places=0, grouping=Grouping.THOUSAND).split(",")
    assert "," not in grouped(Decimal(whole), places=0, grouping=Grouping.PLAIN)
    for groups, inner in ((lakh, 2), (thousand, 3)):
        assert 1 <= len(groups[0]) <= (3 if len(groups) == 1 else inner)
        assert all(len(group) == inner for group in groups[1:-1])
        assert len(groups) == 1 or len(groups[-1]) == 3


@given(value=amounts, places=some.integers(0, 8))
def test_sign_is_that_of_the_figure_shown(value, places):
    shown = grouped(value, places=places, grouping=Grouping.PLAIN)
    expected = 0 if read_back(shown) == 0 else (-1 if shown.startswith(MINUS) else 1)
    assert sign_of(value, "INR", places=places) == expected


@pytest.mark.parametrize(
    ("value", "grouping", "text"),
    [
        ("1885588.10", Grouping.LAKH, "18.86\u00a0L"),
        ("12000000", Grouping.LAKH, "1.20\u00a0Cr"),
        ("-1885588.10", Grouping.THOUSAND, "−1.89\u00a0M"),
        ("12500", Grouping.THOUSAND, "12.50\u00a0k"),
        ("950", Grouping.LAKH, "950.00"),
    ],
)
def test_axis_is_short(value, grouping, text):
    assert axis_text(Decimal(value), grouping=grouping) == text


@pytest.mark.parametrize("value", [0.1, 1, "1", True])
def test_what_is_no_decimal_is_refused(value):
    with pytest.raises(TypeError, match="an amount is a Decimal"):
        money_text(value, "INR")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        grouped(Decimal(value), places=2, grouping=Grouping.LAKH)


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("120000.12345678", "USDT", "120,000.12345678"),
        ("120000", "INR", "1,20,000"),
        ("0.000000000000000001", "BTC", "0.000000000000000001"),
        ("10000.000000000000000000", "USDT", "10,000"),
        ("-1234.50", "USD", "\u22121,234.5"),
        ("1E+3", "USD", "1,000"),
        ("0", "USD", "0"),
    ],
)
def test_figure_is_shown_with_all_its_digits_and_in_groups(value, currency, shown):
    assert exact_text(Decimal(value), currency) == shown


def test_places_are_those_of_the_longest_figure_without_zeros_at_an_end():
    assert places_of() == places_of(Decimal("1E+3"), Decimal("4.00")) == 0
    assert places_of(Decimal("1E+3"), Decimal("0.250"), Decimal("1.5")) == 2
