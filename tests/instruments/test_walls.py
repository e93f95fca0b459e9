"""The platform's tables: every tenant reads them, none writes them, and candles nobody changes."""

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, transaction

from instruments.models import CandleRow, Listing
from instruments.selectors import candles_of
from instruments.services.candles import write_candles
from instruments.services.prices import write_prices
from kernel.bars import Interval
from kernel.ids import new_id
from kernel.tenancy.rows import TenantRow
from kernel.tenancy.scope import operator, tenant
from tests.database import owner_connection
from tests.instruments.telling import bars

HOUR = Interval("1h")
TABLES = sorted(
    model._meta.db_table
    for model in apps.get_app_config("instruments").get_models()
    if not issubclass(model, TenantRow)
)


def run(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def grants(table):
    return {
        (role, right)
        for role in ("plumbline_app", "plumbline_operator")
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        if run("SELECT has_table_privilege(%s, %s, %s)", role, table, right) == [(True,)]
    }


READS = {("plumbline_app", "SELECT"), ("plumbline_operator", "SELECT"), ("plumbline_operator", "INSERT")}
WRITES = READS | {("plumbline_operator", "UPDATE"), ("plumbline_operator", "DELETE")}


@pytest.fixture
def priced(bitcoin, now):
    write_candles(bitcoin, HOUR, bars(now.replace(hour=3, minute=0), 3, every=HOUR.length), source="binance", now=now)
    return bitcoin


def test_there_are_tables():
    assert TABLES == [
        "instruments_candle",
        "instruments_candlefile",
        "instruments_candleseries",
        "instruments_cataloguereading",
        "instruments_checkedseries",
        "instruments_corporateaction",
        "instruments_disagreement",
        "instruments_failover",
        "instruments_instrument",
        "instruments_lastprice",
        "instruments_listing",
        "instruments_listingfigures",
        "instruments_newsitem",
        "instruments_newsmatch",
        "instruments_newssource",
        "instruments_orderbook",
        "instruments_qualityfinding",
        "instruments_qualityscore",
        "instruments_repairproposal",
        "instruments_searchword",
        "instruments_sourcechoice",
        "instruments_sourcestanding",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_app_reads_and_the_operator_writes(table):
    assert grants(table) == (READS if table == "instruments_candle" else WRITES)


@pytest.mark.django_db
def test_months_of_the_candles_are_walled_off_like_the_whole():
    parts = [
        name
        for (name,) in run(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'instruments_candle'::regclass"
        )
    ]
    assert len(parts) >= 4
    for part in parts:
        assert grants(part) == {("plumbline_app", "SELECT"), ("plumbline_operator", "SELECT")}


COLUMNS = {
    model._meta.db_table: model._meta.concrete_fields[-1].column
    for model in apps.get_app_config("instruments").get_models()
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {0}", "UPDATE {0} SET {1} = {1}", "INSERT INTO {0} SELECT * FROM {0}"]
)
def test_tenant_writes_nothing(priced, team, table, statement):
    column = COLUMNS[table]
    with tenant(team.pk):
        assert run("SELECT current_user") == [("plumbline_app",)]
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(statement.format(table, column))


def test_every_tenant_reads_alike(priced, team, strangers, now):
    def seen():
        bars_seen = candles_of(priced, HOUR, now.replace(hour=0), now)
        return Listing.objects.select_related("instrument").get().instrument.code, len(bars_seen)

    with tenant(team.pk):
        alice = seen()
    with tenant(strangers.pk):
        charlie = seen()
    assert alice == charlie == seen() == ("BTC/USDT", 3)


@pytest.mark.parametrize("statement", ["DELETE FROM instruments_candle", "UPDATE instruments_candle SET close = 1"])
def test_not_even_the_operator_changes_a_bar(priced, statement):
    with operator(), pytest.raises(ProgrammingError, match="permission denied"):
        run(statement)
    assert CandleRow.objects.count() == 3


def test_tenant_makes_no_month(team):
    with tenant(team.pk), pytest.raises(ProgrammingError, match="permission denied"):
        run("SELECT instruments_make_candle_months('2020-01-01', '2020-01-01')")


@pytest.mark.django_db
def test_months_over_centuries_are_refused():
    with operator(), pytest.raises((InternalError, ProgrammingError)):
        run("SELECT instruments_make_candle_months('1000-01-01', '2020-01-01')")


@pytest.mark.django_db(transaction=True)
def test_members_row_may_point_at_a_listing_that_he_cannot_write(now, bitcoin):
    """A foreign key's check runs as the owner: what hangs on the catalogue needs no right to it."""
    with owner_connection() as owner:
        owner.execute("CREATE TABLE hanging (id uuid PRIMARY KEY, listing_id uuid REFERENCES instruments_listing)")
    try:
        assert run("INSERT INTO hanging VALUES (%s, %s)", new_id(), bitcoin.pk) == 1
    finally:
        with owner_connection() as owner:
            owner.execute("DROP TABLE hanging")


def test_writing_for_a_member_is_refused_before_the_database_is_asked(bitcoin, team, now):
    with tenant(team.pk):
        for write in (
            lambda: write_prices(venue="binance", prices=[], now=now),
            lambda: write_candles(
                bitcoin, HOUR, bars(now.replace(hour=1, minute=0), 1, every=HOUR.length), source="x", now=now
            ),
        ):
            with pytest.raises(RuntimeError, match="cannot be opened inside"):
                write()
