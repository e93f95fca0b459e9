"""The daily log-in at Zerodha: to its page and back with a state that works once, and one token however many come."""

import datetime as dt
import logging
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection as database
from django.test import Client

from accounts.models import AuditEntry, Membership, Notification
from accounts.models.workspace import Role
from exchanges.domain.credentials import DailyEnd
from exchanges.domain.standing import Standing
from exchanges.domain.venues import venue_named
from exchanges.models import Account, Connection, Credential, VenueLogin
from exchanges.services.connections import add_connection, change_key, close_connection
from exchanges.services.logins import WITHIN, sweep_logins
from exchanges.services.snapshots import refresh_accounts
from exchanges.services.tokens import LEASE, finish_login
from exchanges.services.watch import look_after
from exchanges.vault import open_credential
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import at_once, browser_of
from tests.exchanges.fake_kite import API_KEY, API_SECRET, FakeKite
from tests.exchanges.rooms.conftest import again, door
from tests.jobs import run_enqueued
from tests.log_in import log_in_with_factor

pytestmark = pytest.mark.django_db(transaction=True)

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
FIELDS = {"api_key": API_KEY, "secret": API_SECRET}
BACK = "/account/venue-log-in/back/"


@pytest.fixture(autouse=True)
def _house(settings, enqueued):
    settings.SITE_ADDRESS, settings.SELF_HOSTED = "http://testserver", True


@pytest.fixture(autouse=True)
def _end_is_far(monkeypatch):
    """A token ends at six in the morning of India. Whoever runs these tests at five gets the six of tomorrow."""
    true_end = DailyEnd.after
    monkeypatch.setattr(DailyEnd, "after", lambda self, moment: true_end(self, moment + 4 * HOUR))


@pytest.fixture
def kite(settings):
    one = FakeKite().start()
    settings.VENUE_ADDRESSES = {"zerodha": one.address}
    yield one
    one.stop()


@pytest.fixture
def alices(team, alice):
    return browser_of(alice)


@pytest.fixture
def made(team, alice, kite):
    return connect(team, alice)


def connect(team, person, **more):
    access = door(team, person)
    with tenant(team.pk):
        return add_connection(
            access=access,
            person=person,
            facts=venue_named("zerodha"),
            mode=Connection.Mode.LIVE,
            name="Kite",
            fields={**FIELDS, **more},
            attested=True,
            now=clock.now(),
        )


def page_of(team, made):
    return f"/w/{team.slug}/connections/{made.pk}/"


def set_out(browser, team, made) -> str:
    """The address of the venue's page, as the browser is led to it."""
    answer = browser.post(f"{page_of(team, made)}log-in/")
    assert answer.status_code == 200, answer
    return answer.context["there"]


def come_back(browser, address):
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def logs_in(browser, team, made, kite, enqueued):
    come_back(browser, kite.person_logs_in(set_out(browser, team, made)))
    run_enqueued(enqueued)


def logins(team):
    with tenant(team.pk):
        return list(VenueLogin.objects.order_by("began_at"))


def token_of(team, made) -> str | None:
    with tenant(team.pk):
        credentials, _ = open_credential(made.pk)
    return credentials.token.reveal() if credentials.token else None


def said(browser) -> str:
    return browser.get("/home/", follow=True).content.decode()


def heard(team):
    with tenant(team.pk):
        return list(Notification.objects.values_list("event", flat=True).order_by("pk"))


# ---- the way there and back ----


def test_connection_begins_logged_out_and_tells_nobody(team, alices, made, enqueued):
    found = again(team, made)
    assert found.standing(now=clock.now()) is Standing.EXPIRED
    assert enqueued == []
    look_after(now=clock.now())
    assert (heard(team), enqueued) == ([], [])
    page = alices.get(page_of(team, made)).content.decode()
    assert "Nobody has logged in at Zerodha yet" in page
    assert f"http://testserver{BACK}" in page
    assert API_SECRET not in page


