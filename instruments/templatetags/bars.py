"""What pages about bars say."""

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """0.0123 as 1.2 %; what is out of all proportion as more than."""
    if share > 10:
        return "over 1,000 %"
    return f"{share * 100:.1f} %"
