"""The scope lets one workspace's rows through, and nothing outside it."""

import pytest
from django.db import connection

from accounts.models import Membership, Workspace
from kernel.ids import new_id
from kernel.tenancy.scope import OutsideTenant, ScopeConflict, operator, tenant

pytestmark = pytest.mark.django_db


def count_by_sql() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_membership")
        return cursor.fetchone()[0]


def test_manager_raises_outside_the_scope(team):
    with pytest.raises(OutsideTenant):
        Membership.objects.count()


def test_database_shows_no_tenant_row_outside_the_scope(team):
    assert count_by_sql() == 0


def test_scope_shows_its_own_rows_and_no_others(team, strangers):
    with tenant(team.pk):
        assert count_by_sql() == 2
        assert set(Workspace._base_manager.all()) == {team}
    with tenant(strangers.pk):
        assert count_by_sql() == 1
        assert set(Workspace._base_manager.all()) == {strangers}


def test_operator_sees_every_workspace_and_stops_being_one(team, strangers):
    with operator():
        assert count_by_sql() == 3
        assert Membership.objects.count() == 3
    assert count_by_sql() == 0


def test_second_scope_inside_a_first_is_refused(team, strangers):
    with tenant(team.pk), pytest.raises(ScopeConflict), tenant(strangers.pk):
        pass
    with tenant(team.pk), pytest.raises(ScopeConflict), operator():
        pass


def test_scope_ends_with_an_exception(team):
    with pytest.raises(RuntimeError), tenant(team.pk):
        raise RuntimeError
    assert count_by_sql() == 0
    with pytest.raises(OutsideTenant):
        Membership.objects.count()


def test_row_for_another_workspace_is_refused_by_the_database(team, strangers, charlie):
    with tenant(team.pk):
        row = Membership(id=new_id(), workspace_id=strangers.pk, person=charlie, role="owner")
        with pytest.raises(Exception, match="row-level security"):
            row.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_scope_is_forgotten_by_a_kept_connection(team):
    with tenant(team.pk):
        assert count_by_sql() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_setting('plumbline.workspace', true), current_user")
        assert cursor.fetchone()[1:] == ("", "plumbline_app")
    assert count_by_sql() == 0
