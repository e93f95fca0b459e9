"""What the sandbox's Kite says to what no client should send. Nothing of it is an error of the server."""

import json

import pytest

from tests.exchanges.sandbox.kite.asking import BUY, SELL, Refused, Venue, tick

LONG = "x" * 10_000
STRANGE = [
    "",
    " ",
    "0",
    "-1",
    "0.5",
    "1e3",
    "١٢",
    "NaN",
    "Infinity",
    "null",
    "<b>",
    "' OR 1=1 --",
    "\u202eabc",
    "😀",
    LONG,
]


@pytest.fixture(scope="module")
def venue():
    return Venue()


@pytest.fixture(scope="module")
def user(venue):
    return venue.open().log_in()


def refusal(user, **fields):
    told = {name: value for name, value in fields.items() if value is not None}
    before = user.ask("GET", "/orders")
    with pytest.raises(Refused) as refused:
        user.place(**told)
    assert user.ask("GET", "/orders") == before
    return refused.value


@pytest.mark.parametrize(
    ("wrong", "status", "kind", "words"),
    [
        ({"tradingsymbol": "NOSUCH"}, 400, "InputException", "either expired or does not exist"),
        ({"tradingsymbol": "NIFTY 50"}, 400, "InputException", "either expired or does not exist"),
        ({"exchange": "XXX"}, 400, "InputException", "Invalid `exchange`."),
        ({"price": "1400.03"}, 400, "InputException", "Tick size for this script is 0.05."),
        ({"price": "1"}, 400, "InputException", "lower circuit limit"),
        ({"price": "9000"}, 400, "InputException", "upper circuit limit"),
        ({"price": None}, 400, "InputException", "Missing or empty field `price`"),
        ({"quantity": "0"}, 400, "InputException", "Invalid `quantity`."),
        ({"quantity": "0.5"}, 400, "InputException", "Invalid `quantity`."),
        ({"quantity": "-3"}, 400, "InputException", "Invalid `quantity`."),
        ({"quantity": "19000"}, 400, "MarginException", "Insufficient funds. Required margin is"),
        ({"quantity": "20001"}, 400, "InputException", "freeze quantity"),
        ({"product": "NRML"}, 400, "InputException", "NRML is not allowed for equity"),
        ({"product": "MTF"}, 400, "InputException", "MTF is not enabled"),
        ({"product": "MIS", "tradingsymbol": "IDEA", "price": "5.01"}, 400, "InputException", "MIS orders are"),
        ({"tag": "x" * 21}, 400, "InputException", "maximum of 20 characters"),
        ({"disclosed_quantity": "11"}, 400, "InputException", "Disclosed quantity should be less"),
        ({"validity": "GTC"}, 400, "InputException", "Invalid `validity`."),
        ({"validity": "TTL"}, 400, "InputException", "`validity_ttl`"),
        ({"order_type": "SL", "trigger_price": None}, 400, "InputException", "Missing or empty field `trigger_price`"),
        ({"transaction_type": "SELL", "quantity": "101"}, 400, "HoldingException", "Insufficient stock holding"),
    ],
)  # fmt: skip
def test_order_that_cannot_be_is_refused_in_words(user, wrong, status, kind, words):
    refused = refusal(user, **BUY | {"price": tick(user.last())} | wrong)
    assert (refused.status, refused.kind) == (status, kind)
    assert words in refused.words


@pytest.mark.parametrize("variety", ["co", "iceberg", "auction", "bo", "REGULAR", "x" * 500])
def test_variety_that_is_not_offered_is_refused(user, variety):
    with pytest.raises(Refused) as refused:
        user.place(variety, **BUY, price=tick(user.last()))
    assert (refused.value.status, refused.value.kind) == (400, "InputException")


@pytest.mark.parametrize(
    "name", [*BUY, "price", "tag", "disclosed_quantity", "trigger_price", "market_protection", "autoslice"]
)
@pytest.mark.parametrize("value", STRANGE)
def test_strange_value_is_refused_or_changes_nothing(user, name, value):
    fields = BUY | {"price": tick(user.last(), -150)} | {name: value}
    refused = user.refusal("POST", "/orders/regular", fields)
    if refused is None:
        user.ask("DELETE", f"/orders/regular/{user.ask('GET', '/orders')[-1]['order_id']}")
        return
    assert refused.status == 400, refused
    assert len(json.dumps(refused.told)) < 1_000


