"""Template tags that every page may use."""

import datetime as dt

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.durations import in_words

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


register.filter("in_words", in_words)