def test_form_is_open_where_the_owner_runs_the_instance(client, team, alice, kite, settings):
    log_in_with_factor(client, alice)
    address = f"/w/{team.slug}/connections/add/zerodha/live/"
    assert f"http://testserver{BACK}" in client.get(address).content.decode()
    assert client.post(address, {"name": "Kite", **FIELDS}).status_code == 422
    settings.SELF_HOSTED = False
    refused = client.post(address, {"name": "Kite", **FIELDS, "attested": "on"})
    assert "open only on an instance run by the account" in refused.content.decode()
    settings.SELF_HOSTED = True
    assert client.post(address, {"name": "Kite", **FIELDS, "attested": "on"}).status_code == 302


def test_log_in_leads_to_the_venue_and_back_to_a_connection_that_stands(team, alices, made, kite, enqueued):
    there = set_out(alices, team, made)
    told = dict(parse_qsl(urlsplit(there).query))
    assert (urlsplit(there).path, told["api_key"], told["v"]) == ("/connect/login", API_KEY, "3")
    back = come_back(alices, kite.person_logs_in(there))
    assert back["Location"] == page_of(team, made)
    assert (back["Referrer-Policy"], "no-store" in back["Cache-Control"]) == ("no-referrer", True)
    assert run_enqueued(enqueued)[:3] == [
        "exchanges.finish_login",
        "exchanges.check_connection",
        "exchanges.refresh_accounts",
    ]
    found = again(team, made)
    assert (found.standing(now=clock.now()), found.can_read, found.met_words) == (Standing.OK, True, "")
    assert token_of(team, made) == kite.living
    end = found.token_ends_at
    assert (end.hour, end.minute) == (0, 30)
    assert dt.timedelta(0) < end - clock.now() <= dt.timedelta(days=1) + 4 * HOUR
    with tenant(team.pk):
        assert Account.objects.get().number == "AB1234"
        assert AuditEntry.objects.filter(action="connection.logged_in").count() == 1
    page = alices.get(page_of(team, made)).content.decode()
    assert "in " in page
    assert "Log in again at Zerodha" in page


