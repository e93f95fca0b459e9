"""What a rule found: kind, severity, when, which rows, and a sentence."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    NOT_A_NUMBER = "not_a_number"
    NOT_POSITIVE = "not_positive"
    BAD_ORDER = "bad_order"
    DUPLICATE = "duplicate"
    UNSORTED = "unsorted"
    OUTSIDE_SESSION = "outside_session"
    GAP = "gap"
    NO_WEEKENDS = "no_weekends"
    TIME_ZONE = "time_zone"
    BAD_TICK = "bad_tick"
    BAD_WICK = "bad_wick"
    EXTREME = "extreme"
    SPLIT = "split"
    STALE = "stale"
    NO_VOLUME = "no_volume"
    ROUNDED = "rounded"
    ODD_SHAPE = "odd_shape"
    VENDOR_RATIO = "vendor_ratio"
    VENDOR_DISAGREES = "vendor_disagrees"


class Severity(StrEnum):
    #: Odd, and possibly true: to be looked at, never repaired.
    LOOK = "look"
    #: Probably wrong, or right and not to be read as it stands: a split, a stretch that is rounded.
    WARNING = "warning"
    #: Cannot be true.
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    severity: Severity
    #: The first and the last bar concerned, by their starts; of a gap, those that are missing.
    start: dt.datetime
    end: dt.datetime
    #: Which rows as they were given, counted from nought. A gap has none.
    rows: tuple[int, ...]
    detail: str
