"""The sweep can see: take the filters away and it turns red; leave the policies and nothing leaks all the same."""

import pytest

from kernel.tenancy.rows import TenantManager
from tests.isolation.probes import probes_of, run
from tests.isolation.routes import Route, tenant_routes

ROUTES = tenant_routes()
#: Routes that leak nothing even so, each with the reason.
READS_BY_THE_DOORS_OWN_ID = {
    "api-me": "asks for the workspace by the id that the door found",
    "workspace-settings": "shows the workspace that the door found",
    "workspace-networks": "writes to the workspace that the door found",
    "leave": "ends the asking person's own membership",
    "invite": "shows an empty form, and writes to the workspace that the door found",
    "token-new": "shows an empty form, and waits for a second factor",
    "delete-team": "leads away from the intruder's own workspace, which is no team, before it reads",
    # A third filter stands here: rows are read by the person's own id.
    "notifications": "tells a person what he alone was told",
    "unread-notifications": "counts what he alone was told",
    "read-notification": "marks what he alone was told",
    "read-notifications": "marks what he alone was told",
    "api-notifications": "tells a person what he alone was told",
    "api-read-notification": "marks what he alone was told",
    "channels": "lists a person's own channels",
    "add-channel": "adds a channel of his own",
    "channel": "shows a channel of his own",
    "switch-channel": "switches a channel of his own",
    "test-channel": "tries a channel of his own",
    "remove-channel": "removes a channel of his own",
    "send-message-again": "sends over a channel of his own",
    "api-exchanges": "tells of venues, and of nobody's rows",
    "api-instruments": "tells what can be traded, which is everybody's",
    "api-instrument": "tells what can be traded, which is everybody's",
    "api-calendars": "tells when markets are open, which is everybody's",
    "api-calendar": "tells when markets are open, which is everybody's",
    "markets": "tells what can be traded; of watchlists only whether something is on one",
    "watch": "writes to the workspace that the door found, and says whether something is watched",
    "venue-health": "tells of venues, and of nobody's rows",
    "api-candles": "tells of prices, which are the same for everybody",
    "api-quality": "tells of bars, which are everybody's",
    "api-quality-scores": "tells of bars, which are everybody's",
    "api-quality-findings": "tells of bars, which are everybody's",
    "api-news": "tells of news, which is everybody's",
    "news": "tells of news, which is everybody's; of watchlists only whether something is on one",
    "data-quality": "tells of bars, which are everybody's",
    "checked-series": "tells of bars, which are everybody's",
    "chart-bars": "tells of bars, which are everybody's",
    "bars": "tells of bars, which are everybody's",
    "book": "tells of a venue's book, which is everybody's",
    "choose-venue": "lists what everybody may connect",
    "add-live-connection": "shows an empty form, and waits for a second factor",
    "make-sandbox-account": "shows an empty form, and writes to the workspace that the door found",
    "add-connection": "shows an empty form, and writes to the workspace that the door found",
    "add-paper": "shows an empty form, and writes to the workspace that the door found",
}


@pytest.fixture
def without_filters(monkeypatch):
    monkeypatch.setattr(TenantManager, "in_scope", lambda manager, rows: rows)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.name not in READS_BY_THE_DOORS_OWN_ID], ids=str)
def test_sweep_turns_red_when_the_filter_is_removed(route: Route, all_rows_world, without_filters):
    leaks = [leak for probe in probes_of(route, all_rows_world) for leak in run(route, probe, all_rows_world)]
    assert leaks != []


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_policies_alone_let_nothing_through(route: Route, world, without_filters, record_property):
    probes = list(probes_of(route, world))
    record_property("probes", len(probes))
    assert [leak for probe in probes for leak in run(route, probe, world)] == []
