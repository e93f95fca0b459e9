"""A postback says at most: go and ask for this order."""

import hashlib
import json

import pytest

from exchanges.domain.kite_postback import Forged, hinted_order

SECRET = "s" * 32
TOLD = {"order_id": "251121000310442", "order_timestamp": "2025-11-21 13:30:00", "status": "COMPLETE", "quantity": 12}


def call(secret=SECRET, **changes) -> bytes:
    signed = f"{TOLD['order_id']}{TOLD['order_timestamp']}{secret}"
    return json.dumps({**TOLD, "checksum": hashlib.sha256(signed.encode()).hexdigest(), **changes}).encode()


def test_call_of_kite_names_an_order_to_ask_for():
    assert hinted_order(call(), api_secret=SECRET) == "251121000310442"


def test_status_and_quantity_are_not_signed_and_change_nothing():
    assert hinted_order(call(status="REJECTED", quantity=9_999_999), api_secret=SECRET) == "251121000310442"


@pytest.mark.parametrize(
    "forged",
    [
        call(secret="another"),
        call(order_id="251121000310443"),
        call(order_timestamp="2025-11-21 13:30:01"),
        # The same text, cut elsewhere: the checksum is right, and the number is another's.
        call(order_id="2511210003104422", order_timestamp="025-11-21 13:30:00"),
        call(order_id="25112100031044", order_timestamp="22025-11-21 13:30:00"),
        call(checksum="0" * 64),
        call(checksum=""),
        call(checksum=None),
        call(checksum="é" * 64),
        call(order_id=251121000310442),
        call(order_id=None),
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps(TOLD).encode(),
    ],
)
def test_call_of_anybody_else_is_forged(forged):
    with pytest.raises(Forged) as said:
        hinted_order(forged, api_secret=SECRET)
    assert SECRET not in str(said.value)
