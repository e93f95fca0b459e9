"""The search finds what it looks for: a sweep that is blind would always say nought."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.canary.marks import keys_of

SECRET = "Abc/+=def9876543210ghijklmnopQRSTUV"


@pytest.mark.parametrize(
    "hidden",
    [
        SECRET,
        SECRET[8:28],
        json.dumps({"a": SECRET}),
        quote(SECRET, safe=""),
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"x" + SECRET.encode()).decode(),
        base64.b64encode(b"user:" + SECRET.encode()).decode(),
        SECRET[::-1],
    ],
)
def test_mark_is_found_in_every_form(marks, hidden):
    marks.add("secret", SECRET)
    assert marks.hits("a place", f"much before {hidden} and after")


def test_last_four_are_no_hit_and_nothing_is_none(marks):
    marks.add("secret", SECRET)
    assert marks.hits("a page", f"…{SECRET[-4:]}") == []
    assert marks.hits("a page", "") == []


@pytest.mark.parametrize("venue", ["binance", "kraken", "coinbase", "zerodha"])
def test_keys_are_new_each_time(venue):
    assert keys_of(venue) != keys_of(venue)
