"""What the operators' lists need beyond Django's own tags."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def labelled_cells(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> SafeString:
    """The cells of a row, each with its column's name: on a phone the heads are not seen."""
    named = (
        cell.replace(" class=", f' data-label="{escape(str(head["text"]).capitalize())}" class=', 1)
        for cell, head in zip(cells, headers, strict=True)
    )
    # Django's own cells, escaped when they were drawn; what is added is escaped above.
    return mark_safe("".join(named))  # noqa: S308
