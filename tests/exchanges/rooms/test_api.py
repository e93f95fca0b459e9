"""The API tells what a key may do and never what it is."""

import datetime as dt

import pytest

from accounts.services.tokens import create_token
from exchanges.services.checks import check_connection
from exchanges.services.snapshots import refresh_accounts
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import KEYS, connect, door, payload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def headers(team, alice):
    access = door(team, alice)
    with tenant(team.pk):
        _, secret = create_token(
            access=access, name="t", scopes={Right.VIEW}, now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    return {"Authorization": f"Bearer {secret.reveal()}"}


def test_connection_is_told_with_its_standing_and_rights(client, team, alice, venue, enqueued, headers, now):
    made = connect(team, alice, now=now)
    venue.answer(payload("rights.answered"))
    check_connection(team.pk, made.pk, now=now)
    [told] = client.get("/api/v1/connections", headers=headers).json()
    assert told == client.get(f"/api/v1/connections/{made.pk}", headers=headers).json()
    assert (told["standing"], told["can_trade"], told["withdrawal"], told["last_four"]) == (
        "ok",
        True,
        "cannot",
        "1234",
    )
    assert KEYS["api_key"] not in str(told)


def test_balances_are_exact_texts_with_their_age(client, team, alice, venue, enqueued, headers, now):
    made = connect(team, alice, now=now)
    venue.answer(payload("balances.answered"), payload("open_orders.not_now"))
    refresh_accounts(team.pk, made.pk, now=now)
    [account] = client.get("/api/v1/user/balance", headers=headers).json()
    balances, orders = account["told"]
    assert balances["rows"][1] == {"asset": "USDT", "free": "120000.12345678", "held": "18375.12000000"}
    assert balances["taken_at"] == "2026-11-20T09:30:00Z"
    assert (orders["rows"], orders["taken_at"]) == ([], None)
    assert "-1000" in orders["failure"]


def test_venues_say_what_they_can_do(client, team, headers):
    told = {one["name"]: one for one in client.get("/api/v1/exchanges", headers=headers).json()}
    assert told["coinbase"]["segments"][0]["orders"]["stop"] == "emulated"
    assert "trailing_stop" not in told["binance"]["segments"][0]["orders"]
    assert told["zerodha"]["needs_daily_log_in"] is True


def test_nothing_is_told_without_a_token(client):
    for path in ("exchanges", "connections", "user/balance"):
        assert client.get(f"/api/v1/{path}").status_code == 401
