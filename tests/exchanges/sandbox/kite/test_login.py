"""Logging in to the sandbox's Kite, and how long it lasts."""

import datetime as dt
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.exchanges.sandbox.kite.asking import HOME, NOW, Refused, User, Venue


@pytest.fixture
def venue():
    return Venue()


def profile(user):
    return user.ask("GET", "/user/profile")["user_id"]


def test_page_names_who_may_log_in_and_sends_nobody_anywhere(venue):
    user = venue.open()
    other = venue.open(app=user.words["api_key"])
    stranger = venue.open()
    page = venue.send("GET", "/connect/login", {"api_key": user.words["api_key"], "v": "3"})
    text = page.body.decode()
    assert (page.status, page.type) == (200, "text/html; charset=utf-8")
    assert user.words["user_id"] in text
    assert other.words["user_id"] in text
    assert stranger.words["user_id"] not in text
    assert user.words["api_secret"] not in text


def test_log_in_comes_back_with_a_token_and_what_was_handed_through(venue):
    user = venue.open(redirect="https://app.example/back?mine=1")
    fields = {
        "api_key": user.words["api_key"],
        "user_id": user.words["user_id"],
        "redirect_params": "state=a%26b&status=x",
    }
    reply = venue.send("POST", "/connect/login", fields)
    sent = urlsplit(dict(reply.headers)["location"])
    told = parse_qs(sent.query)
    assert (reply.status, f"{sent.scheme}://{sent.netloc}{sent.path}") == (302, "https://app.example/back")
    token = told.pop("request_token")
    assert told == {"mine": ["1"], "state": ["a&b"], "action": ["login"], "type": ["login"], "status": ["success"]}
    assert len(token[0]) == 32


def test_cancelled_log_in_comes_back_without_a_token(venue):
    user = venue.open()
    reply = venue.send("POST", "/connect/login", {"api_key": user.words["api_key"], "action": "cancel"})
    sent = dict(reply.headers)["location"]
    assert (reply.status, sent) == (302, f"{HOME}?action=login&type=login&status=cancelled")


@pytest.mark.parametrize("name", ["redirect_params", "api_key", "v"])
def test_html_in_a_field_is_escaped(venue, name):
    user = venue.open()
    fields = {"api_key": user.words["api_key"], "v": "3", name: '"><script>alert(1)</script>'}
    text = venue.send("GET", "/connect/login", fields).body.decode()
    assert "<script" not in text


def test_html_in_a_name_is_escaped(venue):
    account = venue.wire.open_account(name="<img src=x>", balances=None, words={"redirect": HOME})
    text = venue.send("GET", "/connect/login", {"api_key": account.words["api_key"]}).body.decode()
    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text


def test_page_of_another_site_cannot_log_anybody_in(venue):
    user = venue.open()
    fields = {"api_key": user.words["api_key"], "user_id": user.words["user_id"]}
    for origin in ("http://evil.example", "null"):
        reply = venue.send("POST", "/connect/login", fields, headers={"origin": origin, "host": "127.0.0.1:8030"})
        assert reply.status == 403


@pytest.mark.parametrize(
    "fields", [{}, {"api_key": "x" * 10_000}, {"v": "2"}, {"redirect_params": "x" * 10_000}, {"user_id": "ZZ9999"}]
)
def test_log_in_that_cannot_be_is_told_in_words(venue, fields):
    user = venue.open()
    reply = venue.send("POST", "/connect/login", {"api_key": user.words["api_key"]} | fields if fields else {})
    assert reply.status == 400
    assert b"<h1>" in reply.body


def test_request_token_is_exchanged_once_with_the_right_checksum_in_time(venue):
    user = venue.open()
    token = user.request_token()
    with pytest.raises(Refused, match="403 TokenException: Invalid `checksum`"):
        user.exchange(token, user.checksum(token, "another secret"))
    with pytest.raises(Refused, match="Missing or empty field `checksum`"):
        user.ask("POST", "/session/token", {"api_key": user.words["api_key"], "request_token": token}, is_open=True)
    told = user.exchange(token)
    assert told["login_time"] == dt.datetime.fromtimestamp(
        venue.clock.now() // 1000, dt.timezone(dt.timedelta(hours=5, minutes=30))
    ).strftime("%Y-%m-%d %H:%M:%S")
    with pytest.raises(Refused, match="403 TokenException: Token is invalid or has expired"):
        user.exchange(token)
    late = user.request_token()
    venue.clock.move(300)
    with pytest.raises(Refused, match="Token is invalid or has expired"):
        user.exchange(late)


def test_token_of_one_app_is_nothing_to_another(venue):
    user, stranger = venue.open(), venue.open()
    token = user.request_token()
    with pytest.raises(Refused, match="Token is invalid"):
        stranger.exchange(token)
    user.log_in()
    stranger.token = user.token
    with pytest.raises(Refused, match="403 TokenException: Incorrect `api_key` or `access_token`"):
        profile(stranger)


def test_access_token_dies_at_six_in_the_morning(venue):
    user = venue.open().log_in()
    dawn = NOW + 15 * 3_600_000
    venue.clock.at = dawn - 2_000
    assert profile(user) == user.words["user_id"]
    venue.clock.at = dawn
    with pytest.raises(Refused, match="TokenException"):
        profile(user)


