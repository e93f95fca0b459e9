"""Money is exact: stored as given or refused, rounded in the direction its function names."""

import threading
from decimal import Decimal, FloatOperation, getcontext

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as some

from kernel.money.amount import Amount, CurrencyMismatch
from kernel.money.fields import DecimalAmountField
from kernel.money.rounding import NotStorable, ceil_to_step, exact_for_storage, floor_to_step, half_even_to_places

numbers = some.decimals(min_value=Decimal("-1e15"), max_value=Decimal("1e15"), places=18)
steps = some.sampled_from(
    [Decimal(text) for text in ("0.00000001", "0.01", "0.05", "0.5", "1", "25", "0.000000000000000001")]
)


def test_context_has_sixty_digits_and_refuses_floats_in_every_thread():
    found, a_float = [], 0.1

    def look():
        try:
            Decimal(a_float)
        except FloatOperation:
            found.append((getcontext().prec, "refused"))

    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [(60, "refused")] * 2


@given(numbers, steps)
def test_floor_is_the_largest_multiple_that_is_not_above(value, step):
    floored = floor_to_step(value, step)
    assert floored <= value < floored + step
    assert floored % step == 0


@given(numbers, steps)
def test_ceiling_is_the_smallest_multiple_that_is_not_below(value, step):
    ceiled = ceil_to_step(value, step)
    assert ceiled - step < value <= ceiled
    assert ceiled % step == 0


@given(numbers)
def test_what_is_stored_is_what_was_given(value):
    assert exact_for_storage(value) == value


@pytest.mark.parametrize(
    "text", ["1e-19", "0.1234567890123456789", "1e20", "-100000000000000000000", "NaN", "Infinity"]
)
def test_number_that_would_change_by_storing_is_refused(text):
    with pytest.raises(NotStorable):
        exact_for_storage(Decimal(text))


@pytest.mark.parametrize("step", ["0", "-1", "NaN"])
def test_step_must_be_above_zero(step):
    with pytest.raises(ValueError):
        floor_to_step(Decimal(1), Decimal(step))


@pytest.mark.parametrize(("value", "shown"), [("0.125", "0.12"), ("0.135", "0.14"), ("-2.5", "-2.50")])
def test_figures_for_showing_round_half_to_even(value, shown):
    assert str(half_even_to_places(Decimal(value), 2)) == shown


@pytest.mark.parametrize("value", [0.1, 1.0, "1e-19", "NaN", "abc", "1" * 40])
def test_field_refuses_floats_and_what_it_cannot_hold(value):
    with pytest.raises(ValidationError):
        DecimalAmountField().to_python(value)


def test_field_takes_decimals_whole_numbers_and_texts():
    field = DecimalAmountField()
    assert [field.to_python(value) for value in (Decimal("0.1"), 3, "2.50", None)] == [
        Decimal("0.1"),
        Decimal(3),
        Decimal("2.5"),
        None,
    ]


def test_amounts_of_two_currencies_do_not_mix():
    with pytest.raises(CurrencyMismatch):
        Amount(Decimal(1), "USD") + Amount(Decimal(1), "USDT")
    assert Amount(Decimal("0.1"), "INR") + Amount(Decimal("0.2"), "INR") == Amount(Decimal("0.3"), "INR")


@pytest.mark.parametrize(("value", "currency"), [(Decimal("NaN"), "USD"), (Decimal(1), "usd"), (Decimal(1), "")])
def test_amount_is_finite_and_names_a_currency(value, currency):
    with pytest.raises(ValueError):
        Amount(value, currency)
