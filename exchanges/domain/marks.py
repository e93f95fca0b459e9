"""Our own name for an order, in the form that each venue takes, and what the venue makes of it."""

import base64
import datetime as dt
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from enum import StrEnum


class MarkForm(StrEnum):
    #: There is no place for a mark.
    NONE = "none"
    LETTERS_AND_DIGITS = "letters_and_digits"
    UUID = "uuid"


class Unique(StrEnum):
    """Within what a second order of the same mark is refused."""

    NOTHING = "nothing"
    OPEN_ORDERS = "open_orders"
    DAY = "day"
    ACCOUNT = "account"
    NOT_KNOWN = "not_known"


class LookUp(StrEnum):
    """How an order is found again when no id came back."""

    BY_MARK = "by_mark"
    #: All orders of the reach are read, and ours is picked out by its mark.
    SCAN_MARKS = "scan_marks"
    #: The venue keeps no mark: what fits in instrument, side, quantity, price and time may be ours, or not.
    SCAN_LIKENESS = "scan_likeness"


class Reach(StrEnum):
    """How far back the look-up sees."""

    EVERYTHING = "everything"
    TODAY = "today"
    SESSION = "session"
    DAYS = "days"


class Resend(StrEnum):
    """What the same mark sent twice does. We never resend to retry; where it is safe, it is a way of asking."""

    MAKES_ANOTHER = "makes_another"
    RETURNS_FIRST = "returns_first"
    #: The refusal proves that the first is there.
    REFUSED = "refused"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class MarkPolicy:
    form: MarkForm
    longest: int
    unique: Unique
    look_up: LookUp
    reach: Reach
    resend: Resend
    days: int | None = None
    #: The wire's name of the field.
    field: str = ""

    def __post_init__(self) -> None:
        if (self.reach is Reach.DAYS) != (self.days is not None):
            raise ValueError("a reach of days names them")
        if self.form is MarkForm.LETTERS_AND_DIGITS and self.longest < LENGTH:
            raise ValueError(f"a mark has {LENGTH} characters, and {self.longest} are taken")
        if self.form is MarkForm.NONE and self.look_up is not LookUp.SCAN_LIKENESS:
            raise ValueError("without a mark there is only likeness to look for")

    def covers(self, sent_at: dt.datetime, *, now: dt.datetime, day_began: dt.datetime) -> bool:
        """True when a look-up now sees everything that may have been taken since `sent_at`."""
        match self.reach:
            case Reach.EVERYTHING:
                return True
            case Reach.TODAY | Reach.SESSION:
                return sent_at >= day_began
            case Reach.DAYS:
                return now - sent_at < dt.timedelta(days=self.days or 0)


LENGTH = 18
_PREFIX = "pl"


def mark_for(*, key: bytes, intent: str, attempt: int, form: MarkForm) -> str:
    """The same mark each time for the same intent and attempt, and nothing about either can be read from it.

    18 letters and digits, 80 bits: fits Kite's 20 and Kraken's 18. A venue of another form gets the same bits in it.
    """
    digest = hmac.digest(key, f"{intent}\x1f{attempt}".encode(), hashlib.sha256)
    match form:
        case MarkForm.LETTERS_AND_DIGITS:
            return _PREFIX + base64.b32encode(digest).decode().lower()[: LENGTH - len(_PREFIX)]
        case MarkForm.UUID:
            # Version 8: the bits are ours to choose (RFC 9562).
            bits = int.from_bytes(digest[:16], "big")
            bits = bits & ~(0xF << 76) | 0x8 << 76
            bits = bits & ~(0x3 << 62) | 0x2 << 62
            return str(uuid.UUID(int=bits))
        case MarkForm.NONE:
            return ""