def test_scaled_access_token_lives_a_scaled_day():
    venue = Venue(scale=0.001)
    user = venue.open().log_in()
    venue.clock.move(86)
    assert profile(user) == user.words["user_id"]
    venue.clock.move(1)
    with pytest.raises(Refused, match="TokenException"):
        profile(user)


def test_log_in_elsewhere_ends_the_session_before(venue):
    user = venue.open().log_in()
    old = user.token
    user.log_in()
    assert profile(user) == user.words["user_id"]
    user.token = old
    with pytest.raises(Refused, match="TokenException"):
        profile(user)


def test_log_out_ends_the_session(venue):
    user = venue.open().log_in()
    fields = {"api_key": user.words["api_key"], "access_token": user.token}
    assert user.ask("DELETE", "/session/token", fields) is True
    for _ in range(2):
        with pytest.raises(Refused, match="TokenException"):
            user.ask("DELETE", "/session/token", fields)


def test_refresh_token_is_for_apps_that_were_opened_with_it(venue):
    user = venue.open(refreshes=True)
    told = user.exchange(user.request_token())
    fields = {"api_key": user.words["api_key"], "refresh_token": told["refresh_token"]}
    fields["checksum"] = user.checksum(told["refresh_token"])
    renewed = user.ask("POST", "/session/refresh_token", fields, is_open=True)
    assert renewed["access_token"] != told["access_token"]
    with pytest.raises(Refused, match="TokenException"):
        user.ask("POST", "/session/refresh_token", fields, is_open=True)
    assert venue.open().exchange  # an ordinary app has none:
    plain = venue.open()
    assert plain.exchange(plain.request_token())["refresh_token"] == ""


def test_accounts_are_the_same_from_the_same_seed_and_strangers_to_each_other():
    first, second = Venue(), Venue()
    for _ in range(3):
        one, other = first.open(), second.open()
        assert one.words == other.words
    keys = {first.open().words["api_key"] for _ in range(50)}
    assert len(keys) == 50
    for account in first.house.accounts.values():
        words = account.words
        assert (len(words["api_key"]), len(words["api_secret"])) == (16, 32)
        assert words["user_id"][:2].isalpha()
        assert words["user_id"][2:].isdigit()


@pytest.mark.parametrize(
    "words",
    [
        {"postback": "http://example.com/"},
        {"postback": "http://127.0.0.1@example.com/"},
        {"postback": "https://127.0.0.1/"},
        {"postback": "http://127.0.0.1/\r\nHost: x"},
        {"postback": "http://[::1/"},
        {"redirect": "javascript:alert(1)"},
        {"redirect": "http://a\r\nb"},
        {"app": "nobody's"},
        {"strange": 1},
        {"addresses": "127.0.0.1"},
        {"addresses": [1]},
    ],
)
def test_account_is_not_opened_with_words_that_cannot_be(venue, words):
    with pytest.raises(ValueError):
        venue.open(**words)
    assert venue.house.accounts == {}


def test_account_is_opened_with_shares_by_symbol_or_isin(venue):
    user = venue.open(balances={"INR": 10**18, "SBIN": 3 * 10**18, "INE009A01021": 7 * 10**18}).log_in()
    assert (user.cash(), user.holding("SBIN")["quantity"], user.holding("INFY")["quantity"]) == (1, 3, 7)
    for balances in ({"SBIN": 10**17}, {"NOSUCH": 10**18}, {"INR": -1}, {"NIFTY 50": 10**18}):
        with pytest.raises(ValueError):
            venue.open(balances=balances)


def test_orders_are_taken_from_registered_addresses_alone(venue):
    user = venue.open(addresses=["10.1.2.3"]).log_in()
    fields = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "1", "product": "CNC",
        "order_type": "MARKET", "market_protection": "-1",
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        user.place(**fields)
    assert (refused.value.status, refused.value.kind) == (403, "PermissionException")
    assert user.ask("GET", "/orders") == []
    assert user.ask("POST", "/orders/regular", fields, address="10.1.2.3")["order_id"]


def test_closed_account_is_forgotten_with_its_tokens(venue):
    user = venue.open().log_in()
    venue.pulse()
    venue.house.close_account(user.account)
    with pytest.raises(Refused, match="TokenException"):
        profile(user)
    venue.pulse()
    assert venue.wire.desk.tokens.apps == {}
    assert {name: count for name, count in venue.world.sums().items() if count} == {}
    assert (
        json.loads(venue.send("POST", "/session/token", {"api_key": user.words["api_key"]}).body)["status"] == "error"
    )


@pytest.mark.parametrize("name", ["", " ", "x" * 10_000, "\u202eabc", "😀"])
def test_any_name_has_a_profile(venue, name):
    account = venue.wire.open_account(name=name, balances=None, words={"redirect": HOME})
    told = User(venue, account).log_in().ask("GET", "/user/profile")
    assert 0 < len(told["user_shortname"]) <= 20


def test_app_without_an_address_is_told_its_token_on_the_page(venue):
    user = venue.open(redirect="")
    fields = {"api_key": user.words["api_key"], "user_id": user.words["user_id"]}
    assert "no address" in venue.send("GET", "/connect/login", fields).body.decode()
    cancelled = venue.send("POST", "/connect/login", fields | {"action": "cancel"}).body.decode()
    token = re.findall("<code>([^<]{32})</code>", venue.send("POST", "/connect/login", fields).body.decode())
    assert "Cancelled." in cancelled
    assert user.exchange(token[0])["user_id"] == user.words["user_id"]
