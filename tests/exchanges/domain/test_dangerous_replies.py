"""The replies that would cost money if they were read wrongly, each with what it must come to, written by hand."""

import pytest

from exchanges.domain.classifier import Verdict, table_of
from exchanges.domain.outcomes import Reply

R, U = Verdict.REJECTED, Verdict.UNKNOWN

#: Venue, status, code, message, verdict.
REPLIES = [
    # Kraken: every answer is a 200, and what the engine did not decide is open.
    ("kraken", 200, "", "", Verdict.ACCEPTED),
    ("kraken", 200, "EService:Unavailable", "", U),
    ("kraken", 200, "EService:Busy", "", U),
    ("kraken", 200, "EGeneral:Internal error", "", U),
    ("kraken", 200, "EGeneral:Invalid arguments", "EGeneral:Invalid arguments:cl_ord_id", U),
    ("kraken", 200, "EOrder:Reduce only:Position is closed", "", U),
    ("kraken", 200, "EOrder:Something new", "", U),
    ("kraken", 200, "EOrder:Insufficient funds", "", R),
    ("kraken", 200, "EGeneral:Invalid arguments", "EGeneral:Invalid arguments:volume", R),
    ("kraken", 200, "EService:Deadline elapsed", "", R),
    ("kraken", 200, "EAPI:Rate limit exceeded", "", R),
    # The same words under another status are somebody else's.
    ("kraken", 502, "EOrder:Insufficient funds", "", U),
    ("kraken", 520, "", "", U),
    ("kraken", 429, "", "", U),
    ("kraken", 403, "", "", U),
    ("kraken", 201, "", "", U),
]


@pytest.mark.parametrize(("venue", "status", "code", "message", "verdict"), REPLIES)
def test_reply_comes_to_what_it_proves_and_no_more(venue, status, code, message, verdict):
    assert table_of(venue).verdict(Reply(status, "", code, message)) is verdict
