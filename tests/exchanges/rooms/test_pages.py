"""Pages of connections: live asks for a factor, pretended money does not; what was typed stays, but for secrets."""

import datetime as dt

import pytest

from exchanges.models import Connection
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import browser_of
from tests.exchanges.rooms.conftest import KEYS, connect
from tests.log_in import log_in_with_factor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _address(settings, enqueued):
    settings.SITE_ADDRESS = "http://testserver"
    settings.SANDBOX_ADDRESS = "http://127.0.0.1:1"


@pytest.fixture
def alices(team, alice):
    return browser_of(alice)


def form(**more):
    return {"name": "Main", **KEYS, **more}


def there(team):
    with tenant(team.pk):
        return list(Connection.objects.all())


def test_sandbox_is_connected_without_a_factor(alices, team):
    answer = alices.post(f"/w/{team.slug}/connections/add/binance/sandbox/", form())
    [made] = there(team)
    assert answer["Location"] == f"/w/{team.slug}/connections/{made.pk}/"
    page = alices.get(answer["Location"]).content.decode()
    assert "CHECKING" in page
    assert "…1234" in page


def test_live_leads_to_the_second_factor_first(alices, team):
    answer = alices.post(f"/w/{team.slug}/connections/add/binance/live/", form())
    assert answer["Location"] == "/account/security/"
    assert there(team) == []


def test_live_is_connected_with_a_fresh_factor(client, team, alice):
    log_in_with_factor(client, alice)
    answer = client.post(f"/w/{team.slug}/connections/add/binance/live/", form())
    [made] = there(team)
    assert (answer.status_code, made.mode) == (302, "live")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"api_key": "short"}, "does not look like one"),
        ({"api_key": ""}, "This field is required"),
        ({"secret": "x" * 63}, "does not look like one"),
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 10_000}, "at most 80"),
    ],
)
def test_form_with_mistakes_keeps_what_was_typed_but_never_a_secret(alices, team, wrong, words):
    answer = alices.post(f"/w/{team.slug}/connections/add/binance/sandbox/", form(**wrong))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert KEYS["secret"] not in page
    if "api_key" not in wrong:
        assert KEYS["api_key"] in page
    assert there(team) == []


@pytest.mark.parametrize("path", ["mtgox/live", "mtgox/sandbox", "binance/paper", "paper/sandbox", "binance/real"])
def test_venue_or_kind_of_money_that_is_none_is_404(alices, client, team, alice, path):
    log_in_with_factor(client, alice)
    assert client.get(f"/w/{team.slug}/connections/add/{path}/").status_code == 404


def test_viewer_looks_and_adds_nothing(team, bob):
    browser = browser_of(bob)
    assert browser.get(f"/w/{team.slug}/connections/").status_code == 200
    assert "Connect a venue" not in browser.get(f"/w/{team.slug}/connections/").content.decode()
    for path in ("", "binance/sandbox/", "binance/live/"):
        assert browser.get(f"/w/{team.slug}/connections/add/{path}").status_code == 403
    assert browser.post(f"/w/{team.slug}/connections/add/binance/sandbox/", form()).status_code == 403
    assert there(team) == []


def test_no_page_shows_a_key(alices, team, alice, now):
    made = connect(team, alice, now=now)
    for path in ("", f"{made.pk}/", f"{made.pk}/key/", f"{made.pk}/close/", "add/"):
        page = alices.get(f"/w/{team.slug}/connections/{path}", follow=True).content.decode()
        assert KEYS["secret"] not in page
        assert KEYS["api_key"] not in page


def test_closing_asks_by_name_and_is_done_once(alices, team, alice, now):
    made = connect(team, alice, now=now, mode=Connection.Mode.SANDBOX, name="Old <b>one")
    address = f"/w/{team.slug}/connections/{made.pk}/close/"
    assert "Close <bdi>Old &lt;b&gt;one</bdi>?" in alices.get(address).content.decode()
    for _ in range(2):
        assert alices.post(address)["Location"] == f"/w/{team.slug}/connections/"
    assert there(team)[0].closed_at is not None
    assert "Old" not in alices.get(f"/w/{team.slug}/connections/").content.decode().split("closed")[1]


def test_list_takes_the_same_queries_with_one_and_with_three(alices, team, alice, now, django_assert_max_num_queries):
    counts = []
    for names in (["a"], ["b", "c"]):
        for name in names:
            connect(team, alice, now=now, name=name)
        for path in ("connections/", "holdings/"):
            with django_assert_max_num_queries(30) as asked:
                alices.get(f"/w/{team.slug}/{path}")
            counts.append(len(asked.captured_queries))
    assert counts[:2] == counts[2:]


def test_venue_that_is_shut_here_says_why(alices, team, settings):
    settings.SELF_HOSTED = False
    page = alices.get(f"/w/{team.slug}/connections/add/").content.decode()
    assert "account&#x27;s owner" in page
    settings.SELF_HOSTED = True
    assert "account&#x27;s owner" not in alices.get(f"/w/{team.slug}/connections/add/").content.decode()


def test_instance_without_a_sandbox_offers_none(alices, team, settings):
    assert "Connect the sandbox" in alices.get(f"/w/{team.slug}/connections/add/").content.decode()
    settings.SANDBOX_ADDRESS = ""
    assert "Connect the sandbox" not in alices.get(f"/w/{team.slug}/connections/add/").content.decode()
    answer = alices.post(f"/w/{team.slug}/connections/add/binance/sandbox/", form())
    assert answer.status_code == 422
    assert "runs no sandbox" in answer.content.decode()
    assert there(team) == []


def test_refused_connection_is_listed_for_a_week(alices, team, alice, now):
    made = connect(team, alice, now=now, name="Refused one")
    for days, is_listed in ((6, True), (8, False)):
        with tenant(team.pk):
            closed_at = clock.now() - dt.timedelta(days=days)
            Connection.objects.filter(pk=made.pk).update(met="refused", closed_at=closed_at)
        assert ("Refused one" in alices.get(f"/w/{team.slug}/connections/").content.decode()) is is_listed
