"""The sandbox's page: served by itself under a strict policy, over a control API that no fault keeps anybody from."""

import json
import re
import time
import urllib.error
import urllib.request
from importlib.resources import files

import pytest
from websockets.sync.client import connect

from exchanges.sandbox.orders import Ask
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.serving import serving

FOLDER = files("exchanges.sandbox.page")


@pytest.fixture(scope="module")
def running():
    with serving(World(seed="page")) as one:
        yield one


def get(running, path, **headers):
    with urllib.request.urlopen(urllib.request.Request(running.address + path, headers=headers), timeout=10) as reply:
        return reply.headers, reply.read()


def ask(running, method, path, told=None):
    data = None if told is None else json.dumps(told).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(running.address + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def refused(running, method, path, told=None):
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(running, method, path, told)
    with error.value as reply:
        return reply.code, json.load(reply)["error"]


def test_page_and_all_it_wants_come_from_here_under_a_strict_policy(running):
    headers, body = get(running, "/sandbox/", accept="text/html")
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    page = body.decode()
    for wanted in re.findall(r'(?:href|src)="([^"]+)"', page):
        assert "//" not in wanted
        assert get(running, f"/sandbox/{wanted}")[1]
    for script in [one.name for one in FOLDER.iterdir() if one.name.endswith(".js")]:
        text = get(running, f"/sandbox/{script}")[1].decode()
        assert "innerHTML" not in text
        for wanted in re.findall(r'from "\./([^"]+)"', text):
            assert get(running, f"/sandbox/{wanted}")[0]["content-type"].startswith("text/javascript")


def test_page_has_no_script_style_or_handler_inside(running):
    page = get(running, "/sandbox/")[1].decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


def test_every_element_that_scripts_ask_for_is_there():
    page = FOLDER.joinpath("page.html").read_text()
    wanted = {
        name
        for one in FOLDER.iterdir()
        if one.name.endswith(".js")
        for name in re.findall(r'\$\("([^"]+)"\)', one.read_text())
    }
    assert wanted - set(re.findall(r'\bid="([^"]+)"', page)) == set()


def test_short_address_leads_to_the_page_and_strange_ones_nowhere(running):
    assert b"Sandbox venue" in get(running, "/sandbox")[1]
    for path in ("/sandbox/../control.py", "/sandbox/wire.py", "/sandbox/nothing"):
        with pytest.raises(urllib.error.HTTPError) as error:
            get(running, path)
        assert error.value.code == 404
        error.value.close()


def test_market_says_what_it_is_and_where_it_comes_from(running):
    told = ask(running, "GET", "/control/markets/binance/BTCUSDT")
    assert "SYNTHETIC" in told["origin"]
    assert (told["base"], told["quote"], told["is_open"], told["is_halted"]) == ("BTC", "USDT", True, False)
    # The crowd's last trade may have taken the whole of a touch.
    assert {len(told["bids"]), len(told["asks"])} <= {19, 20}
    assert refused(running, "GET", "/control/markets/binance/NOPE") == (404, "binance lists no NOPE")
    assert refused(running, "GET", "/control/markets/nowhere/NOPE")[0] == 404


def test_index_has_a_price_and_no_book(running):
    told = ask(running, "GET", "/control/markets/kite/NSE:NIFTY%2050")
    assert float(told["last"]) > 0
    assert (told["is_index"], told["bids"], told["asks"], told["tape"]) == (True, [], [], [])


def test_account_is_made_followed_and_closed(running):
    made = ask(
        running, "POST", "/control/accounts", {"venue": "binance", "name": "مرحبا 🙂", "balances": {"USDT": "1000"}}
    )
    where = f"/control/accounts/binance/{made['id']}"

    def trade():
        house = running.world.binance
        market = house.look(house.markets["BTCUSDT"])
        for _ in range(5):
            house.place(house.accounts[made["id"]], market, Ask(is_buy=True, lots=10, price=market.last + 1000))
        house.cancel(house.place(house.accounts[made["id"]], market, Ask(is_buy=True, lots=10, price=1)))

    running.do(trade)
    told = ask(running, "GET", f"{where}?orders=3")
    assert [one["state"] for one in told["orders"]] == ["filled", "filled", "cancelled"]
    bought, ended = told["orders"][0]["timeline"], told["orders"][2]["timeline"]
    assert bought[0]["what"] == "arrived"
    assert bought[1]["what"].startswith("filled 0.00010 at ")
    assert [one["what"] for one in ended] == ["arrived", "cancelled"]
    assert len(ask(running, "GET", where)["orders"]) == 6
    assert set(map(float, ask(running, "GET", "/control/sums").values())) == {0}
    ask(running, "DELETE", where)
    assert refused(running, "GET", where) == (404, "no such account")
    assert set(map(float, ask(running, "GET", "/control/sums").values())) == {0}


def test_no_fault_bites_where_it_is_taken_back(running):
    for name in ("reset_before", "error_after", "outage", "html"):
        ask(running, "POST", "/control/faults", {"name": name, "times": None})
    try:
        told = ask(running, "GET", "/control/faults?fired=2")
        assert (len(told["ordered"]), told["fired"]) == (4, [])
        assert get(running, "/sandbox/")[1]
    finally:
        ask(running, "DELETE", "/control/faults")
    assert ask(running, "GET", "/control/faults")["ordered"] == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "nothing"}, "no fault is called nothing"),
        ({"name": "hidden", "wrong": 1}, "hidden is told seconds, not wrong"),
        ({"name": "hidden", "chance": 2}, "a chance is above 0 and at most 1"),
        ({"name": "hidden", "times": 0}, "a number of times is at least 1"),
        ({"name": "hidden", "chance": "often"}, "a chance is a number"),
        ({"name": "hidden", "times": "x"}, "a number of times is a whole number"),
        ({}, "no fault is called"),
    ],
)
def test_fault_that_cannot_be_is_refused_in_words(running, told, words):
    status, said = refused(running, "POST", "/control/faults", told)
    assert (status, words in said) == (400, True), said


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/control/clock", {}),
        ("/control/clock", {"skew": "soon"}),
        ("/control/accounts", {"venue": "binance", "balances": {"USDT": "much"}}),
        ("/control/accounts", {"venue": "binance", "balances": {"USDT": "NaN"}}),
        ("/control/accounts", {"venue": "binance", "balances": [1]}),
        ("/control/deposits", {"venue": "binance"}),
    ],
)
def test_nonsense_is_refused_and_breaks_nothing(running, path, told):
    assert refused(running, "POST", path, told)[0] == 400


def test_beat_comes_four_times_a_second(running):
    with connect(f"{running.socket_address}/sandbox/beat") as one:
        one.recv(timeout=5)
        begun = time.monotonic()
        told = [json.loads(one.recv(timeout=5))["now"] for _ in range(8)]
        # No more than four on any machine; a busy one may be late, but never so late as one a second.
        assert 1.7 < time.monotonic() - begun < 6
        assert told == sorted(told)
