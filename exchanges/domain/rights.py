"""What a key may do. Whether it may move money away has three answers, and "not known" is one of them."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from exchanges.domain.reports import Raw


class Withdrawal(StrEnum):
    CANNOT = "cannot"
    CAN = "can"
    NOT_KNOWN = "not_known"


class RightsQuery(StrEnum):
    """Whether the venue can be asked what a key may do."""

    ANSWERS = "answers"
    #: There is no such question at this venue; the person says so himself, or the policy refuses.
    NO_QUESTION = "no_question"


@dataclass(frozen=True, slots=True)
class KeyRights:
    can_read: bool | None
    can_trade: bool | None
    withdrawal: Withdrawal
    #: None: not known.
    is_address_bound: bool | None
    expires_at: dt.datetime | None
    #: The venue's words for the rights that move money, for the refusal.
    withdrawal_words: tuple[str, ...] = ()
    raw: Raw = field(default_factory=dict, repr=False, compare=False)
