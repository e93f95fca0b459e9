"""How a connection stands, asked when it is drawn, since time alone may have changed it; and what an account holds."""

import datetime as dt
import math
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchanges.domain.health import BOXES, ActHealth
from exchanges.domain.limits import Act
from exchanges.domain.standing import Standing
from exchanges.domain.venues import venue_named
from exchanges.manners.health import ClockSeen
from exchanges.models import Connection, Snapshot
from kernel import clock
from kernel.durations import in_words
from kernel.money.display import exact_text

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


#: What was asked for, as the page of health says it.
ACT_WORDS = {
    Act.PLACE: "Orders",
    Act.CANCEL: "Cancels",
    Act.MODIFY: "Changes of orders",
    Act.FIND: "One order, looked up",
    Act.OPEN_ORDERS: "Open orders",
    Act.ORDERS_SINCE: "Past orders",
    Act.TRADES_SINCE: "Fills",
    Act.BALANCES: "Balances",
    Act.HOLDINGS: "Holdings",
    Act.POSITIONS: "Positions",
    Act.MARGINS: "Margins",
    Act.TICKER: "Prices",
    Act.BOOK: "Order books",
    Act.CANDLES: "Candles",
    Act.LISTINGS: "Listings",
    Act.RIGHTS: "Rights of a key",
    Act.CLOCK: "Its clock",
    Act.LOG_IN: "Log-ins",
    Act.STREAM: "Streams",
}


@register.simple_tag
def standing_of(connection: Connection) -> Standing:
    return connection.standing(now=clock.now())


@register.simple_tag
def until(moment: dt.datetime) -> SafeString:
    """How long there is left, or how long it has been over."""
    seconds = (moment - clock.now()).total_seconds()
    words = f"in {in_words(seconds)}" if seconds > 0 else f"{in_words(-seconds)} ago"
    return format_html('<time datetime="{}">{}</time>', moment.astimezone(dt.UTC).isoformat(timespec="seconds"), words)


@register.simple_tag
def told(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as a table: names of columns, and rows of (name, text or moment, is a figure)."""
    columns = COLUMNS[snapshot.kind]
    rows = [
        [(name, *_cell(field, row[field], row.get("currency") or row.get("asset") or "")) for name, field in columns]
        for row in snapshot.rows
    ]
    return {"columns": [(name, field not in _WORDS) for name, field in columns], "rows": rows}


@register.filter
def venue_title(name: str) -> str:
    return venue_named(name).title


def _cell(field: str, value: Any, currency: str) -> tuple[Any, bool]:
    if field in _WORDS:
        return value, False
    if field.endswith("_at"):
        return (dt.datetime.fromisoformat(value) if value else None), True
    if isinstance(value, dict):
        return f"{exact_text(Decimal(value['value']))} {value.get('currency') or value.get('unit')}", True
    if value is None:
        return "–", True
    try:
        return exact_text(Decimal(value), currency), True
    except InvalidOperation:
        return str(value), True


@register.filter
def share(value: float | None) -> str:
    """98.4 %; everything but all of it is never rounded up to 100."""
    if value is None:
        return "–"
    return "100 %" if value == 1 else f"{min(value * 100, 99.9):.1f} %"


@register.filter
def within(seconds: float | None) -> str:
    """The box that a time lies in: 250 ms, 1 s, or longer than the last of them."""
    if seconds is None:
        return "–"
    if math.isinf(seconds):
        return f"over {BOXES[-1]:g} s"
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


@register.filter
def took(act: ActHealth, percent: int) -> str:
    return within(act.within(percent / 100))


@register.filter
def act_words(act: Act) -> str:
    return ACT_WORDS[act]


@register.filter
def clock_words(seen: ClockSeen) -> str:
    """How far this server's clock is from the venue's, with what cannot be told apart."""
    side = "behind" if seen.ahead > 0 else "ahead of"
    return f"{abs(seen.ahead) * 1000:,.0f} ms {side} the venue's, give or take {seen.give_or_take * 1000:,.0f} ms"
