"""An account of the sandbox by one click: made there, connected here, checked like any other."""

import pytest

from exchanges.models import Connection
from exchanges.sandbox.world import World
from exchanges.services import sandbox
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import browser_of
from tests.exchanges.sandbox.serving import serving
from tests.jobs import run_enqueued

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(settings, enqueued):
    settings.SITE_ADDRESS = "http://testserver"
    with serving(World(seed="rooms")) as server:
        settings.SANDBOX_ADDRESS = server.address
        yield server


@pytest.fixture
def alices(team, alice):
    return browser_of(alice)


def make(browser, team, venue="binance", name="Mine"):
    return browser.post(f"/w/{team.slug}/connections/add/{venue}/sandbox/new/", {"name": name})


def made(team):
    with tenant(team.pk):
        return list(Connection.objects.all())


def test_account_is_made_connected_and_found_good(running, alices, team, enqueued):
    answer = make(alices, team)
    [connection] = made(team)
    assert answer["Location"] == f"/w/{team.slug}/connections/{connection.pk}/"
    assert (connection.mode, connection.venue, connection.name) == ("sandbox", "binance", "Mine")
    [there] = running.world.binance.accounts.values()
    assert there.name == "Mine"
    run_enqueued([job for job in enqueued if job[0] == "exchanges.check_connection"])
    [connection] = made(team)
    assert (connection.can_read, connection.can_trade, connection.withdrawal) == (True, True, "cannot")
    page = alices.get(answer["Location"]).content.decode()
    assert "The key may read and trade. It cannot move money away." in page
    assert "This server's address" not in page.replace("&#x27;", "'")


def test_account_at_a_broker_knows_where_its_log_in_comes_back_to(running, alices, team):
    make(alices, team, venue="zerodha")
    [there] = running.world.kite.accounts.values()
    assert there.words["redirect"] == "http://testserver/account/venue-log-in/back/"
    assert made(team)[0].last_four == there.words["api_key"][-4:]


def test_sandbox_that_does_not_answer_is_said_and_nothing_is_kept(alices, team, settings, enqueued):
    settings.SANDBOX_ADDRESS = "http://127.0.0.1:1"
    answer = make(alices, team)
    assert answer.status_code == 422
    assert "The sandbox does not answer" in answer.content.decode()
    assert 'value="Mine"' in answer.content.decode()
    assert made(team) == []


def test_workspace_has_so_many_and_no_more(running, alices, team, monkeypatch):
    monkeypatch.setattr(sandbox, "_MOST", 2)
    for name in ("one", "two", "three"):
        answer = make(alices, team, name=name)
    assert answer.status_code == 422
    assert "Close one first" in answer.content.decode()
    assert len(made(team)) == len(running.world.binance.accounts) == 2


@pytest.mark.parametrize("venue", ["kraken", "paper", "mtgox"])
def test_venue_that_the_sandbox_does_not_speak_is_404(running, alices, team, venue):
    assert make(alices, team, venue=venue).status_code == 404


def test_viewer_makes_none(running, team, bob):
    assert make(browser_of(bob), team).status_code == 403
    assert made(team) == []


def test_sandbox_is_watched_where_all_its_accounts_are_ones_own(running, alices, team, settings):
    path = f"/w/{team.slug}/connections/add/binance/sandbox/new/"
    settings.SELF_HOSTED = True
    assert f"{running.address}/sandbox/" in alices.get(path).content.decode()
    settings.SELF_HOSTED = False
    assert '/sandbox/" rel' not in alices.get(path).content.decode()
