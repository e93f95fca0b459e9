"""The one field for money, price and quantity: NUMERIC(38,18), exact or refused."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from kernel.money.rounding import STORED_DIGITS, STORED_PLACES, NotStorable, exact_for_storage


class DecimalAmountField(models.DecimalField):  # type: ignore[type-arg]
    """Money, price or quantity. Floats, NaN and numbers that would lose a digit raise."""

    description = "An exact decimal, NUMERIC(38,18)"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = STORED_DIGITS, STORED_PLACES
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, float):
            raise ValidationError("Money, price and quantity are exact decimals; a float was given.")
        number: Decimal | None = super().to_python(value)
        if number is None:
            return None
        try:
            return exact_for_storage(number)
        except NotStorable as error:
            raise ValidationError(f"{error}.") from error

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return self.to_python(value)
