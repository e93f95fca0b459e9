"""How a connection stands, asked when it is drawn: time alone may have changed it."""

from typing import Any

from django import template

from exchanges.domain.standing import Standing
from exchanges.models import Connection
from kernel import clock

register = template.Library()


@register.simple_tag
def standing_of(connection: Connection) -> Standing:
    return connection.standing(now=clock.now())


@register.filter
def columns(rows: list[dict[str, Any]]) -> list[str]:
    """The names of the figures that at least one row has."""
    names: dict[str, None] = {}
    for row in rows:
        names.update({name: None for name, value in row.items() if value not in (None, "", [], False)})
    return list(names)


@register.filter
def figure(row: dict[str, Any], name: str) -> str:
    """A figure of a row as it was told: amounts with their unit, never rounded."""
    value = row.get(name)
    if isinstance(value, dict):
        return f"{value['value']} {value.get('currency') or value.get('unit')}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or isinstance(value, list) else str(value)
