"""Template tags that every page may use."""

import datetime as dt
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.durations import in_words
from kernel.ids import new_id
from kernel.moments import Precision, moment_text
from kernel.money.amount import Amount
from kernel.money.display import Grouping, exact_text, money_text, sign_of

register = template.Library()

# A row that the socket brings has no reader, so his own choice of grouping is not asked here.
register.filter("exact", exact_text)

#: What a person may have chosen; without a choice the currency decides.
_CHOSEN = {"lakh": Grouping.LAKH, "thousand": Grouping.THOUSAND}


def zone_of(look: Any) -> ZoneInfo:
    """The time zone in which this reader wants his times; UTC for who has said nothing."""
    return _zone(getattr(look, "time_zone", "") or "UTC")


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        # A zone that this machine forgot: the moment stays true in UTC, which is named.
        return ZoneInfo("UTC")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sprite, hidden from readers: the word beside it speaks."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="16" height="16"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def age(moment: dt.datetime | None) -> SafeString:
    """How old a figure is; the page's script lets it tick on the reader's own clock."""
    if moment is None:
        return format_html('<span class="age">{}</span>', "never")
    seconds = max(0, int((clock.now() - moment).total_seconds()))
    return format_html('<time class="age" datetime="{}" data-age>{} ago</time>', moment.isoformat(), in_words(seconds))


@register.simple_tag(takes_context=True)
def moment(context: Context, at: dt.datetime | None, precise_to: str = "minute") -> SafeString:
    """A moment in its reader's time zone, which is named; `precise_to` is second, minute or day."""
    if at is None:
        return format_html('<span class="age">{}</span>', "never")
    local = at.astimezone(zone_of(context.get("look")))
    words = moment_text(local, Precision(precise_to))
    return format_html('<time datetime="{}">{}</time>', at.astimezone(dt.UTC).isoformat(timespec="seconds"), words)


@register.simple_tag
def address(name: str, workspace: str = "") -> str:
    """Where a page of the workspace or of the person is; nothing while no app brings it."""
    for arguments in ([workspace], []) if workspace else ([],):
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    return ""


@register.simple_tag(takes_context=True)
def money(
    context: Context,
    value: Amount | Decimal | None,
    currency: str = "",
    *,
    signed: bool = False,
    places: int | None = None,
) -> SafeString:
    """An amount as its reader groups digits; `signed` for profit and loss, which also take their colour."""
    if value is None:
        return format_html('<span class="money">{}</span>', "not known")
    if isinstance(value, Amount):
        currency = value.currency
        value = value.value
    grouping = _CHOSEN.get(getattr(context.get("look"), "number_format", ""))
    text = money_text(value, currency, places=places, grouping=grouping, signed=signed)
    kind = {-1: " loss", 0: "", 1: " gain"}[sign_of(value, currency, places=places)] if signed else ""
    return format_html('<span class="money{}">{}</span>', kind, text)


@register.simple_tag
def idempotency_key() -> SafeString:
    """The hidden field that makes a form sent twice one act; read by kernel.idempotency.forms."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', new_id())


register.filter("in_words", in_words)
