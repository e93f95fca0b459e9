"""Every tenant model is walled off, indexed, exportable and erasable; no foreign key runs uphill."""

import pytest
from django.apps import apps
from django.db import connection, models

from accounts.registries import erasers, exporters
from kernel.tenancy.rows import TenantRow, tenant_column, tenant_models
from tests.architecture.test_floors import CONFIG

MODELS = tenant_models()
FLOORS = [
    {name.strip(" ()") for name in layer.split("|")}
    for layer in next(one for one in CONFIG["contracts"] if one["name"] == "The floors of the house")["layers"]
]
#: Models with a workspace in them that are nobody's rows: none so far.
OURS = {"kernel", "accounts", "billing", "instruments", "exchanges", "signals", "trading"}


def column_of(model: type[models.Model]) -> str:
    name = tenant_column(model)
    return name if name == "workspace_id" else model._meta.get_field(name).column


def floor_of(model: type[models.Model]) -> int | None:
    return next((number for number, names in enumerate(FLOORS) if model._meta.app_label in names), None)


def ask(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_there_are_tenant_models():
    assert len(MODELS) >= 10


def test_model_with_a_workspace_is_a_tenant_row():
    strays = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in OURS
        and not issubclass(model, TenantRow)
        and any(field.attname in {"workspace_id", "tenant_id"} for field in model._meta.concrete_fields)
    ]
    assert strays == []


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_table_is_under_forced_row_level_security(model):
    table = model._meta.db_table
    assert ask("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", table) == [(True, True)]
    roles = {
        (name, role)
        for name, members in ask("SELECT policyname, roles::text[] FROM pg_policies WHERE tablename = %s", table)
        for role in members
    }
    app = {name for name, role in roles if role == "plumbline_app"}
    assert app == {"tenant"} or app == {"tenant_read", "tenant_insert", "tenant_update", "tenant_delete"}
    assert {("owner", "plumbline_owner"), ("operator", "plumbline_operator"), ("locator", "plumbline_locator")} <= roles


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_policies_say_what_the_model_says_of_rows_without_a_workspace(model):
    reads = ask(
        "SELECT qual FROM pg_policies WHERE tablename = %s AND policyname IN ('tenant', 'tenant_read')",
        model._meta.db_table,
    )
    assert ("IS NULL" in reads[0][0]) == (model.null_workspace == "shared")
    nullable = next(field.null for field in model._meta.concrete_fields if field.column == column_of(model))
    assert nullable == (model.null_workspace != "forbidden")


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_an_index_begins_with_the_workspace(model):
    first_columns = ask(
        "SELECT a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
        "WHERE c.relname = %s AND i.indpred IS NULL",
        model._meta.db_table,
    )
    assert (column_of(model),) in first_columns


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_model_has_an_exporter_and_an_eraser(model):
    assert model in exporters()
    assert model in erasers()


def test_no_foreign_key_runs_uphill():
    uphill = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and floor_of(model) is not None and floor_of(field.related_model) is not None
        # A smaller number is a higher floor.
        if floor_of(field.related_model) < floor_of(model)
    ]
    assert uphill == []


@pytest.mark.parametrize("model", [model for model in apps.get_models() if model._meta.app_label in OURS])
def test_keys_are_uuids_where_people_see_them(model):
    if issubclass(model, TenantRow) or model._meta.label == "accounts.Person":
        assert isinstance(model._meta.pk, models.UUIDField)


@pytest.mark.django_db
def test_nobody_bypasses_the_policies():
    roles = ask("SELECT rolname FROM pg_roles WHERE rolname LIKE 'plumbline\\_%%' AND (rolbypassrls OR rolsuper)")
    assert set(roles) <= {("plumbline_admin",)}
    assert ask("SELECT current_user, session_user") == [("plumbline_app", "plumbline_app")]
