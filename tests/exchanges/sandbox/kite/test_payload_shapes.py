"""The sandbox's payloads have the keys and JSON types of those that Zerodha published (kiteconnect-mocks, class B)."""

import base64
import csv
import io
import json
import struct

import pytest

from exchanges.sandbox.kite.frames import frame, packet
from tests.exchanges.sandbox.kite.asking import BUY, SELL, Venue, tick
from tests.shared_data import shared

#: Keys that Kite sends sometimes, and which of its payloads show them.
_SOMETIMES = {
    # The newest orders of the recorded book have these, the oldest have not.
    "account_id", "validity_ttl", "tags", "terminal_id", "auction_number", "exchange_update_timestamp",
    "market_protection", "meta", "guid", "status_message_raw", "disclosed_quantity", "modified",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder():
    return shared("wire/zerodha")


@pytest.fixture(scope="module")
def venue():
    return Venue()


@pytest.fixture(scope="module")
def user(venue):
    """Somebody who did everything once."""
    user = venue.open(refreshes=False).log_in()
    last = user.last()
    market = BUY | {"order_type": "MARKET", "market_protection": "2"}
    user.place(**market)
    user.place(**market | {"product": "MIS", "tradingsymbol": "SBIN"}, tag="shape")
    user.open_order = user.place(**BUY, price=tick(last, -100), tag="shape")
    user.ask("PUT", f"/orders/regular/{user.open_order}", {"price": tick(last, -99)})
    user.gone = user.place(**BUY, price=tick(last, -100))
    user.ask("DELETE", f"/orders/regular/{user.gone}")
    return user


def kind(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def compare(ours, theirs, where=""):
    """Every key of theirs is there with their type, where the type is known: null says nothing of it."""
    if theirs is None or ours is None:
        return
    assert kind(ours) == kind(theirs), where
    if isinstance(theirs, dict):
        missing = set(theirs) - set(ours) - _SOMETIMES
        assert not missing, f"{where}: {missing}"
        strange = set(ours) - set(theirs) - _SOMETIMES
        assert not strange, f"{where}: {strange}"
        for name in set(theirs) & set(ours):
            compare(ours[name], theirs[name], f"{where}.{name}")
    elif isinstance(theirs, list) and theirs and ours:
        for one in ours:
            compare(one, theirs[-1], f"{where}[]")


def _json(folder, name):
    return json.loads((folder / f"{name}.json").read_text())["data"]


_READS = {
    "profile": ("GET", "/user/profile"),
    "full_profile": ("GET", "/user/profile/full"),
    "margins": ("GET", "/user/margins"),
    "margins_equity": ("GET", "/user/margins/equity"),
    "margin_commodity": ("GET", "/user/margins/commodity"),
    "holdings": ("GET", "/portfolio/holdings"),
    "holdings_compact": ("GET", "/portfolio/holdings/compact"),
    "holdings_summary": ("GET", "/portfolio/holdings/summary"),
    "holdings_auth": ("POST", "/portfolio/holdings/authorise"),
    "positions": ("GET", "/portfolio/positions"),
    "trades": ("GET", "/trades"),
}


@pytest.mark.parametrize("name", _READS)
def test_read_has_the_shape_of_the_recorded_one(folder, user, name):
    compare(user.ask(*_READS[name]), _json(folder, name), name)


def test_orders_have_the_shape_of_each_recorded_order_of_theirs(folder, user):
    ours, theirs = user.ask("GET", "/orders"), _json(folder, "orders")
    assert len(ours) >= 4
    newest = theirs[-2]
    for one in ours:
        compare(one, newest, one["status"])
        assert set(one) - {"tags"} >= set(newest) - {"tags"}
    for one in theirs:
        # An iceberg's meta tells of its legs.
        compare(ours[0], one | {"meta": {}}, one["order_id"])


def test_protected_market_order_is_told_as_the_recorded_one(folder, user):
    theirs = next(one for one in _json(folder, "orders") if "mktp" in one.get("tags", []))
    ours = user.ask("GET", "/orders")[0]
    for name in ("order_type", "market_protection", "tag", "tags", "status", "pending_quantity"):
        assert ours[name] == theirs[name], name


def test_cancelled_order_is_counted_as_the_recorded_one(folder, user):
    theirs = next(one for one in _json(folder, "orders") if one["status"] == "CANCELLED")
    ours = user.order(user.gone)
    assert ours["pending_quantity"] == ours["cancelled_quantity"] == ours["quantity"]
    assert theirs["pending_quantity"] == theirs["cancelled_quantity"] == theirs["quantity"]


def test_history_goes_through_the_recorded_statuses(folder, user):
    ours, theirs = user.ask("GET", f"/orders/{user.open_order}"), _json(folder, "order_info")
    assert [one["status"] for one in ours] == [one["status"] for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        compare(one, other, one["status"])
        assert (one["exchange_order_id"] is None) == (other["exchange_order_id"] is None)


def test_answers_to_orders_have_the_recorded_shape(folder, user):
    other = user.place(**BUY, price=tick(user.last(), -100))
    changed = user.ask("PUT", f"/orders/regular/{other}", {"quantity": "11"})
    assert changed.keys() == _json(folder, "order_modify").keys()
    number = user.ask("POST", "/orders/regular", BUY | {"price": tick(user.last(), -100)})
    assert number.keys() == _json(folder, "order_response").keys()
    gone = user.ask("DELETE", f"/orders/regular/{number['order_id']}")
    assert gone.keys() == _json(folder, "order_cancel").keys()
    trade = next(one for one in user.ask("GET", "/orders") if one["status"] == "COMPLETE")
    compare(user.ask("GET", f"/orders/{trade['order_id']}/trades"), _json(folder, "order_trades"), "order_trades")


def test_slices_have_the_recorded_shape(folder, venue):
    user = venue.open(balances={"INR": 200_000 * 10**18}).log_in()
    fields = BUY | {"tradingsymbol": "IDEA", "quantity": "50000", "price": f"{user.last('NSE:IDEA'):.2f}"}
    ours = user.ask("POST", "/orders/regular", fields | {"autoslice": "true"})
    theirs = _json(folder, "autoslice_response")
    assert ours.keys() == theirs.keys()
    for part in ("order_id", "error"):
        compare(
            next(one for one in ours["children"] if part in one), next(one for one in theirs["children"] if part in one)
        )


def test_session_has_every_recorded_key(folder, venue):
    user = venue.open()
    compare(user.exchange(user.request_token()), _json(folder, "generate_session"), "session")


def test_log_out_answers_as_recorded(folder, venue):
    user = venue.open().log_in()
    fields = {"api_key": user.words["api_key"], "access_token": user.token}
    assert user.ask("DELETE", "/session/token", fields) is _json(folder, "session_logout")


@pytest.mark.parametrize(("name", "path"), [("quote", "/quote"), ("ohlc", "/quote/ohlc"), ("ltp", "/quote/ltp")])
def test_quotes_have_the_recorded_shape(folder, user, name, path):
    compare(user.ask("GET", path, {"i": "NSE:INFY"}), _json(folder, name), name)


@pytest.mark.parametrize(("name", "oi"), [("historical_minute", "0"), ("historical_oi", "1")])
def test_candles_have_the_recorded_shape(folder, user, name, oi):
    fields = {"from": "2026-11-19 09:15:00", "to": "2026-11-19 09:20:00", "oi": oi}
    ours = user.ask("GET", "/instruments/historical/408065/minute", fields)
    theirs = _json(folder, name)
    assert [len(one) for one in ours["candles"]] == [len(theirs["candles"][0])] * 6
    assert [kind(one) for one in ours["candles"][0]] == [kind(one) for one in theirs["candles"][0]]
    assert ours["candles"][0][0][10:] == theirs["candles"][0][0][10:] == "T09:15:00+0530"


def test_triggers_have_the_recorded_shape(folder, venue):
    user = venue.open().log_in()
    last = user.last()
    leg = {
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "transaction_type": "SELL",
        "quantity": 500,
        "order_type": "LIMIT",
        "product": "CNC",
    }
    condition = {"exchange": "NSE", "tradingsymbol": "INFY", "last_price": last}
    legs = [leg | {"price": round(last) - 10}, leg | {"price": round(last) + 10}]
    told = user.ask(
        "POST",
        "/gtt/triggers",
        {
            "type": "two-leg",
            "condition": json.dumps(condition | {"trigger_values": [round(last) - 9, round(last) + 9]}),
            "orders": json.dumps(legs),
        },
    )
    assert told.keys() == _json(folder, "gtt_place_order").keys()
    one = user.ask("GET", f"/gtt/triggers/{told['trigger_id']}")
    theirs = _json(folder, "gtt_get_order")
    compare(one, theirs, "active")
    venue.faults.order("spike", venue="kite", symbol="INFY", factor=1.02, seconds=30)
    venue.clock.move(1)
    venue.pulse()
    fired = user.ask("GET", "/gtt/triggers")[-1]
    assert fired["status"] == theirs["status"] == "triggered"
    compare(fired, theirs, "triggered")
    assert fired["orders"][1]["result"]["order_result"]["status"] == "failed"
    compare(fired["orders"][1]["result"], theirs["orders"][1]["result"], "result")


def test_reckonings_have_the_recorded_shape(folder, user):
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "variety": "regular", "product": "CNC",
        "order_type": "LIMIT", "quantity": 1, "price": 1498,
    }  # fmt: skip
    ours, theirs = user.ask("POST", "/margins/orders", told=[order]), _json(folder, "order_margins")
    compare(ours, theirs, "order_margins")
    assert (ours[0]["total"], ours[0]["charges"]["transaction_tax"]) == (theirs[0]["total"], 1.498)
    compare(user.ask("POST", "/margins/basket", told=[order]), _json(folder, "basket_margins"), "basket")
    compare(user.ask("POST", "/charges/orders", told=[order]), _json(folder, "virtual_contract_note"), "note")


def test_conversion_answers_as_recorded(folder, user):
    fields = {
        "exchange": "NSE", "tradingsymbol": "SBIN", "transaction_type": "BUY", "position_type": "day", "quantity": "1",
        "old_product": "MIS", "new_product": "CNC",
    }  # fmt: skip
    assert user.ask("PUT", "/portfolio/positions", fields) is _json(folder, "convert_position")


@pytest.mark.parametrize(
    ("name", "path"), [("instruments_all", "/instruments"), ("instruments_nse", "/instruments/NSE")]
)
def test_instruments_have_the_recorded_columns(folder, venue, name, path):
    with (folder / f"{name}.csv").open() as file:
        theirs = list(csv.DictReader(file))
    reply = venue.send("GET", path)
    ours = list(csv.DictReader(io.StringIO(reply.body.decode())))
    assert list(ours[0]) == list(theirs[0])
    pattern = next(one for one in theirs if one["instrument_type"] == "EQ" and one["segment"] == "NSE")
    share = next(one for one in ours if one["tradingsymbol"] == "INFY")
    for name in ("last_price", "expiry", "strike", "tick_size", "lot_size", "instrument_type", "segment", "exchange"):
        assert share[name] == pattern[name], name
    assert int(pattern["exchange_token"]) == int(pattern["instrument_token"]) >> 8
    assert int(share["exchange_token"]) == int(share["instrument_token"]) >> 8


def test_postback_has_the_recorded_keys(folder, venue, user):
    told = venue.wire.desk.book.find(user.account, user.open_order)
    ours = told.update(checksum="0" * 64, app=1, status="COMPLETE")
    theirs = json.loads((folder / "postback.json").read_text())
    compare(ours, theirs, "postback")
    assert set(theirs) - set(ours) == set()


@pytest.mark.parametrize("mode", ["quote", "full"])
def test_frame_is_as_long_as_the_recorded_one_and_reads_by_its_layout(folder, venue, user, mode):
    theirs = base64.b64decode((folder / f"ticker_{mode}.packet").read_bytes())
    told = json.loads((folder / f"ticker_{mode}.json").read_text())
    view = venue.wire.desk.quotes.view(venue.house.markets["NSE:INFY"])
    ours = frame([packet(view, mode)])
    # The recorded packets come without the count and length before them, or with: both are told by their first bytes.
    head = 0 if struct.unpack(">I", theirs[:4])[0] == told["instrument_token"] else 4
    assert len(ours) - 4 == len(theirs) - head
    layout = ">IIIIIIIIIII"
    read = struct.unpack(layout, theirs[head : head + 44])
    assert read == (
        told["instrument_token"], round(told["last_price"] * 100), told["last_quantity"],
        round(told["average_price"] * 100), told["volume"], told["buy_quantity"], told["sell_quantity"],
        *(round(told["ohlc"][name] * 100) for name in ("open", "high", "low", "close")),
    )  # fmt: skip
    assert struct.unpack(layout, ours[4:48]) == (
        408065, view.last * 5, view.last_lots, view.average * 5, view.volume, view.buying, view.selling,
        view.open * 5, view.high * 5, view.low * 5, view.close * 5,
    )  # fmt: skip
    if mode == "full":
        for raw, start, levels in ((theirs, head + 64, told["depth"]["buy"] + told["depth"]["sell"]), (ours, 68, None)):
            for n in range(10):
                lots, price, orders, padding = struct.unpack(">IIHH", raw[start + 12 * n : start + 12 * n + 12])
                assert padding == 0
                if levels is not None:
                    assert (lots, price, orders) == (
                        levels[n]["quantity"], round(levels[n]["price"] * 100), levels[n]["orders"]
                    )  # fmt: skip


def test_sale_and_purchase_have_one_shape(user):
    user.place(**SELL, price=tick(user.last(), 100))
    assert len({tuple(sorted(set(one) - {"tags"})) for one in user.ask("GET", "/orders")}) == 1