@pytest.mark.parametrize("value", STRANGE)
def test_strange_modification_is_refused_or_harmless(user, value):
    number = user.place(**BUY, price=tick(user.last(), -150))
    for name in ("price", "quantity", "order_type", "validity", "trigger_price", "disclosed_quantity"):
        refused = user.refusal("PUT", f"/orders/regular/{number}", {name: value})
        assert refused is None or refused.status == 400, refused
    assert user.order(number)["quantity"] == 10
    user.ask("DELETE", f"/orders/regular/{number}")


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/orders/1/2/3", "/user", "/instruments/historical/408065", "/" + LONG]
)
def test_path_that_nobody_knows_is_no_route(user, path):
    with pytest.raises(Refused) as refused:
        user.ask("GET", path)
    assert (refused.value.status, refused.value.kind, refused.value.words) == (
        404,
        "GeneralException",
        "Route not found",
    )


def test_method_that_is_not_meant_is_told_so(user):
    for method, path in (("DELETE", "/user/profile"), ("PATCH", "/orders"), ("POST", "/quote")):
        with pytest.raises(Refused) as refused:
            user.ask(method, path)
        assert refused.value.status == 405


@pytest.mark.parametrize(
    "header",
    ["", "token", "token x", "token x:y", "Bearer x:y", "token :", f"token {LONG}:{LONG}", "token \u00e9:\u00e9"],
)
def test_request_without_a_live_token_is_refused(venue, header):
    reply = venue.send("GET", "/orders", headers={"authorization": header})
    told = json.loads(reply.body)
    assert (reply.status, told["error_type"]) == (403, "TokenException")
    assert told == {
        "status": "error",
        "message": "Incorrect `api_key` or `access_token`.",
        "data": None,
        "error_type": "TokenException",
    }


@pytest.mark.parametrize("number", ["1", "99999999999999999999999", "x", "😀", LONG])
def test_order_that_nobody_placed_is_not_found(user, number):
    for method, path in (
        ("GET", f"/orders/{number}"),
        ("GET", f"/orders/{number}/trades"),
        ("DELETE", f"/orders/regular/{number}"),
    ):
        with pytest.raises(Refused) as refused:
            user.ask(method, path)
        assert (refused.value.status, refused.value.words) == (404, "Couldn't find that `order_id`.")


def test_order_of_another_account_is_not_found(venue, user):
    number = user.place(**BUY, price=tick(user.last(), -100))
    stranger = venue.open().log_in()
    for method in ("DELETE", "PUT"):
        with pytest.raises(Refused, match="Couldn't find"):
            stranger.ask(method, f"/orders/regular/{number}", {"quantity": "5"})
    assert stranger.ask("GET", "/orders") == []
    assert user.order(number)["status"] == "OPEN"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"[1]", b"not json", b"[" * 50_000, b'[{"exchange":"NSE"}]', b"\xff\xfe", b"[NaN]"]
)
@pytest.mark.parametrize("path", ["/margins/orders", "/margins/basket", "/charges/orders"])
def test_reckoning_of_nonsense_is_refused(user, path, body):
    with pytest.raises(Refused) as refused:
        user.ask("POST", path, body=body)
    assert refused.value.status == 400


