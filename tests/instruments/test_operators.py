"""The catalogue on the operators' pages: to be looked at, and not to be changed there."""

import pytest
from django.urls import reverse

from accounts.models import Person
from instruments.models import Listing
from instruments.services.catalogue import refresh_listings
from tests.factories.people import PersonFactory
from tests.instruments.telling import share, spot
from tests.log_in import log_in_with_factor

PAGES = ["/operator/instruments/instrument/", "/operator/instruments/listing/"]


@pytest.fixture
def olga(db) -> Person:
    return PersonFactory(email="ops@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def listings(db, now):
    refresh_listings(venue="binance", listings=[spot(name="Bitcoin"), spot("ETH")], now=now)
    refresh_listings(venue="zerodha", listings=[share()], now=now)


def test_operator_finds_the_catalogue_under_markets(client, olga, listings):
    log_in_with_factor(client, olga)
    front = client.get("/operator/").content.decode()
    assert "Markets" in front
    for page in PAGES:
        assert page in front
        assert "BTC/USDT" in client.get(page).content.decode()


def test_operator_sees_the_rules_of_a_listing(client, olga, listings):
    log_in_with_factor(client, olga)
    listing = Listing.objects.get(symbol="BTCUSDT")
    page = client.get(reverse("admin:instruments_listing_change", args=[listing.pk])).content.decode()
    for words in ("BTCUSDT at binance", "Price tick", "Sell band lowest", "51.5"):
        assert words in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("page", PAGES)
def test_operator_adds_and_deletes_nothing(client, olga, listings, page):
    log_in_with_factor(client, olga)
    assert client.post(f"{page}add/", {"symbol": "X"}).status_code == 403
    keys = [str(key) for key in Listing.objects.values_list("pk", flat=True)]
    client.post(page, {"action": "delete_selected", "_selected_action": keys, "post": "yes"})
    assert client.post(f"{page}{keys[0]}/delete/", {"post": "yes"}).status_code in {302, 403}
    assert Listing.objects.count() == 3


@pytest.mark.parametrize("page", PAGES)
def test_search_finds_by_name(client, olga, listings, page):
    log_in_with_factor(client, olga)
    found = client.get(page, {"q": "bitco"}).content.decode()
    assert "BTC/USDT" in found
    assert "ETH/USDT" not in found


@pytest.mark.parametrize("page", PAGES)
def test_member_finds_no_such_page(client, alice, listings, page):
    log_in_with_factor(client, alice)
    assert client.get(page, follow=True).status_code == 404


def test_list_takes_as_many_questions_for_1_row_as_for_3(client, olga, now, django_assert_num_queries):
    log_in_with_factor(client, olga)
    counts = []
    for told in ([spot()], [spot(), spot("ETH"), spot("SOL")]):
        refresh_listings(venue="binance", listings=told, now=now)
        client.get(PAGES[1])
        with django_assert_num_queries(14) as questions:
            client.get(PAGES[1])
        counts.append(len(questions))
    assert counts[0] == counts[1]
