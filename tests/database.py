"""A migrated template once per state of the migrations, and a copy of it for each worker of the suite."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from kernel.tenancy.roles import prepare_database
from kernel.tenancy.scope import APP_ROLE

ROOT = Path(__file__).resolve().parents[1]
#: Logs in like the app, but a permissive policy lets it see every row: the sweep's first role (SECURITY.md).
SEES_ALL_ROLE = "plumbline_test_sees_all"
SEES_ALL_PASSWORD = "sees-all"
_LOCK = 7_150_001
_KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def state_of_migrations() -> str:
    files = sorted([*ROOT.glob("*/migrations/*.py"), *(ROOT / "kernel/tenancy").glob("*.py"), Path(__file__)])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _url(base: str, name: str) -> str:
    return urlunsplit(urlsplit(base)._replace(path=f"/{quote(name)}"))


@contextmanager
def database_for(worker: str) -> Iterator[str]:
    """A database of this worker's own, dropped afterwards."""
    template = f"plumbline_template_{state_of_migrations()}"
    name = f"plumbline_test_{worker}_{state_of_migrations()[:6]}"
    with psycopg.connect(settings.ADMIN_DATABASE_URL, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            _make_template(admin, template)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        admin.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        before = connection.settings_dict["NAME"]
        _point_at(name)
        try:
            yield name
        finally:
            connections.close_all()
            _point_at(before)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _point_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _make_template(admin: psycopg.Connection, template: str) -> None:
    prepare_database(
        admin_url=settings.ADMIN_DATABASE_URL,
        owner_url=_url(settings.OWNER_DATABASE_URL, template),
        app_url=_url(settings.DATABASE_URL, template),
    )
    before = connection.settings_dict["NAME"]
    _point_at(template)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        _let_one_role_see_all(admin, template)
    except BaseException:
        connection.close()
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(template)))
        raise
    finally:
        _point_at(before)


def _let_one_role_see_all(admin: psycopg.Connection, template: str) -> None:
    role = sql.Identifier(SEES_ALL_ROLE)
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SEES_ALL_ROLE]).fetchone():
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                role, sql.Literal(SEES_ALL_PASSWORD), sql.Identifier(APP_ROLE)
            )
        )
    with psycopg.connect(_url(settings.ADMIN_DATABASE_URL, template), autocommit=True) as inside:
        tables = inside.execute("SELECT DISTINCT tablename FROM pg_policies WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            inside.execute(
                sql.SQL("CREATE POLICY sees_all ON {} TO {} USING (true) WITH CHECK (true)").format(
                    sql.Identifier(table), role
                )
            )


@contextmanager
def seeing_all_rows() -> Iterator[None]:
    """The default connection under the role that no policy holds back."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update({"USER": SEES_ALL_ROLE, "PASSWORD": SEES_ALL_PASSWORD})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def owner_connection() -> psycopg.Connection:
    """A second connection as the tables' owner, for what the app's role may not do: tampering."""
    return psycopg.connect(_url(settings.OWNER_DATABASE_URL, connection.settings_dict["NAME"]), autocommit=True)


def empty_every_table() -> None:
    """After a test that committed. As the superuser: the app's role has no right to, and policies hide rows from
    the owner.

    A table that took no row has no page. Of the few others the rows are deleted, in a tenth of the time that truncating
    all takes; one that has grown, of rows that were deleted before too, is truncated.
    """
    connections.close_all()
    with psycopg.connect(_url(settings.ADMIN_DATABASE_URL, connection.settings_dict["NAME"])) as admin:
        admin.execute("SET lock_timeout = '20s'; SET session_replication_role = replica")
        found = admin.execute(_TABLES_WITH_PAGES, [list(_KEPT)]).fetchall()
        if not found:
            return
        tables = [sql.Identifier(table) for table, _ in found]
        grown = [sql.Identifier(table) for table, size in found if size > _GROWN]
        each = sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in tables)
        # Whoever still writes is waited for, as truncating would.
        admin.execute(sql.SQL("LOCK {} IN SHARE ROW EXCLUSIVE MODE").format(sql.SQL(", ").join(tables)))
        if grown:
            admin.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(grown)))
        admin.execute(each)
        admin.execute(_RESTART_COUNTERS)


_GROWN = 512 * 1024
_TABLES_WITH_PAGES = """
SELECT relname, pg_relation_size(pg_class.oid) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relkind = 'r' AND relname <> ALL (%s) AND pg_relation_size(pg_class.oid) > 0
ORDER BY relname
"""
_RESTART_COUNTERS = """
SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
AND sequencename NOT IN ('django_migrations_id_seq', 'django_content_type_id_seq', 'auth_permission_id_seq')
"""
