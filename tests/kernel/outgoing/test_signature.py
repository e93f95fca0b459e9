"""The receiver can tell our bodies from others', and today's from yesterday's."""

import hashlib
import hmac

import pytest

from kernel.outgoing.signature import BadSignature, sign, verify

BODY = b'{"event":"order.filled"}'


def test_signature_is_the_hmac_that_the_documentation_describes():
    expected = hmac.new(b"s3cret", b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert sign("s3cret", BODY, at=1_700_000_000) == f"t=1700000000,v1={expected}"


def test_own_signature_is_accepted_within_the_tolerance():
    header = sign("s3cret", BODY, at=1_700_000_000)
    verify("s3cret", header, BODY, now=1_700_000_300)
    verify("s3cret", header, BODY, now=1_699_999_700)
    verify("s3cret", f"{header},v1=00", BODY, now=1_700_000_000)


@pytest.mark.parametrize(
    ("secret", "body", "now"),
    [
        ("other", BODY, 1_700_000_000),
        ("s3cret", BODY + b" ", 1_700_000_000),
        ("s3cret", BODY, 1_700_000_301),
        ("s3cret", BODY, 1_699_999_699),
    ],
)
def test_other_secret_body_or_time_is_refused(secret, body, now):
    with pytest.raises(BadSignature):
        verify(secret, sign("s3cret", BODY, at=1_700_000_000), body, now=now)


@pytest.mark.parametrize(
    "header", ["", "v1=00", "t=x,v1=00", "t=1,t=2,v1=00", "t=١,v1=00", "t=1700000000", "t=1700000000,v1=é"]
)
def test_unreadable_header_is_refused(header):
    with pytest.raises(BadSignature):
        verify("s3cret", header, BODY, now=1_700_000_000)
