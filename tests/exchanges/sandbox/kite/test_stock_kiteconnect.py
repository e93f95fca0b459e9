"""Zerodha's own client against the sandbox, unmodified, with none of our code between. Only its roots are set."""

import datetime as dt
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from kiteconnect import KiteConnect
from kiteconnect import exceptions as ex

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.kite.times import moment
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.serving import serving

HOME = "http://127.0.0.1:9/back?mine=1"
INFY = 408065
#: Quotes are answered once in a scaled second.
_PAUSE = 0.02


@pytest.fixture(scope="module")
def running():
    # Durations are a hundredth; a day lasts a quarter of an hour.
    with serving(World(seed="stock", clock=Clock(scale=0.01))) as running:
        yield running


def open_account(running, **words):
    told = {"venue": "kite", "name": "Stock", "words": {"redirect": HOME} | words}
    reply = requests.post(f"{running.address}/control/accounts", json=told, timeout=10)
    assert reply.status_code == 200, reply.text
    return reply.json()


def log_in(running, account):
    """As a browser does it: the address that the client says, the page's form filled in, the way back followed."""
    kite = KiteConnect(account["api_key"], root=running.address)
    address = urlsplit(kite.login_url())
    assert (address.path, parse_qs(address.query)) == ("/connect/login", {"api_key": [account["api_key"]], "v": ["3"]})
    with requests.Session() as browser:
        page = browser.get(f"{running.address}{address.path}?{address.query}", timeout=10)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        fields["user_id"] = re.search(r'type="radio" name="user_id" value="(\w+)" checked', page.text).group(1)
        action = re.search(r'<form method="post" action="([^"]+)"', page.text).group(1)
        sent = browser.post(
            running.address + action,
            data=fields | {"action": "login"},
            headers={"Origin": running.address},
            allow_redirects=False,
            timeout=10,
        )
    assert sent.status_code == 302
    back = parse_qs(urlsplit(sent.headers["location"]).query)
    assert (back["status"], back["action"], back["mine"]) == (["success"], ["login"], ["1"])
    return kite, kite.generate_session(back["request_token"][0], account["api_secret"])


@pytest.fixture(scope="module")
def kite(running):
    account = open_account(running)
    kite, session = log_in(running, account)
    assert session["user_id"] == account["user_id"]
    assert isinstance(session["login_time"], dt.datetime)
    yield kite
    kite.reqsession.close()


def test_it_reads_who_it_is_and_what_it_has(kite):
    assert kite.profile()["broker"] == "ZERODHA"
    assert kite.margins()["equity"]["net"] == kite.margins("equity")["net"] > 0
    assert kite.holdings()[0]["tradingsymbol"] == "INFY"


def test_it_reads_the_market(kite):
    rows = {(one["exchange"], one["tradingsymbol"]): one for one in kite.instruments()}
    assert rows["NSE", "INFY"]["instrument_token"] == INFY
    assert rows["NSE", "INFY"]["tick_size"] == 0.05
    assert rows["NSE", "INFY"]["name"] == "INFOSYS (SYNTHETIC)"
    assert len(kite.instruments("BSE")) == 2
    time.sleep(_PAUSE)
    quote = kite.quote("NSE:INFY")["NSE:INFY"]
    assert quote["depth"]["buy"][0]["price"] < quote["depth"]["sell"][0]["price"]
    assert isinstance(quote["last_trade_time"], dt.datetime)
    time.sleep(_PAUSE)
    assert kite.ohlc(["NSE:INFY", "NSE:NIFTY 50"])["NSE:NIFTY 50"]["instrument_token"] == 256265
    time.sleep(_PAUSE)
    assert kite.ltp(str(INFY))[str(INFY)]["last_price"] > 0


def test_it_reads_candles(running, kite):
    until = moment(running.world.clock.now()).replace(tzinfo=None)
    bars = kite.historical_data(INFY, until - dt.timedelta(days=9), until, "day")
    assert 8 <= len(bars) <= 11
    assert all(one["low"] <= min(one["open"], one["close"]) <= one["high"] for one in bars)
    minutes = kite.historical_data(INFY, "2026-11-19 09:15:00", "2026-11-19 09:19:00", "minute", oi=True)
    assert [one["date"].strftime("%H:%M") for one in minutes] == ["09:15", "09:16", "09:17", "09:18", "09:19"]
    assert minutes[0]["date"].utcoffset() == dt.timedelta(hours=5, minutes=30)
    assert minutes[0]["oi"] == 0


def test_it_places_changes_and_cancels(kite):
    time.sleep(_PAUSE)
    last = kite.ltp("NSE:ITC")["NSE:ITC"]["last_price"]
    number = kite.place_order(
        "regular", "NSE", "ITC", "BUY", 5, "CNC", "LIMIT", price=round(last) - 20, validity="DAY", tag="stock"
    )
    assert next(one for one in kite.orders() if one["order_id"] == number)["status"] == "OPEN"
    assert kite.modify_order("regular", number, quantity=6, price=round(last) - 19) == number
    assert kite.cancel_order("regular", number) == number
    history = kite.order_history(number)
    assert [one["status"] for one in history][-1] == "CANCELLED"
    assert (history[-1]["quantity"], history[-1]["tag"]) == (6, "stock")
    assert isinstance(history[-1]["order_timestamp"], dt.datetime)


