"""What is kept of bars on the operators' pages: every table looked at, none changed there, and nobody's own rows."""

import datetime as dt

import pytest

from accounts.models import Person
from instruments.models import (
    CandleFile,
    CandleSeries,
    Disagreement,
    Failover,
    Instrument,
    Listing,
    ListingFigures,
    SourceStanding,
)
from instruments.services.alerts import make_alert
from instruments.services.candles import write_candles
from instruments.services.choices import choose_source
from instruments.services.quality import check_series
from instruments.services.watchlists import make_watchlist, watch_instrument
from kernel.bars import Interval
from kernel.tenancy.scope import operator, tenant
from tests.factories.people import PersonFactory
from tests.instruments.giving import Pretended, registered
from tests.instruments.telling import bars
from tests.log_in import log_in_with_factor

HOUR = Interval("1h")
TABLES = [
    "candleseries",
    "candlefile",
    "sourcechoice",
    "sourcestanding",
    "failover",
    "disagreement",
    "listingfigures",
    "checkedseries",
    "qualityscore",
]


@pytest.fixture
def olga(db) -> Person:
    return PersonFactory(email="ops@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def kept(bitcoin: Listing, now) -> Listing:
    """One row in every table."""
    write_candles(bitcoin, HOUR, bars(now.replace(hour=3, minute=0), 3, every=HOUR.length), source="binance", now=now)
    check_series(bitcoin.pk, HOUR, now=now)
    with registered(Pretended("yahoo")):
        choose_source(instrument=bitcoin.instrument, source="yahoo", symbol="BTC-USD", priority=2, now=now)
    whose = {"listing": bitcoin, "interval": "1h"}
    with operator():
        series = CandleSeries.objects.get()
        month = {"month": dt.date(2026, 10, 1), "name": "a.parquet", "digest": "d" * 64, "size": 1, "rows": 1}
        CandleFile.objects.create(series=series, written_at=now, **month)
        SourceStanding.objects.create(**whose, source="yahoo", state="well", since=now)
        Failover.objects.create(**whose, before="binance", after="yahoo", reason="silent", seconds=3.1, at=now)
        figures = {"kept_source": "binance", "kept": [1, 2, 1, 2, 9], "other_source": "yahoo", "other": [1, 3, 1, 3, 9]}
        Disagreement.objects.create(**whose, **figures, start=now, apart=0.0123, seen_at=now)
        ListingFigures.objects.create(listing=bitcoin, reckoned_at=now)
    return bitcoin


@pytest.mark.parametrize("table", TABLES)
def test_operator_looks_at_the_table_and_its_rows_and_changes_nothing(client, olga, kept, table):
    log_in_with_factor(client, olga)
    address = f"/operator/instruments/{table}/"
    assert address in client.get("/operator/").content.decode()
    page = client.get(address)
    assert page.status_code == 200
    content = page.content.decode()
    assert "BTC" in content or "yahoo" in content
    [row] = [part.partition("/change/")[0] for part in content.split(f'href="{address}')[1:] if "/change/" in part][:1]
    shown = client.get(f"{address}{row}/change/")
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.content.decode()
    assert client.post(f"{address}add/", {}).status_code == 403
    assert client.get(address, {"q": "btc"}).status_code in {200, 302}


@pytest.mark.parametrize("table", TABLES)
def test_member_finds_no_such_page(client, alice, kept, table):
    log_in_with_factor(client, alice)
    assert client.get(f"/operator/instruments/{table}/", follow=True).status_code == 404


def test_operator_learns_how_many_watch_and_never_who(client, olga, kept, team, alice, now):
    from accounts.doors import access_of  # noqa: PLC0415 - beside its one use
    from accounts.models import Membership  # noqa: PLC0415

    with tenant(team.pk):
        access = access_of(Membership.objects.get(person=alice))
        made = make_watchlist(access=access, name="Aunts list", now=now)
        watch_instrument(access=access, watchlist=made, instrument=kept.instrument, now=now)
        make_alert(access=access, listing=kept, kind="silent", threshold=None, seconds=900, note="Nieces note", now=now)
    log_in_with_factor(client, olga)
    key = Instrument.objects.get(code="BTC/USDT").pk
    page = client.get(f"/operator/instruments/instrument/{key}/change/").content.decode()
    assert "Watchlists it stands on" in page
    assert "Armed alerts" in page
    assert "Aunts list" not in page
    assert "Nieces note" not in page
