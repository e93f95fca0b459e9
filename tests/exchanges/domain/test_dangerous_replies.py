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
    # Coinbase: a named reason refuses; the nameless one, the internal one and what has a server's status do not.
    ("coinbase", 200, "", "", Verdict.ACCEPTED),
    ("coinbase", 200, "UNKNOWN_FAILURE_REASON", "", U),
    ("coinbase", 200, "UNKNOWN_PREVIEW_FAILURE_REASON", "", U),
    ("coinbase", 200, "PREVIEW_RISK_PROXY_FAILURE", "", U),
    ("coinbase", 200, "SOMETHING_NEW", "", U),
    ("coinbase", 200, "DUPLICATE_CLIENT_ORDER_ID", "", Verdict.DUPLICATE),
    ("coinbase", 200, "INSUFFICIENT_FUND", "", R),
    ("coinbase", 200, "PREVIEW_INSUFFICIENT_FUND", "", R),
    ("coinbase", 500, "INSUFFICIENT_FUND", "", U),
    ("coinbase", 400, "INVALID_ARGUMENT", "", R),
    ("coinbase", 500, "INVALID_ARGUMENT", "", U),
    ("coinbase", 401, "unauthorized", "", R),
    ("coinbase", 401, "", "", U),
    ("coinbase", 429, "rate_limit_exceeded", "", U),
    ("coinbase", 429, "", "", U),
    ("coinbase", 404, "NOT_FOUND", "", U),
    ("coinbase", 500, "internal_server_error", "", U),
    ("coinbase", 504, "", "", U),
    # What a cancel or a change says of itself.
    ("coinbase", 200, "UNKNOWN_CANCEL_FAILURE_REASON", "", U),
    ("coinbase", 200, "DUPLICATE_CANCEL_REQUEST", "", U),
    ("coinbase", 200, "ORDER_IS_FULLY_FILLED", "", R),
    ("coinbase", 200, "UNKNOWN_EDIT_ORDER_FAILURE_REASON", "", U),
    ("coinbase", 200, "ORDER_IS_ALREADY_BEING_REPLACED", "", U),
]


@pytest.mark.parametrize(("venue", "status", "code", "message", "verdict"), REPLIES)
def test_reply_comes_to_what_it_proves_and_no_more(venue, status, code, message, verdict):
    assert table_of(venue).verdict(Reply(status, "", code, message)) is verdict
