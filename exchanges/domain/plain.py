"""What a venue told, as JSON holds it exactly: every amount a string of all its digits, every time UTC."""

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from exchanges.domain.orders import Quantity
from kernel.money.amount import Amount


def plain(value: Any) -> Any:
    """Raw replies are left out; what has no exact form raises."""
    match value:
        case Enum():
            return value.value
        case None | str() | bool() | int() | float():
            return value
        case Decimal():
            return f"{value:f}"
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case Quantity():
            return {"value": f"{value.value:f}", "unit": value.unit.value}
        case Amount():
            return {"value": f"{value.value:f}", "currency": value.currency}
        case Mapping():
            return {str(name): plain(one) for name, one in value.items()}
        case AbstractSet():
            return sorted(plain(one) for one in value)
        case tuple() if hasattr(value, "_asdict"):
            return plain(value._asdict())
        case tuple() | list():
            return [plain(one) for one in value]
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value) if one.name != "raw"}
    raise TypeError(f"no plain form for {type(value).__name__}")