def test_what_the_venue_gives_is_kept_sealed_and_only_on_the_way(
    team, alices, made, kite, enqueued, caplog, capsys, tmp_path
):
    caplog.set_level(logging.DEBUG)
    address = kite.person_logs_in(set_out(alices, team, made))
    given = dict(parse_qsl(urlsplit(address).query))["request_token"]
    come_back(alices, address)
    assert [given in " ".join(job) for job in enqueued] == [False]
    [login] = logins(team)
    assert login.sealed.open().reveal() == given
    with tenant(team.pk), database.cursor() as cursor:
        for table in ("exchanges_venuelogin", "exchanges_connection", "accounts_auditentry", "django_session"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            assert given not in str(cursor.fetchall())
    run_enqueued(enqueued)
    [login] = logins(team)
    assert (login.state, login.sealed) == ("done", None)
    spoken = capsys.readouterr()
    assert given not in caplog.text + spoken.out + spoken.err
    assert kite.living not in caplog.text + spoken.out + spoken.err
    assert given not in said(alices)


def test_way_back_works_once(team, alices, made, kite, enqueued):
    address = kite.person_logs_in(set_out(alices, team, made))
    come_back(alices, address)
    run_enqueued(enqueued)
    before = token_of(team, made)
    answer = come_back(alices, address)
    assert (answer.status_code, answer["Location"]) == (302, page_of(team, made))
    assert "works once" in said(alices)
    assert (enqueued, token_of(team, made), len(kite.exchanges)) == ([], before, 1)


def test_who_breaks_off_there_loses_nothing(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    before = token_of(team, made)
    answer = come_back(alices, kite.person_logs_in(set_out(alices, team, made), breaks_off=True))
    assert answer["Location"] == page_of(team, made)
    assert "You broke off at Zerodha" in alices.get(page_of(team, made)).content.decode()
    assert (enqueued, token_of(team, made)) == ([], before)
    assert again(team, made).standing(now=clock.now()) is Standing.OK


@pytest.mark.parametrize(
    "query",
    [
        "",
        "status=success",
        "request_token=abc&status=success",
        "request_token=abc&status=success&state=",
        "request_token=abc&status=success&state=forged",
        "request_token=abc&status=success&state=a:b:c",
        "request_token=abc&state=" + "x" * 10_000,
        "state=%00&request_token=%F0%9F%98%80",
        "request_token[]=a&state[]=b",
    ],
)
def test_way_back_that_nobody_began_is_told_in_words(alices, team, query):
    answer = alices.get(f"{BACK}?{query}")
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    assert "begun in this browser" in said(alices)


@pytest.mark.parametrize("given", ["", "x" * 513, "a b", "😀" * 8, "<script>"])
def test_answer_that_is_none_is_no_log_in(team, alices, made, kite, enqueued, given):
    state = dict(parse_qsl(dict(parse_qsl(urlsplit(set_out(alices, team, made)).query))["redirect_params"]))["state"]
    answer = alices.get(BACK, {"state": state, "status": "success", "request_token": given})
    assert answer["Location"] == page_of(team, made)
    assert enqueued == []
    assert logins(team)[0].state == "failed"


def test_state_is_too_old_after_ten_minutes(team, alices, made, kite, enqueued):
    address = kite.person_logs_in(set_out(alices, team, made))
    with tenant(team.pk):
        VenueLogin.objects.update(began_at=clock.now() - WITHIN)
    come_back(alices, address)
    assert "last ten minutes" in said(alices)
    assert (enqueued, logins(team)[0].state) == ([], "away")


def test_another_session_or_person_brings_nothing_back(team, alice, alices, bob, charlie, made, kite, enqueued):
    address = kite.person_logs_in(set_out(alices, team, made))
    others = {"her other browser": browser_of(alice), "bob": browser_of(bob), "charlie": browser_of(charlie)}
    for who, browser in others.items():
        answer = come_back(browser, address)
        assert answer.status_code == 302, who
        assert str(made.pk) not in answer["Location"], who
    assert (enqueued, logins(team)[0].state) == ([], "away")
    come_back(alices, address)
    assert logins(team)[0].state == "back"


def test_visitor_is_led_to_the_log_in_without_what_he_brought(team, alices, made, kite):
    address = kite.person_logs_in(set_out(alices, team, made))
    answer = come_back(Client(), address)
    assert answer["Location"] == "/account/login/?next=%2Fhome%2F"
    assert logins(team)[0].state == "away"


def test_connection_that_was_closed_meanwhile_takes_nothing(team, alice, alices, made, kite, enqueued):
    address = kite.person_logs_in(set_out(alices, team, made))
    access = door(team, alice)
    with tenant(team.pk):
        close_connection(access=access, connection=made, now=clock.now())
    answer = come_back(alices, address)
    assert (answer.status_code, enqueued) == (302, [])
    assert logins(team) == []


def test_who_lost_the_right_to_trade_meanwhile_brings_nothing_back(team, alice, alices, made, kite, enqueued):
    address = kite.person_logs_in(set_out(alices, team, made))
    with tenant(team.pk):
        Membership.objects.filter(person=alice).update(role=Role.VIEWER, can_trade=False)
    come_back(alices, address)
    assert (enqueued, logins(team)[0].state) == ([], "away")


def test_viewer_and_stranger_begin_no_log_in(team, bob, charlie, made):
    assert browser_of(bob).post(f"{page_of(team, made)}log-in/").status_code == 403
    assert browser_of(charlie).post(f"{page_of(team, made)}log-in/").status_code == 404
    assert logins(team) == []


def test_log_in_is_begun_only_where_the_policy_is_open(team, alices, made, settings):
    settings.SELF_HOSTED = False
    assert alices.post(f"{page_of(team, made)}log-in/").status_code == 302
    assert logins(team) == []
    assert "open only on an instance" in alices.get(page_of(team, made)).content.decode()


# ---- what the venue makes of it ----


def test_wrong_secret_is_told_in_words_and_nothing_is_lost(team, alice, alices, kite, enqueued):
    made = connect(team, alice, secret="w" * 32)
    logs_in(alices, team, made, kite, enqueued)
    [login] = logins(team)
    assert login.state == "failed"
    assert login.words.startswith("Zerodha did not take the log-in: Zerodha said 403 TokenException")
    assert again(team, made).standing(now=clock.now()) is Standing.EXPIRED
    assert "compare the API key and the secret" in alices.get(page_of(team, made)).content.decode()


def test_request_token_that_ended_leaves_the_token_before(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    before = token_of(team, made)
    address = kite.person_logs_in(set_out(alices, team, made))
    kite._requests.clear()
    come_back(alices, address)
    run_enqueued(enqueued)
    assert logins(team)[-1].state == "failed"
    assert (token_of(team, made), kite.living) == (before, before)
    assert again(team, made).standing(now=clock.now()) is Standing.OK


def test_another_user_of_the_venue_is_refused(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    before = token_of(team, made)
    kite.user = "CD5678"
    logs_in(alices, team, made, kite, enqueued)
    assert logins(team)[-1].words.startswith("You logged in as CD5678, and this connection is of AB1234.")
    assert token_of(team, made) == before
    with tenant(team.pk):
        assert Account.objects.get().number == "AB1234"


def test_venue_that_is_away_is_told_in_words(team, alices, made, kite, enqueued, settings):
    address = kite.person_logs_in(set_out(alices, team, made))
    settings.VENUE_ADDRESSES = {"zerodha": "http://127.0.0.1:9"}
    come_back(alices, address)
    run_enqueued(enqueued)
    assert "Log in once more in a minute" in logins(team)[0].words


def test_new_log_in_takes_the_place_of_the_old_token(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    first = token_of(team, made)
    logs_in(alices, team, made, kite, enqueued)
    assert token_of(team, made) == kite.living != first
    with tenant(team.pk):
        assert Credential.objects.get().version == 3


def test_other_key_ends_the_log_in(team, alice, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    access = door(team, alice)
    with tenant(team.pk):
        change_key(access=access, person=alice, connection=again(team, made), fields=FIELDS, now=clock.now())
    found = again(team, made)
    assert (token_of(team, made), found.token_ends_at, enqueued) == (None, None, [])
    assert found.standing(now=clock.now()) is Standing.EXPIRED


def test_key_changed_during_the_exchange_wins(team, alice, alices, made, kite, enqueued):
    address = kite.person_logs_in(set_out(alices, team, made))
    come_back(alices, address)
    kite.seconds = 0.6
    worker = threading.Thread(target=_in_thread, args=(run_enqueued, enqueued))
    worker.start()
    while not kite.exchanges:
        pass
    access = door(team, alice)
    with tenant(team.pk):
        change_key(access=access, person=alice, connection=again(team, made), fields=FIELDS, now=clock.now())
    worker.join()
    assert token_of(team, made) is None
    assert "came in between" in logins(team)[0].words


# ---- one at a time ----


def _in_thread(act, *arguments):
    try:
        act(*arguments)
    finally:
        database.close()


def test_task_delivered_twice_exchanges_once(team, alices, made, kite, enqueued):
    kite.seconds = 0.3
    come_back(alices, kite.person_logs_in(set_out(alices, team, made)))
    [(*_, login)] = enqueued
    now, ids = clock.now(), [logins(team)[0].pk]
    assert str(ids[0]) == login
    at_once(*[lambda: finish_login(team.pk, ids[0], now=now)] * 4)
    finish_login(team.pk, ids[0], now=now)
    assert len(kite.exchanges) == 1
    assert (token_of(team, made), logins(team)[0].state) == (kite.living, "done")


def test_two_who_log_in_at_once_end_in_one_token_that_lives(team, alice, alices, made, kite, enqueued):
    kite.seconds = 0.2
    browsers = [alices, browser_of(alice), browser_of(alice)]
    for browser in browsers:
        come_back(browser, kite.person_logs_in(set_out(browser, team, made)))
    jobs, now = list(enqueued), clock.now()
    enqueued.clear()
    ids = [one.pk for one in logins(team)]
    assert len(jobs) == 3
    at_once(*[lambda one=one: finish_login(team.pk, one, now=now) for one in ids])
    # Who came while another fetched was taken up when that one was done.
    run_enqueued(enqueued)
    assert [one.state for one in logins(team)] == ["done"] * 3
    assert token_of(team, made) == kite.living
    with tenant(team.pk):
        assert Credential.objects.values_list("refresher", "refresh_until").get() == (None, None)
    assert again(team, made).standing(now=clock.now()) is Standing.OK


def test_worker_that_died_in_the_middle_holds_nobody_up_for_long(team, alices, made, kite, enqueued):
    come_back(alices, kite.person_logs_in(set_out(alices, team, made)))
    enqueued.clear()
    now, [login] = clock.now(), logins(team)
    with tenant(team.pk):
        Credential.objects.update(refresher=made.pk, refresh_until=now + LEASE)
    finish_login(team.pk, login.pk, now=now)
    assert kite.exchanges == []
    finish_login(team.pk, login.pk, now=now + LEASE)
    assert token_of(team, made) == kite.living


def test_lost_nudge_is_given_again_and_what_lies_too_long_ends(team, alices, made, kite, enqueued):
    come_back(alices, kite.person_logs_in(set_out(alices, team, made)))
    enqueued.clear()
    now = clock.now()
    assert sweep_logins(now=now + MINUTE / 2) == 0
    sweep_logins(now=now + 2 * MINUTE)
    assert [job[0] for job in enqueued] == ["exchanges.finish_login"]
    sweep_logins(now=now + WITHIN + MINUTE)
    [login] = logins(team)
    assert (login.state, login.sealed) == ("failed", None)
    sweep_logins(now=now + dt.timedelta(days=1, minutes=1))
    assert logins(team) == []


# ---- how it stands ----


def test_read_that_finds_the_log_in_over_says_so_at_once_and_once(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    kite.end()
    kite.asked.clear()
    for _ in range(2):
        refresh_accounts(team.pk, made.pk, now=clock.now())
    found = again(team, made)
    assert (found.met, found.standing(now=clock.now())) == ("token", Standing.EXPIRED)
    assert found.token_ends_at <= clock.now()
    assert heard(team) == ["connection.ready", "connection.expired"]
    with tenant(team.pk):
        assert Notification.objects.get(event="connection.expired").path == page_of(team, made)
    # With a log-in that is over nothing else is asked, and no dead token is shown again.
    assert kite.asked == ["/user/margins"]
    assert "Log in at Zerodha" in alices.get(f"/w/{team.slug}/connections/").content.decode()


def test_answer_about_an_old_token_says_nothing_of_the_new_one(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    from exchanges.domain.standing import Hindrance  # noqa: PLC0415
    from exchanges.services.connections import store_hindrance  # noqa: PLC0415

    logs_in(alices, team, made, kite, enqueued)
    with tenant(team.pk):
        store_hindrance(made.pk, Hindrance.TOKEN, "late", version=2, now=clock.now())
    assert again(team, made).standing(now=clock.now()) is Standing.OK


def test_end_is_told_two_hours_ahead_and_a_dead_token_is_shown_to_nobody(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    end = again(team, made).token_ends_at
    assert again(team, made).standing(now=end - 3 * HOUR) is Standing.OK
    for moment in (end - 2 * HOUR, end - HOUR, end, end + HOUR):
        look_after(now=moment)
    assert heard(team) == ["connection.ready", "connection.expiring", "connection.expired"]
    asked = len(kite.asked)
    refresh_accounts(team.pk, made.pk, now=end)
    assert len(kite.asked) == asked


def test_log_in_after_the_end_stands_again_and_its_end_is_told_again(team, alices, made, kite, enqueued):
    logs_in(alices, team, made, kite, enqueued)
    with tenant(team.pk):
        Connection.objects.update(token_ends_at=clock.now() - HOUR)
    look_after(now=clock.now())
    assert again(team, made).standing(now=clock.now()) is Standing.EXPIRED
    logs_in(alices, team, made, kite, enqueued)
    assert again(team, made).standing(now=clock.now()) is Standing.OK
    look_after(now=again(team, made).token_ends_at - HOUR)
    assert heard(team)[-2:] == ["connection.expired", "connection.expiring"]


def test_list_takes_the_same_queries_with_one_and_with_three(team, alice, alices, made, django_assert_max_num_queries):
    counts = []
    for more in (0, 2):
        for _ in range(more):
            connect(team, alice)
        with django_assert_max_num_queries(30) as asked:
            alices.get(f"/w/{team.slug}/connections/")
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]
