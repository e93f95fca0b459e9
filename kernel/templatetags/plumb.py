"""Template tags that every page may use."""

import datetime as dt

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.ids import new_id

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from the sprite, hidden from readers: the word beside it speaks."""
    return format_html(
        '<svg class="icon" aria-hidden="true" width="16" height="16"><use href="/static/icons.svg#{}"></use></svg>',
        name,
    )


@register.simple_tag
def age(moment: dt.datetime | None) -> SafeString:
    """How old a figure is; the page's script lets it tick on the reader's own clock."""
    if moment is None:
        return format_html('<span class="age">{}</span>', "never")
    seconds = max(0, int((clock.now() - moment).total_seconds()))
    return format_html('<time class="age" datetime="{}" data-age>{} ago</time>', moment.isoformat(), in_words(seconds))


@register.simple_tag
def idempotency_key() -> SafeString:
    """The hidden field that makes a form sent twice one act; read by kernel.idempotency.forms."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', new_id())


@register.filter
def in_words(seconds: float) -> str:
    """A duration as a person says it: 4 s, 12 min, 3 h 05 min, 2 days."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    days = whole // 86_400
    return "1 day" if days == 1 else f"{days} days"
