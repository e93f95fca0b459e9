"""A data migration sees the rows of every tenant, under forced policies, as the owner of the tables."""

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from accounts.models import Workspace
from kernel.tenancy.owner import as_owner
from kernel.tenancy.scope import operator

pytestmark = pytest.mark.django_db(transaction=True)


def rename_all(historical, schema_editor):
    """A data migration as anybody would write it: no scope, no role."""
    workspaces = historical.get_model("accounts", "Workspace")
    for workspace in workspaces.objects.all():
        workspace.name = f"{workspace.name}, renamed"
        workspace.save()


def test_data_migration_changes_the_rows_of_two_tenants(team, strangers):
    state = ProjectState.from_apps(apps)
    operation = migrations.RunPython(rename_all)
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("plumbline_owner",)
        with connection.schema_editor() as editor:
            operation.database_forwards("accounts", editor, state, state)
    with operator():
        assert sorted(Workspace.objects.values_list("name", flat=True)) == [
            "Alice and team, renamed",
            "Charlie's own, renamed",
        ]


def test_app_role_makes_no_table(team):
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


def test_connection_is_the_apps_again_afterwards(team):
    with as_owner():
        connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        assert cursor.fetchone() == ("plumbline_app", "plumbline_app")


def test_every_migration_of_ours_can_be_undone():
    """Policies and locators name their reverse, so that a release can be rolled back."""
    loader = MigrationExecutor(connection).loader
    stuck = [
        f"{label}.{name}: {operation.describe()}"
        for (label, name), migration in loader.disk_migrations.items()
        if label in {"kernel", "accounts"}
        for operation in migration.operations
        if not operation.reversible
    ]
    assert stuck == []
