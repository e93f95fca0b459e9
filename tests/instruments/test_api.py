"""Instruments, calendars, watchlists and alerts by the API."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts.doors import access_of
from accounts.models import Membership
from accounts.services.tokens import create_token
from instruments.domain.prices import Price
from instruments.models import Instrument, Listing, PriceAlert
from instruments.services.catalogue import refresh_listings
from instruments.services.prices import write_prices
from kernel import clock
from kernel.ids import new_id
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from tests.instruments.telling import share, spot

API = "/api/v1"


def token_of(workspace, person):
    with tenant(workspace.pk):
        access = access_of(Membership.objects.get(person=person))
        _, secret = create_token(
            access=access, name="Test", scopes=set(Right), now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    return {"Authorization": f"Bearer {secret.reveal()}"}


@pytest.fixture
def pairs(db, now):
    refresh_listings(venue="binance", listings=[spot(name="Bitcoin"), spot("ETH"), spot("SOL")], now=now)
    refresh_listings(venue="zerodha", listings=[share(isin="INE009A01021", name="Infosys")], now=now)


@pytest.fixture
def ask(client, team, alice, pairs):
    headers = token_of(team, alice)

    def call(path, *, method="get", data=None, **query):
        options = {"headers": headers}
        if method == "get":
            return client.get(f"{API}/{path}", query, **options)
        return getattr(client, method)(f"{API}/{path}", data, content_type="application/json", **options)

    return call


def test_instruments_are_searched_filtered_and_paged(ask):
    told = ask("instruments", q="bitcion").json()
    assert [one["code"] for one in told["results"]] == ["BTC/USDT"]
    assert told["also"] == "bitcoin"
    assert [one["code"] for one in ask("instruments", kind="equity").json()["results"]] == ["INFY/INR"]
    first = ask("instruments", limit=3).json()
    second = ask("instruments", limit=3, after=first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (3, 1, None)


def test_price_is_told_exactly_with_age_and_source(ask):
    now = clock.now()
    write_prices(venue="binance", prices=[Price("BTCUSDT", Decimal("0.1") + 91250, None, None, now)], now=now)
    price = ask("instruments", q="btcusdt").json()["results"][0]["listing"]["price"]
    assert (price["last"], price["bid"], price["source"]) == ("91250.1", None, "binance")
    assert 0 <= price["age_seconds"] < 60


def test_one_instrument_tells_its_listings(ask):
    found = Instrument.objects.get(code="BTC/USDT")
    told = ask(f"instruments/{found.pk}").json()
    assert (told["code"], told["home"], told["multiplier"]) == ("BTC/USDT", str(found.home_id), "1")
    [listing] = told["listings"]
    assert (listing["symbol"], listing["lot"], listing["price_tick"]) == ("BTCUSDT", "0.00001", "0.01")
    assert ask(f"instruments/{new_id()}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [{"kind": "moon"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"after": "-1"}, {"q": "x" * 10_000}],
)
def test_bad_filter_is_a_problem(ask, query):
    answer = ask("instruments", **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert set(answer.json()["fields"]) == set(query)


def test_calendars_tell_whether_they_are_open(ask):
    told = {one["name"]: one for one in ask("calendars").json()}
    assert set(told) == {"XBOM", "always"}
    assert told["always"]["is_open"] is True


def test_calendar_tells_the_sessions_of_a_range(ask):
    told = ask("calendars/XBOM", since="2026-01-23", until="2026-01-27").json()
    # The 26th is a holiday.
    assert [one["day"] for one in told["sessions"]] == ["2026-01-23", "2026-01-27"]
    assert told["sessions"][0]["opens"] == "2026-01-23T03:45:00Z"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("calendars/XMOON", 404),
        ("calendars/XBOM?since=yesterday", 400),
        ("calendars/XBOM?since=2026-01-02&until=2026-01-01", 400),
        ("calendars/XBOM?since=2020-01-01&until=2026-01-01", 400),
        ("calendars/XBOM?since=1900-01-01", 400),
        ("calendars/always?since=9999-12-31", 400),
    ],
)
def test_range_that_is_none_is_a_problem(ask, path, status):
    assert ask(path).status_code == status


def test_watchlist_is_made_filled_emptied_and_deleted(ask):
    made = ask("watchlists", method="post", data={"name": "Coins"})
    assert made.status_code == 201
    key = made.json()["id"]
    bitcoin, ether = (str(Instrument.objects.get(code=code).pk) for code in ("BTC/USDT", "ETH/USDT"))
    ask(f"watchlists/{key}", method="post", data={"instrument": bitcoin})
    told = ask(f"watchlists/{key}", method="post", data={"instrument": ether}).json()
    assert told["instruments"] == [bitcoin, ether]
    assert ask(f"watchlists/{key}/{bitcoin}", method="delete").json()["instruments"] == [ether]
    assert ask(f"watchlists/{key}", method="patch", data={"name": "Others"}).json()["name"] == "Others"
    assert [one["name"] for one in ask("watchlists").json()] == ["Others"]
    assert ask(f"watchlists/{key}", method="delete").status_code == 204
    assert ask("watchlists").json() == []


def test_refusals_are_the_pages_own_words(ask):
    ask("watchlists", method="post", data={"name": "Coins"})
    again = ask("watchlists", method="post", data={"name": "Coins"})
    assert (again.status_code, again.json()["code"]) == (409, "NOT_KEPT")
    assert "There is a watchlist named “Coins” already" in again.json()["detail"]
    for data in ({}, {"name": ""}, {"name": "x" * 10_000}, {"name": ["x"]}, [1]):
        assert ask("watchlists", method="post", data=data).status_code in {400, 201}


def test_alert_is_set_paused_armed_and_deleted(ask):
    listing = str(Listing.objects.get(symbol="BTCUSDT").pk)
    made = ask("alerts", method="post", data={"listing": listing, "kind": "above", "threshold": "100000.5"})
    assert made.status_code == 201
    told = made.json()
    assert (told["threshold"], told["state"], told["seconds"]) == ("100000.5", "armed", None)
    path = f"alerts/{told['id']}"
    assert ask(path, method="patch", data={"state": "paused"}).json()["state"] == "paused"
    assert ask(path, method="patch", data={"state": "armed"}).json()["state"] == "armed"
    assert ask(path, method="patch", data={"state": "fired"}).status_code == 400
    assert ask(path).json()["firings"] == []
    assert ask(path, method="delete").status_code == 204
    assert ask("alerts").json() == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "above", "threshold": "1"},
        {"listing": "x", "kind": "above", "threshold": "1"},
        {"listing": True, "kind": "moon"},
        {"listing": True, "kind": "above"},
        {"listing": True, "kind": "above", "threshold": {"a": 1}},
        {"listing": True, "kind": "moves", "threshold": "1"},
        {"listing": True, "kind": "silent", "seconds": "soon"},
    ],
)
def test_bad_alert_is_a_problem(ask, team, data):
    if data.get("listing") is True:
        data = {**data, "listing": str(Listing.objects.get(symbol="BTCUSDT").pk)}
    assert ask("alerts", method="post", data=data).status_code == 400
    with tenant(team.pk):
        assert not PriceAlert.objects.exists()


def test_stranger_sees_no_watchlist_and_no_alert(ask, client, strangers, charlie):
    key = ask("watchlists", method="post", data={"name": "Coins"}).json()["id"]
    headers = token_of(strangers, charlie)
    assert client.get(f"{API}/watchlists/{key}", headers=headers).status_code == 404
    assert client.get(f"{API}/watchlists", headers=headers).json() == []
    assert client.get(f"{API}/instruments?q=btc", headers=headers).json()["results"] != []


def test_list_takes_as_many_questions_for_1_row_as_for_3(ask, django_assert_max_num_queries):
    counts = []
    for limit in (1, 3):
        ask("instruments", limit=limit)
        with django_assert_max_num_queries(20) as asked:
            ask("instruments", limit=limit)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_price_heard_at_a_later_moment_is_younger(ask):
    now = clock.now()
    write_prices(
        venue="binance", prices=[Price("BTCUSDT", Decimal(1), None, None, now - dt.timedelta(hours=1))], now=now
    )
    price = ask("instruments", q="btcusdt").json()["results"][0]["listing"]["price"]
    assert price["age_seconds"] >= 3600