@pytest.mark.parametrize("number", [0, -1, 0.5, 1e300, True, None, "5", [1], {}])
@pytest.mark.parametrize("name", ["quantity", "price"])
def test_reckoning_of_a_strange_figure_is_refused(user, name, number):
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "CNC", "quantity": 1}
    if name == "price" and number in (0, 0.5, None) and number is not True:
        # At the market, or at a price that is low.
        assert user.ask("POST", "/margins/orders", told=[order | {name: number}])
        return
    with pytest.raises(Refused) as refused:
        user.ask("POST", "/margins/orders", told=[order | {name: number}])
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "three-leg"},
        {"type": ""},
        {"condition": "{"},
        {"condition": "[]"},
        {"condition": json.dumps({"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [], "last_price": 1})},
        {
            "condition": json.dumps(
                {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": ["x"], "last_price": 1}
            )
        },
        {
            "condition": json.dumps(
                {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1.01], "last_price": 2}
            )
        },
        {
            "condition": json.dumps(
                {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1], "last_price": None}
            )
        },
        {"condition": json.dumps({"exchange": "NSE", "tradingsymbol": "TCS", "trigger_values": [1], "last_price": 2})},
        {"orders": "[]"},
        {"orders": "[1]"},
        {"orders": "[[]]"},
        {"orders": "[" * 50_000},
    ],
)
def test_trigger_that_cannot_be_is_refused(user, wrong):
    leg = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "SELL", "quantity": 1, "order_type": "LIMIT",
        "product": "CNC", "price": 1500,
    }  # fmt: skip
    condition = {"exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [1500], "last_price": 1400}
    fields = {"type": "single", "condition": json.dumps(condition), "orders": json.dumps([leg])}
    assert user.ask("POST", "/gtt/triggers", fields)["trigger_id"]
    with pytest.raises(Refused) as refused:
        user.ask("POST", "/gtt/triggers", fields | wrong)
    assert (refused.value.status, refused.value.kind) == (400, "InputException")


@pytest.mark.parametrize("number", ["0", "x", LONG])
def test_trigger_that_nobody_made_is_not_found(user, number):
    for method in ("GET", "PUT", "DELETE"):
        with pytest.raises(Refused) as refused:
            user.ask(method, f"/gtt/triggers/{number}", {})
        assert refused.value.status == 404


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("/quote", {}, "Missing or empty field `i`"),
        ("/quote", {"i": [f"NSE:X{n}" for n in range(501)]}, "Max permitted is 500"),
        ("/instruments/historical/1/minute", {"from": "2026-11-19", "to": "2026-11-20"}, "invalid token"),
        ("/instruments/historical/408065/second", {"from": "2026-11-19", "to": "2026-11-20"}, "invalid interval"),
        ("/instruments/historical/408065/day", {"from": "19/11/2026", "to": "2026-11-20"}, "invalid from date"),
        ("/instruments/historical/408065/day", {"from": "2026-11-20", "to": "2026-11-19"}, "invalid from date"),
        ("/instruments/historical/408065/day", {"from": "0001-01-01", "to": "9999-12-31"}, "invalid from date"),
        ("/instruments/historical/408065/minute", {"from": "2026-08-01", "to": "2026-11-20"}, "max limit: 60 days"),
        ("/instruments/XXX", {}, "Invalid `exchange`."),
        ("/user/margins/forex", {}, "Invalid `segment`."),
    ],
)  # fmt: skip
def test_question_that_cannot_be_answered_is_refused(user, path, fields, words):
    if path.startswith("/instruments/X"):
        reply = user.venue.send("GET", path)
        assert (reply.status, words in reply.body.decode()) == (400, True)
        return
    with pytest.raises(Refused, match=words) as refused:
        user.ask("GET", path, fields)
    assert refused.value.status == 400


def test_unknown_instruments_are_left_out_of_quotes(user):
    assert user.ask("GET", "/quote/ltp", {"i": ["NSE:NOSUCH", LONG, "NSE:INFY", "1"]}).keys() == {"NSE:INFY"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "0"},
        {"old_product": "CNC", "new_product": "CNC"},
        {"tradingsymbol": "TCS"},
        {"position_type": "overnight"},
        {"quantity": LONG},
    ],
)
def test_conversion_that_cannot_be_is_refused(user, wrong):
    fields = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "position_type": "day", "quantity": "1",
        "old_product": "MIS", "new_product": "CNC",
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        user.ask("PUT", "/portfolio/positions", fields | wrong)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "body", [b"isin=NOSUCH&quantity=1", b"isin=INE009A01021", b"isin=INE009A01021&quantity=x", b"\xff"]
)
def test_leave_for_nonsense_is_refused_or_harmless(user, body):
    refused = user.refusal("POST", "/portfolio/holdings/authorise", body=body)
    assert refused is None or refused.status == 400


def test_sale_over_what_is_held_in_two_orders_is_refused(venue):
    user = venue.open().log_in()
    user.place(**SELL | {"quantity": "60"}, price=tick(user.last(), 100))
    assert refusal(user, **SELL | {"quantity": "41"}, price=tick(user.last(), 100)).kind == "HoldingException"


def test_nothing_was_lost_on_the_way(venue, user):
    assert venue.sums() == {}
