"""A PostgreSQL of the operator's own: its log-in need be no superuser, and setting up twice changes nothing."""

import psycopg
import pytest

from kernel.tenancy.roles import UnsuitableDatabase, prepare_database
from tests.house.house import House, empty_house


@pytest.fixture
def house():
    with empty_house() as standing:
        standing.start("postgres")
        with psycopg.connect(standing.urls["ADMIN_DATABASE_URL"], autocommit=True) as admin:
            admin.execute("CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD 'pw'")
            admin.execute("CREATE DATABASE given OWNER manager")
        yield standing


def as_manager(house: House, database: str) -> str:
    return f"postgres://manager:pw@{house.urls['DATABASE_URL'].rpartition('@')[2].partition('/')[0]}/{database}"


def test_administrator_without_superuser_sets_up_and_sets_up_again(house):
    for _ in range(2):
        house.manage("setup", ADMIN_DATABASE_URL=as_manager(house, "postgres"))
    assert house.rows("SELECT count(*) FROM accounts_workspace") == [(0,)]


def test_one_address_is_enough_and_the_policies_hold(house):
    given = {"DATABASE_URL": as_manager(house, "given"), "ADMIN_DATABASE_URL": "", "OWNER_DATABASE_URL": ""}
    for _ in range(2):
        house.manage("setup", "--demo", **given)
    code = (
        "from django.db import connection; c = connection.cursor()\n"
        "c.execute('SELECT current_user, (SELECT count(*) FROM accounts_membership)'); print(*c.fetchone())\n"
        "from kernel.tenancy.scope import operator\n"
        "from accounts.models import Membership\n"
        "with operator(): print(Membership.objects.count())"
    )
    house.environment |= given
    assert house.run(code).split() == ["plumbline_app", "0", "2"]


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("CREATE ROLE plumbline_app BYPASSRLS", "may bypass the policies"),
        ("CREATE ROLE plumbline_app INHERIT", "run ALTER ROLE plumbline_app NOINHERIT"),
    ],
)
def test_role_that_would_see_through_the_policies_is_refused(house, statement, word):
    with psycopg.connect(house.urls["ADMIN_DATABASE_URL"], autocommit=True) as admin:
        admin.execute(statement)
    with pytest.raises(UnsuitableDatabase, match=word):
        prepare_database(
            admin_url=house.urls["ADMIN_DATABASE_URL"],
            owner_url=house.urls["OWNER_DATABASE_URL"],
            app_url=house.urls["DATABASE_URL"],
        )
