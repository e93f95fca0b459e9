"""Nobody gets another tenant's rows through any route: under the app's role, and under one that sees all rows."""

import pytest

from tests.isolation.probes import METHODS, control, probes_of, run
from tests.isolation.routes import Route, all_routes, tenant_routes

ROUTES = tenant_routes()


def test_every_route_is_a_tenants_or_public_with_a_reason():
    neither = [str(route) for route in ROUTES if not (route.is_page or route.is_api)]
    assert neither == [], "give the view workspace_page or WorkspaceView, or name it public with the reason"


def test_routes_are_many():
    assert len(ROUTES) >= 9
    assert len(all_routes()) > len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_name_in_a_path_has_a_victims_value(route: Route, world):
    missing = set(route.parameters) - set(world.path_values())
    assert missing == set(), "name the victim's value in tests/isolation/world.py"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_owner_gets_his_answer(route: Route, world):
    statuses = {method: control(route, method, world) for method in METHODS}
    assert any(status in {200, 201, 202, 302} for status in statuses.values()), statuses
    assert not set(statuses.values()) & {401, 403, 404, 500}, statuses


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nothing_leaks_under_the_app_role(route: Route, world, record_property):
    probes = list(probes_of(route, world))
    record_property("probes", len(probes))
    assert [leak for probe in probes for leak in run(route, probe, world)] == []


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nothing_leaks_under_a_role_that_sees_all_rows(route: Route, all_rows_world, record_property):
    probes = list(probes_of(route, all_rows_world))
    record_property("probes", len(probes))
    assert [leak for probe in probes for leak in run(route, probe, all_rows_world)] == []
