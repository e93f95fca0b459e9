"""Pages of connections: live asks for a factor, pretended money does not; what was typed stays, but for secrets."""

import datetime as dt

import pytest

from exchanges.models import Account, Connection, Snapshot
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
    # Somebody may have pasted the secret there.
    assert KEYS["api_key"] not in page
    if "name" not in wrong:
        assert 'value="Main"' in page
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


@pytest.mark.parametrize(
    ("modes", "words"), [((), "NO ACCOUNT"), (("paper",), "PAPER"), (("paper", "live", "sandbox"), "LIVE")]
)
def test_frame_of_every_page_names_the_most_serious_money_in_play(alices, alice, team, modes, words):
    with tenant(team.pk):
        for mode in modes:
            Connection.objects.create(workspace=team, venue="binance", mode=mode, name=mode, added_by=alice)
    assert f"<strong>{words}</strong>" in alices.get(f"/w/{team.slug}/members/").content.decode()


def test_closed_connection_plays_no_part_in_the_frame(alices, alice, team):
    with tenant(team.pk):
        Connection.objects.create(
            workspace=team, venue="binance", mode="live", name="gone", added_by=alice, closed_at=clock.now()
        )
    assert "<strong>NO ACCOUNT</strong>" in alices.get(f"/w/{team.slug}/members/").content.decode()


@pytest.mark.parametrize("is_self_hosted", [False, True])
def test_venue_that_is_shut_here_says_by_which_rule_since_when_and_from_which_source(
    alices, team, settings, is_self_hosted
):
    settings.SELF_HOSTED = is_self_hosted
    page = alices.get(f"/w/{team.slug}/connections/add/").content.decode()
    for words in ("In force since 2026-04-01", "Source: the broker", "written down on 2026-11-21"):
        assert (words in page) is not is_self_hosted, words


def test_connection_that_is_degraded_says_what_grows_old_and_since_when(alices, team, alice, now):
    made = connect(team, alice, now=now)
    address = f"/w/{team.slug}/connections/{made.pk}/"
    assert "grows old" not in alices.get(address).content.decode()
    with tenant(team.pk):
        checked = clock.now() - dt.timedelta(hours=3)
        Connection.objects.filter(pk=made.pk).update(checked_at=checked, met="no_answer", met_words="It is silent.")
        account = Account.objects.get()
        taken = {"taken_at": clock.now() - dt.timedelta(hours=2), "rows": []}
        Snapshot.objects.create(workspace=team, account=account, kind="balances", **taken)
        Snapshot.objects.create(workspace=team, account=account, kind="orders", failed_at=clock.now(), failure="x")
    page = " ".join(alices.get(address).content.decode().split())
    assert "DEGRADED" in page
    told = page.split("grows old")[1].split("</p>")[0]
    for words in ("rights are those of", "its balances those of", "its open orders were never told"):
        assert words in told
    assert told.count("<time") == 2


def test_venue_is_offered_with_what_it_does_itself(alices, team):
    page = alices.get(f"/w/{team.slug}/connections/add/").content.decode()
    assert "stop limit" in page
    # At Coinbase and Zerodha it would be our doing, and nobody does it yet.
    assert "trailing stop" not in page