def test_it_trades(kite):
    number = kite.place_order("regular", "NSE", "SBIN", "BUY", 3, "CNC", "MARKET", market_protection=2)
    trades = kite.order_trades(number)
    assert sum(one["quantity"] for one in trades) == 3
    assert {one["order_id"] for one in kite.trades()} >= {number}
    day = next(one for one in kite.positions()["day"] if one["tradingsymbol"] == "SBIN")
    assert (day["quantity"], day["product"]) == (3, "CNC")


def test_it_slices(kite):
    time.sleep(_PAUSE)
    last = kite.ltp("NSE:IDEA")["NSE:IDEA"]["last_price"]
    told = kite.place_autoslice_order(
        "regular", "NSE", "IDEA", "BUY", 10_001, "CNC", "LIMIT", price=round(last * 0.9, 2)
    )
    assert len(told["children"]) == 3


def test_it_keeps_triggers(kite):
    time.sleep(_PAUSE)
    last = kite.ltp("NSE:INFY")["NSE:INFY"]["last_price"]
    leg = {
        "transaction_type": "SELL",
        "quantity": 1,
        "order_type": "LIMIT",
        "product": "CNC",
        "price": round(last) + 50,
    }
    number = kite.place_gtt("single", "INFY", "NSE", [round(last) + 51], last, [leg])["trigger_id"]
    assert kite.get_gtt(number)["condition"]["trigger_values"] == [round(last) + 51]
    both = [round(last) - 40, round(last) + 40]
    low = leg | {"price": round(last) - 41}
    assert kite.modify_gtt(number, "two-leg", "INFY", "NSE", both, last, [low, leg]) == {"trigger_id": number}
    assert kite.get_gtts()[-1]["type"] == "two-leg"
    assert kite.delete_gtt(number) == {"trigger_id": number}
    assert kite.get_gtt(number)["status"] == "deleted"


def test_it_reckons_margins_and_charges(kite):
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "variety": "regular", "product": "CNC",
        "order_type": "LIMIT", "quantity": 2, "price": 1500.5,
    }  # fmt: skip
    assert kite.order_margins([order])[0]["total"] == 3001
    assert kite.basket_order_margins([order, order], mode="compact")["final"]["total"] == 6002
    note = kite.get_virtual_contract_note([order | {"order_id": "1", "average_price": 1500.5}])[0]
    assert note["charges"]["transaction_tax"] == pytest.approx(3.001)


def test_it_raises_its_own_exceptions(kite):
    with pytest.raises(ex.InputException):
        kite.place_order("regular", "NSE", "NOSUCH", "BUY", 1, "CNC", "LIMIT", price=1)
    # The client knows no MarginException: it makes a GeneralException of it.
    with pytest.raises(ex.GeneralException, match="Insufficient funds"):
        kite.place_order("regular", "NSE", "TCS", "BUY", 9_000, "CNC", "MARKET", market_protection=-1)


def test_dead_session_calls_its_hook(running):
    kite, _ = log_in(running, open_account(running))
    called = []
    kite.set_session_expiry_hook(lambda: called.append(1))
    assert kite.invalidate_access_token() is True
    with pytest.raises(ex.TokenException):
        kite.profile()
    assert called == [1]
    kite.reqsession.close()


def test_ticker_is_told_depth_and_what_becomes_of_orders(running):
    account = open_account(running)
    kite, session = log_in(running, account)
    kite.reqsession.close()
    script = Path(__file__).with_name("stock_ticker.py")
    run = subprocess.run(
        [sys.executable, str(script), running.address, account["api_key"], session["access_token"]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout.splitlines()[-1])
    infy, index = told["ticks"][str(INFY)], told["ticks"]["256265"]
    assert (infy["mode"], infy["tradable"], index["mode"], index["tradable"]) == ("full", True, "full", False)
    assert [len(infy["depth"][side]) for side in ("buy", "sell")] == [5, 5]
    assert infy["depth"]["buy"][0]["price"] < infy["depth"]["sell"][0]["price"]
    assert infy["ohlc"]["low"] <= infy["last_price"] <= infy["ohlc"]["high"]
    # The client reads the moment in the zone of the machine it runs on.
    told_at = dt.datetime.fromisoformat(infy["exchange_timestamp"]).timestamp()
    assert abs(told_at - running.world.clock.now() / 1000) < 60
    update = told["orders"][-1]
    assert (update["order_id"], update["status"], update["filled_quantity"]) == (told["order"], "COMPLETE", 2)
    assert told["heartbeats"] > 0
    statuses = [one["status"] for one in told["orders"]]
    assert statuses[0] == "OPEN"


def test_ticker_with_a_dead_token_is_refused_at_the_door(running):
    reply = requests.get(
        f"{running.address}/?api_key=x&access_token=y",
        headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
        timeout=10,
    )  # fmt: skip
    assert (reply.status_code, reply.json()["error_type"]) == (403, "TokenException")
