"""Operators see how connections stand, change nothing there, and never see what opens them."""

import pytest

from exchanges.models import Connection
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import KEYS, connect
from tests.factories.people import PersonFactory
from tests.log_in import log_in_with_factor

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ["/operator/exchanges/connection/", "/operator/exchanges/account/"]


@pytest.fixture
def operator(client, db):
    log_in_with_factor(client, PersonFactory(email="ops@example.org", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def made(team, alice, now, enqueued):
    return connect(team, alice, now=now, name="Main at Binance")


@pytest.mark.parametrize("page", PAGES)
def test_operator_looks_and_changes_nothing(operator, team, made, page):
    assert "Venues" in operator.get("/operator/").content.decode()
    listed = operator.get(page).content.decode()
    assert "Main at Binance" in listed
    assert operator.post(f"{page}add/", {"name": "X"}).status_code == 403
    operator.post(f"{page}{made.pk}/change/", {"name": "X", "mode": "live"})
    operator.post(f"{page}{made.pk}/delete/", {"post": "yes"})
    with tenant(team.pk):
        assert Connection.objects.get().name == "Main at Binance"


def test_nothing_that_opens_a_venue_is_shown(operator, made):
    pages = [*PAGES, f"{PAGES[0]}{made.pk}/change/"]
    shown = "".join(operator.get(page).content.decode() for page in pages)
    assert "checking" in shown
    for secret in (*KEYS.values(), KEYS["api_key"][-4:], "sealed"):
        assert secret not in shown
    assert operator.get("/operator/exchanges/credential/").status_code == 404
