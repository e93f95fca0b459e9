"""Makes the database and its four roles out of the URLs; harmless when they are already there.

owner: makes tables. app: pages and workers; sees the scope's workspace. operator: assumed by the admin and platform
jobs, sees all. locator: owns the functions that find ids before a tenant is known. Nobody has BYPASSRLS.
"""

from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from kernel.tenancy.scope import APP_ROLE, LOCATOR_ROLE, OPERATOR_ROLE, OWNER_ROLE

OLDEST_VERSION = 150000


class UnsuitableDatabase(RuntimeError):
    """The server cannot hold Plumbline; the message says why."""


def prepare_database(*, admin_url: str, owner_url: str, app_url: str) -> None:
    """After this the database exists, and owner and app can log in with their URLs."""
    name = unquote(urlsplit(app_url).path.lstrip("/"))
    with psycopg.connect(admin_url, autocommit=True) as admin:
        if admin.info.server_version < OLDEST_VERSION:
            raise UnsuitableDatabase(f"PostgreSQL 15 or newer is needed, this is {admin.info.server_version // 10000}.")
        _make_roles(admin, owner_url, app_url)
        exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not exists:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name), sql.Identifier(OWNER_ROLE)
                )
            )
    parts = urlsplit(admin_url)
    with psycopg.connect(urlunsplit(parts._replace(path=f"/{name}")), autocommit=True) as inside:
        grant_schema(inside)


def _make_roles(admin: psycopg.Connection, owner_url: str, app_url: str) -> None:
    bypasses = "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles"
    known: dict[str, bool] = dict(admin.execute(bypasses).fetchall())
    for role, options in (
        (OWNER_ROLE, "INHERIT"),
        (APP_ROLE, "NOINHERIT"),
        (OPERATOR_ROLE, "NOINHERIT"),
        (LOCATOR_ROLE, "NOINHERIT"),
    ):
        if known.get(role):
            raise UnsuitableDatabase(f"The role {role} may bypass the policies; take SUPERUSER and BYPASSRLS from it.")
        if role not in known:
            admin.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), sql.SQL(options)))
    # An administrator that is no superuser gives a database, and default privileges, only to roles he is in.
    admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER_ROLE)))
    for role, url in ((OWNER_ROLE, owner_url or app_url), (APP_ROLE, app_url)):
        parts = urlsplit(url)
        login = unquote(parts.username or "")
        if login == role:
            admin.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(unquote(parts.password or ""))
                )
            )
        elif login:
            admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(login)))
    # The app may become the operator where the code says so; it never is one by inheritance.
    admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(OPERATOR_ROLE), sql.Identifier(APP_ROLE)))
    admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(LOCATOR_ROLE), sql.Identifier(OWNER_ROLE)))
    inherits = admin.execute("SELECT pg_has_role(%s, %s, 'USAGE')", [APP_ROLE, OPERATOR_ROLE]).fetchone()
    if inherits is None or inherits[0]:
        raise UnsuitableDatabase(
            f"{APP_ROLE} inherits what {OPERATOR_ROLE} may see. Revoke that membership, "
            f"run ALTER ROLE {APP_ROLE} NOINHERIT, then set up again."
        )


def grant_schema(inside: psycopg.Connection) -> None:
    """What each role may do in this database; tables made later by the owner follow by default privileges."""
    users = f"{APP_ROLE}, {OPERATOR_ROLE}"
    for statement in (
        # Here and in a migration: where the owner role does not own the database, the administrator makes it.
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER_ROLE}, {LOCATOR_ROLE}",
        f"GRANT USAGE ON SCHEMA public TO {users}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} IN SCHEMA public "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {users}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {users}",
    ):
        inside.execute(statement.encode())
