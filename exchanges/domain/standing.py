"""How a connection stands, reckoned from its facts each time one looks: no state is kept that time could falsify."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from exchanges.domain.credentials import TokenLife


class Standing(StrEnum):
    CHECKING = "checking"
    OK = "ok"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    #: The venue does not answer as it should; what we know of it grows old.
    DEGRADED = "degraded"
    #: The venue lets the key do nothing from here.
    BLOCKED = "blocked"
    #: It may move money away, or its policy is closed here: nothing of it was kept.
    REFUSED = "refused"

    @property
    def may_trade(self) -> bool:
        return self in {Standing.OK, Standing.EXPIRING, Standing.DEGRADED}


class Hindrance(StrEnum):
    """What the last check met."""

    NONE = ""
    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a kind of hindrance
    CLOCK = "clock"
    NO_ANSWER = "no_answer"
    TOO_MANY = "too_many"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Facts:
    checked_at: dt.datetime | None
    hindrance: Hindrance
    #: When the login's token, or the key, ends; the nearer of the two.
    ends_at: dt.datetime | None
    life: TokenLife


#: Troubles that a person must mend.
_BLOCKS = {Hindrance.KEY: Standing.BLOCKED, Hindrance.TOKEN: Standing.EXPIRED, Hindrance.REFUSED: Standing.REFUSED}


def standing_of(facts: Facts, *, now: dt.datetime) -> Standing:
    if facts.hindrance in _BLOCKS:
        return _BLOCKS[facts.hindrance]
    if facts.ends_at is not None and facts.ends_at <= now:
        return Standing.EXPIRED
    if facts.checked_at is None:
        return Standing.CHECKING
    if facts.hindrance is not Hindrance.NONE:
        return Standing.DEGRADED
    if facts.ends_at is not None and facts.ends_at - warning(facts.life) <= now:
        return Standing.EXPIRING
    return Standing.OK


def warning(life: TokenLife) -> dt.timedelta:
    """How long ahead of an end people are told: long enough to log in before it strands an exit."""
    if life.daily_end is not None:
        return dt.timedelta(hours=2)
    if life.hard_end is not None:
        return dt.timedelta(days=1)
    return dt.timedelta(days=7)
