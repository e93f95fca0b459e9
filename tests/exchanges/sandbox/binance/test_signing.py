"""Who is let in: keys, signatures and times, with the document's own examples."""

import json
import urllib.request

import pytest

from exchanges.sandbox.binance.errors import Refusal
from exchanges.sandbox.binance.parameters import Parameters
from exchanges.sandbox.binance.signing import Keys
from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.server import Request
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.binance.asking import Asking, quoted
from tests.exchanges.sandbox.binance.conftest import opened

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
SAID = "side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
ASCII = (f"symbol=LTCBTC&{SAID}", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71")
WIDE = (
    f"symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&{SAID}",
    "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
)


def keys_at(moment):
    world = World(clock=SetClock(moment))
    account = world.binance.open_account("1", name="", balances={})
    keys = Keys(house=world.binance, clock=world.clock, seed="")
    keys.give(account, None)
    account.words |= {"api_key": KEY, "secret": SECRET}
    keys._accounts[KEY] = account
    return keys


def request(query="", body=""):
    return Request("POST", "/api/v3/order", query, {"x-mbx-apikey": KEY}, body.encode(), "")


@pytest.mark.parametrize("told", [ASCII, WIDE])
@pytest.mark.parametrize("way", ["query", "body", "both", "capitals"])
def test_documents_own_requests_are_signed_right(told, way):
    payload, signature = told
    head, tail = payload.split("&quantity", 1)
    asked = {
        "query": request(f"{payload}&signature={signature}"),
        "body": request(body=f"{payload}&signature={signature}"),
        # Query and body are joined without a sign between them.
        "both": request(head, f"quantity{tail}&signature={signature}"),
        "capitals": request(f"signature={signature.upper()}&{payload}"),
    }[way]
    keys = keys_at(1499827319559)
    if way == "both":
        with pytest.raises(Refusal, match="Signature"):
            keys.check_request(asked, Parameters.of(asked), "enableReading")
        return
    assert keys.check_request(asked, Parameters.of(asked), "enableReading").words["api_key"] == KEY


def test_query_and_body_are_one_payload_without_a_sign_between():
    keys = keys_at(1499827319559)
    head, tail = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC", "quantity=1&price=0.1&recvWindow=5000"
    tail += "&timestamp=1499827319559"
    # The older document's own example of mixed parameters, of the same keys.
    asked = request(head, f"{tail}&signature=0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77")
    assert keys.check_request(asked, Parameters.of(asked), "enableReading")


def test_documents_own_call_of_the_socket_is_signed_right():
    told = {
        "symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01000000",
        "price": "52000.00", "recvWindow": "100", "timestamp": "1645423376532", "apiKey": KEY,
        "signature": "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
    }  # fmt: skip
    assert keys_at(1645423376532).check_call(Parameters(told), "enableSpotAndMarginTrading")
    with pytest.raises(Refusal, match="Signature"):
        keys_at(1645423376532).check_call(Parameters(told | {"price": "52000.01"}), "enableReading")


@pytest.mark.parametrize(("late", "is_let_in"), [(-999, True), (-1000, False), (0, True), (5000, True), (5001, False)])
def test_time_is_let_in_as_the_document_says(late, is_let_in):
    payload, signature = ASCII
    keys = keys_at(1499827319559 + late)
    asked = request(f"{payload}&signature={signature}")
    if is_let_in:
        keys.check_request(asked, Parameters.of(asked), "enableReading")
        return
    with pytest.raises(Refusal) as refused:
        keys.check_request(asked, Parameters.of(asked), "enableReading")
    words = "outside of the recvWindow." if late > 0 else "1000ms ahead of the server's time."
    assert (refused.value.code, refused.value.words.endswith(words)) == (-1021, True)


def test_strangers_are_told_why(client):
    assert client.ask("GET", "/api/v3/account", headers={"X-MBX-APIKEY": ""}).error == (
        401, -2014, "API-key format invalid.",
    )  # fmt: skip
    assert client.ask("GET", "/api/v3/account", headers={"X-MBX-APIKEY": "a" * 64}).error == (
        401, -2015, "Invalid API-key, IP, or permissions for action.",
    )  # fmt: skip
    assert client.ask("GET", "/api/v3/account").error[1:] == (
        -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.",
    )  # fmt: skip
    assert client.ask("GET", "/api/v3/account", f"timestamp={client.now()}").error[1:] == (
        -1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
    )  # fmt: skip
    forged = client.ask("GET", "/api/v3/account", f"timestamp={client.now()}&signature={'0' * 64}")
    assert forged.error == (400, -1022, "Signature for this request is not valid.")
    wide = client.ask("GET", "/api/v3/account", f"timestamp={client.now()}&signature={quoted('<é>')}")
    assert wide.error[1] == -1022
    assert client.signed("GET", "account", at=client.now() - 6000).error[1:] == (
        -1021, "Timestamp for this request is outside of the recvWindow.",
    )  # fmt: skip
    assert client.signed("GET", "account", at=client.now() - 6000, recvWindow="6500.125").status == 200
    assert client.signed("GET", "account", recvWindow=60001).error[1:] == (
        -1102, "'recvWindow' contains unexpected value. Cannot be greater than 60000.",
    )  # fmt: skip


def test_replayed_request_is_too_late_once_its_window_is_over(client):
    payload = f"timestamp={client.now() - 40}&recvWindow=60"
    signed = f"{payload}&signature={client.sign(payload)}"
    assert client.ask("GET", "/api/v3/account", signed).status == 200
    while client.now() < int(payload[10:23]) + 70:
        pass
    assert client.ask("GET", "/api/v3/account", signed).error[1] == -1021


def test_key_may_do_what_it_was_given(running, client):
    rights = client.signed("GET", "/sapi/v1/account/apiRestrictions").told
    assert {name for name, may in rights.items() if may is True} == {"enableReading", "enableSpotAndMarginTrading"}
    careless = opened(running, rights={"enableWithdrawals": True, "enableSpotAndMarginTrading": False})
    assert careless.signed("GET", "/sapi/v1/account/apiRestrictions").told["enableWithdrawals"] is True
    assert careless.limit("100").error == (401, -2015, "Invalid API-key, IP, or permissions for action.")
    with pytest.raises(ValueError, match="no right called enableFlying"):
        opened(running, rights={"enableFlying": True})


def test_keys_are_the_same_again_from_the_same_seed(running, client):
    one, other = (World(seed="same").wires["binance"].open_account(name="", balances=None) for _ in range(2))
    assert one.words == other.words
    assert one.words["api_key"] != one.words["secret"] != client.words["secret"]
    assert {len(one.words["api_key"]), len(one.words["secret"])} == {64}


def test_closed_account_is_let_in_no_more(running, client):
    account = running.do(lambda: running.world.wires["binance"].keys.account_of(client.words["api_key"]))
    running.do(lambda: running.world.binance.close_account(account))
    assert client.signed("GET", "account").error[1] == -2015


def test_control_opens_accounts_with_rights(running):
    body = json.dumps({"venue": "binance", "words": {"rights": {"enableWithdrawals": True}}, "balances": {"USDT": "5"}})
    asked = urllib.request.Request(
        f"{running.address}/control/accounts", body.encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=10) as reply:
        told = json.load(reply)
    client = Asking(running, told)
    assert client.signed("GET", "/sapi/v1/account/apiRestrictions").told["enableWithdrawals"] is True
    assert client.free("USDT") == "5.00000000"
