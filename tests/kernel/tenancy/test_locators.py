"""The locators are few, run as the locator role, and tell ids only."""

import pytest
from django.db import connection

from kernel.ids import new_id
from kernel.tenancy.locators import locate

pytestmark = pytest.mark.django_db

#: The whole list. A new look-up across tenants is written here, and looked at.
LOCATORS = {
    "locate_invitation",
    "locate_invitations_to",
    "locate_old_notices",
    "locate_membership",
    "locate_memberships",
    "locate_personal_workspace",
    "locate_token",
    "locate_workspaces",
    "locate_waiting_jobs",
    "locate_lost_jobs",
    "locate_due_connections",
    "locate_paper_with_orders",
    "locate_due_deliveries",
    "locate_due_notices",
    "locate_due_logins",
    "locate_called_connection",
    "locate_old_postbacks",
    "locate_streamed_connections",
    "locate_live_entries",
}
#: What the owner does for a platform job, because only he makes tables and takes filed bars out: looked at below.
OWNERS = {"instruments_make_candle_months", "instruments_forget_filed_candles"}
IDS = {"uuid"}


def functions() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.prosecdef, r.rolname, p.provolatile, p.proconfig::text, "
            "ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proallargtypes, p.proargmodes) AS x(t, m) WHERE m = 't'), "
            "has_function_privilege('public', p.oid, 'EXECUTE') "
            "FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner JOIN pg_namespace n ON n.oid = p.pronamespace "
            # What an extension brings is PostgreSQL's own, and reads no table.
            "WHERE n.nspname = 'public' "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
        )
        return cursor.fetchall()


def test_list_of_locators_is_the_tested_one():
    assert {row[0] for row in functions()} == LOCATORS | OWNERS


def test_every_locator_runs_as_the_locator_role_reads_only_and_pins_its_path():
    for name, is_definer, owner, volatility, settings, _, _ in functions():
        if name in OWNERS:
            continue
        assert (is_definer, owner, volatility) == (True, "plumbline_locator", "s"), name
        assert "search_path=public, pg_temp" in settings, name


def test_every_locator_answers_ids_and_nothing_else():
    answers = {row[0]: set(row[5]) for row in functions()}
    assert {name for name, types in answers.items() if types - IDS} == set()


def test_no_locator_is_open_to_everybody():
    assert {row[0] for row in functions() if row[6]} == set()


def test_what_the_owner_does_for_a_job_pins_its_path_tells_a_number_and_is_closed_to_the_app():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.prosecdef, p.proowner::regrole::text, p.prorettype::regtype::text, p.proconfig::text, "
            "has_function_privilege('plumbline_app', p.oid, 'EXECUTE') FROM pg_proc p WHERE p.proname = ANY(%s)",
            [sorted(OWNERS)],
        )
        found = cursor.fetchall()
    assert {row[0] for row in found} == OWNERS
    for _, is_definer, owner, tells, settings, is_open_to_app in found:
        assert (is_definer, owner, tells, is_open_to_app) == (True, "plumbline_owner", "integer", False)
        assert "search_path=public, pg_temp" in settings


def test_membership_is_found_for_members_alone(team, alice, bob, charlie):
    assert len(locate("locate_membership", alice.pk, team.slug)) == 1
    assert len(locate("locate_membership", bob.pk, team.slug)) == 1
    assert locate("locate_membership", charlie.pk, team.slug) == []
    assert locate("locate_membership", new_id(), team.slug) == []


def test_workspaces_are_listed_in_pieces(team, strangers):
    first = locate("locate_workspaces", None, 1)
    second = locate("locate_workspaces", first[0][0], 10)
    assert {row[0] for row in first + second} == {team.pk, strangers.pk}
    assert locate("locate_workspaces", second[-1][0], 10) == []


@pytest.mark.parametrize("name", ["pg_sleep", "locate_x(); DROP TABLE accounts_person; --", "locate-me"])
def test_only_a_locators_name_is_called(name):
    with pytest.raises(ValueError):
        locate(name)
