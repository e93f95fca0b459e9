"""How a connection stands, asked when it is drawn, since time alone may have changed it; and what an account holds."""

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template

from exchanges.domain.standing import Standing
from exchanges.models import Connection, Snapshot
from kernel import clock

register = template.Library()
Kind = Snapshot.Kind

#: What is shown of each kind, in this order: its name, and the report's.
COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    Kind.BALANCES: (("Asset", "asset"), ("Free", "free"), ("Held by orders", "held")),
    Kind.HOLDINGS: (
        ("Security", "symbol"),
        ("Settled", "quantity"),
        ("Bought, not delivered", "t1_quantity"),
        ("Pledged", "pledged_quantity"),
        ("May be sold", "authorised_quantity"),
        ("Average price", "average_price"),
        ("Last price", "last_price"),
    ),
    Kind.POSITIONS: (
        ("Instrument", "symbol"),
        ("Product", "product"),
        ("Quantity", "quantity"),
        ("Average price", "average_price"),
        ("Last price", "last_price"),
    ),
    Kind.MARGINS: (("Segment", "segment"), ("Currency", "currency"), ("Available", "available"), ("Used", "used")),
    Kind.ORDERS: (
        ("Instrument", "symbol"),
        ("Side", "side"),
        ("Type", "type_word"),
        ("Quantity", "quantity"),
        ("Filled", "filled"),
        ("Limit", "limit_price"),
        ("Trigger", "trigger_price"),
        ("State", "status_word"),
        ("Placed", "placed_at"),
    ),
}
#: Columns whose texts are words.
_WORDS = {"asset", "symbol", "side", "type_word", "status_word", "product", "segment", "currency"}


@register.simple_tag
def standing_of(connection: Connection) -> Standing:
    return connection.standing(now=clock.now())


@register.simple_tag
def told(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as a table: names of columns, and rows of (name, text or moment, is a figure)."""
    columns = COLUMNS[snapshot.kind]
    rows = [[(name, *_cell(field, row[field])) for name, field in columns] for row in snapshot.rows]
    return {"columns": [(name, field not in _WORDS) for name, field in columns], "rows": rows}


@register.filter
def exact(value: Decimal | None) -> str:
    """All digits that were told, without the zeros that say nothing."""
    return "" if value is None else f"{value.normalize():f}"


def _cell(field: str, value: Any) -> tuple[Any, bool]:
    if field in _WORDS:
        return value, False
    if field.endswith("_at"):
        return (dt.datetime.fromisoformat(value) if value else None), True
    if isinstance(value, dict):
        return f"{exact(Decimal(value['value']))} {value.get('currency') or value.get('unit')}", True
    if value is None:
        return "–", True
    try:
        return exact(Decimal(value)), True
    except InvalidOperation:
        return str(value), True
