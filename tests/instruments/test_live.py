"""A written price is public news: told once to who listens, and drawn as the page draws it."""

from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from instruments.domain.books import Depth, Level
from instruments.domain.prices import Price
from instruments.selectors import price_row
from instruments.services.books import write_books
from instruments.services.prices import write_prices
from kernel import clock
from kernel.live import news
from kernel.live.registry import kind_named
from kernel.live.rendering import Thing, draw_public
from tests.kernel.live.conftest import listening as listening
from tests.kernel.live.conftest import readings as readings


@pytest.fixture
def told(monkeypatch):
    """What is handed to Redis, batch by batch."""
    batches = []
    monkeypatch.setattr(news.Publisher, "send_all", lambda self, workspace, bodies: batches.append((workspace, bodies)))
    return batches


def price(last, at, symbol="BTCUSDT"):
    return Price(symbol, Decimal(last), None, None, at)


@pytest.mark.django_db
def test_batch_of_prices_is_told_in_one_trip_and_a_late_one_not(bitcoin, now, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        write_prices(venue="binance", prices=[price("1", now), price("2", now, "NOBODY")], now=now)
    [(workspace, [body])] = told
    assert workspace is None
    assert str(bitcoin.pk).encode() in body
    with django_capture_on_commit_callbacks(execute=True):
        write_prices(venue="binance", prices=[price("3", now.replace(year=2025))], now=now)
    assert len(told) == 1


@pytest.mark.django_db
def test_price_is_drawn_for_everybody_by_the_pages_own_partial(bitcoin, now):
    write_prices(venue="binance", prices=[price("91250.5", now)], now=now)
    [(viewpoint, body)] = draw_public([Thing("last_price", bitcoin.pk)])
    assert viewpoint is None
    assert body.text.startswith(f'<span id="last_price-{bitcoin.pk}" class="figure-age old"')
    assert "91,250.50" in body.text
    assert 'hx-swap-oob="true"' in body.text
    row = price_row(bitcoin.pk)
    page = render_to_string("instruments/partials/_price.html", {"row": row}).strip()
    assert body.text.replace(' hx-swap-oob="true"', "") == page


def test_last_price_is_a_public_kind_and_what_is_private_is_not_told_in_bulk():
    assert kind_named("last_price").is_public
    with pytest.raises(ValueError, match="price_alert is not public"):
        news.publish_all("price_alert", [])


@pytest.mark.django_db(transaction=True)
def test_page_hears_the_book_and_the_price_that_it_shows(listening, bitcoin, team, alice):
    query = f"?hear=book:{bitcoin.pk}&hear=last_price:{bitcoin.pk}"
    page, elsewhere = listening.open(team, alice, query=query), listening.open(team, alice)
    now = clock.now()
    levels = tuple(Level(Decimal(100 - number), Decimal(1)) for number in range(20))
    told = Depth("BTCUSDT", levels, (Level(Decimal(101), Decimal(2)),), None)
    write_books(venue="binance", books=[told], now=now)
    write_prices(venue="binance", prices=[Price("BTCUSDT", Decimal("100.5"), None, None, now)], now=now)
    heard = {page.next_row()[2]: page.heard[-1] for _ in range(2)}
    assert set(heard) == {f"book-{bitcoin.pk}", f"last_price-{bitcoin.pk}"}
    assert heard[f"book-{bitcoin.pk}"].count("<tr>") == 9
    assert 'data-price="100.5' in heard[f"last_price-{bitcoin.pk}"]
    assert elsewhere.hears_nothing()
