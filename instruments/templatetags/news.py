"""What pages about news say."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django import template

from instruments.domain.news.matching import How

register = template.Library()

_HOWS = {
    How.TOLD: "the source names it",
    How.EXCHANGE: "with its exchange",
    How.CASHTAG: "as a cash tag",
    How.PAIR: "as a pair",
    How.NAME: "its name",
    How.SYMBOL: "its symbol, beside words of the market",
    How.WEAK: "a name that may mean something else, beside words of the market",
}


@register.filter
def score_text(score: float) -> str:
    """+0.62, with a true minus; nought has no sign."""
    rounded = f"{abs(score):.2f}"
    sign = "" if rounded == "0.00" else "+" if score > 0 else "−"
    return sign + rounded


@register.filter
def how_text(how: str) -> str:
    return _HOWS[How(how)]


@register.filter
def told_by(also: Mapping[UUID, Collection[str]], key: UUID) -> Collection[str]:
    """Who else tells the story."""
    return also.get(key, ())
