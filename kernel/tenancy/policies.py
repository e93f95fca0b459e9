"""Migration operations: row-level security for a tenant table, the platform's tables, and the locator functions.

Each role gets in by a policy of its own, none by BYPASSRLS (docs/adr/0003).
"""

from collections.abc import Sequence
from typing import Any

from django.db import migrations

from kernel.tenancy.scope import APP_ROLE, LOCATOR_ROLE, OPERATOR_ROLE, OWNER_ROLE

SCOPE = "nullif(current_setting('plumbline.workspace', true), '')::uuid"


class TenantTable(migrations.RunSQL):
    """Puts a table under row-level security: the app role sees the scope's workspace, nothing outside it.

    `null_workspace` says what a row without a workspace is: forbidden, hidden (the platform's alone) or shared
    (all may read it, the platform writes it). `append_only` takes UPDATE and DELETE from app and operator.
    """

    def __init__(
        self,
        table: str,
        *,
        column: str = "workspace_id",
        null_workspace: str = "forbidden",
        append_only: bool = False,
    ) -> None:
        self.table, self.column = table, column
        self.null_workspace, self.append_only = null_workspace, append_only
        mine = f"{column} = {SCOPE}"
        if null_workspace == "shared":
            rules = [
                f"CREATE POLICY tenant_read ON {table} FOR SELECT TO {APP_ROLE} USING ({mine} OR {column} IS NULL)",
                f"CREATE POLICY tenant_insert ON {table} FOR INSERT TO {APP_ROLE} WITH CHECK ({mine})",
                f"CREATE POLICY tenant_update ON {table} FOR UPDATE TO {APP_ROLE} USING ({mine}) WITH CHECK ({mine})",
                f"CREATE POLICY tenant_delete ON {table} FOR DELETE TO {APP_ROLE} USING ({mine})",
            ]
        elif null_workspace in {"forbidden", "hidden"}:
            rules = [f"CREATE POLICY tenant ON {table} TO {APP_ROLE} USING ({mine}) WITH CHECK ({mine})"]
        else:
            raise ValueError(f"null_workspace is forbidden, hidden or shared, got {null_workspace!r}")
        rules += [
            f"CREATE POLICY owner ON {table} TO {OWNER_ROLE} USING (true) WITH CHECK (true)",
            f"CREATE POLICY operator ON {table} TO {OPERATOR_ROLE} USING (true) WITH CHECK (true)",
            f"CREATE POLICY locator ON {table} FOR SELECT TO {LOCATOR_ROLE} USING (true)",
        ]
        if append_only:
            rules.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}, {OPERATOR_ROLE}")
        names = [rule.split()[2] for rule in rules if rule.startswith("CREATE POLICY")]
        super().__init__(
            sql=[
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
                *rules,
            ],
            reverse_sql=[
                *(f"DROP POLICY {name} ON {table}" for name in names),
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            ],
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        named = {
            "column": self.column,
            "null_workspace": self.null_workspace,
            "append_only": self.append_only,
        }
        return self.__class__.__name__, [self.table], named


class PlatformTable(migrations.RunSQL):
    """A table of no workspace: everybody may read it, only the operator's scope writes it, row policies it needs none.

    `append_only` takes UPDATE and DELETE from the operator too.
    """

    def __init__(self, table: str, *, append_only: bool = False) -> None:
        self.table, self.append_only = table, append_only
        taken = [("INSERT, UPDATE, DELETE", APP_ROLE)] + [("UPDATE, DELETE", OPERATOR_ROLE)] * append_only
        super().__init__(
            sql=[f"REVOKE {what} ON {table} FROM {role}" for what, role in taken],
            reverse_sql=[f"GRANT {what} ON {table} TO {role}" for what, role in taken],
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.table], {"append_only": self.append_only}


class Locator(migrations.RunSQL):
    """A function that finds ids before a tenant is known. It runs as the locator role and returns ids only."""

    def __init__(self, name: str, *, takes: str, returns: str, query: str, reads: Sequence[str]) -> None:
        self.name, self.takes, self.returns, self.query, self.reads = name, takes, returns, query, reads
        types = ", ".join(argument.split()[1] for argument in takes.split(", ")) if takes else ""
        super().__init__(
            sql=[
                *(f"GRANT SELECT ON {table} TO {LOCATOR_ROLE}" for table in reads),
                f"CREATE FUNCTION {name}({takes}) RETURNS TABLE ({returns}) LANGUAGE sql STABLE SECURITY DEFINER "
                f"SET search_path = public, pg_temp AS $locator$ {query} $locator$",
                f"ALTER FUNCTION {name}({types}) OWNER TO {LOCATOR_ROLE}",
                f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC",
                f"GRANT EXECUTE ON FUNCTION {name}({types}) TO {APP_ROLE}, {OPERATOR_ROLE}, {OWNER_ROLE}",
            ],
            reverse_sql=[f"DROP FUNCTION {name}({types})"],
        )

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        named = {"takes": self.takes, "returns": self.returns, "query": self.query, "reads": self.reads}
        return self.__class__.__name__, [self.name], named
