"""Sessions: listed, ended, watched; what they had open closes."""

import datetime as dt

import pytest
import time_machine
from allauth.usersessions.models import UserSession

from accounts.domain.browsers import browser_in_words
from kernel import clock
from tests.log_in import is_logged_in, log_in
from tests.mails import forget_mails, sent_mails

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEWER_FIREFOX = FIREFOX.replace("140", "141")
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36"


@pytest.fixture
def two(client, verified):
    other = type(client)()
    log_in(client, verified, HTTP_USER_AGENT=FIREFOX)
    log_in(other, verified, HTTP_USER_AGENT=CHROME)
    client.defaults["HTTP_USER_AGENT"], other.defaults["HTTP_USER_AGENT"] = FIREFOX, CHROME
    return client, other


def test_page_lists_each_session_with_its_browser(two):
    page = two[0].get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Chrome on Windows" in page
    assert page.count("THIS ONE") == 1


def test_ended_session_opens_nothing(two):
    client, other = two
    session = UserSession.objects.get(session_key=other.session.session_key)
    client.post(f"/account/sessions/{session.pk}/end/")
    assert is_logged_in(client)
    assert not is_logged_in(other)


def test_all_others_are_ended_at_once(two):
    client, other = two
    assert "One other session ended" in client.post("/account/sessions/end-others/", follow=True).content.decode()
    assert is_logged_in(client)
    assert not is_logged_in(other)


def test_ending_ones_own_session_is_a_log_out(two):
    client, other = two
    session = UserSession.objects.get(session_key=client.session.session_key)
    assert client.post(f"/account/sessions/{session.pk}/end/")["Location"] == "/"
    assert not is_logged_in(client)
    assert is_logged_in(other)


def test_nobody_ends_another_persons_session(two, charlie):
    stranger = type(two[0])()
    log_in(stranger, charlie)
    stranger.force_login(charlie)
    session = UserSession.objects.get(session_key=two[0].session.session_key)
    assert stranger.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert stranger.post("/account/sessions/end-others/").status_code == 302
    assert is_logged_in(two[0])


def test_cookie_carried_to_another_browser_ends_the_session_and_is_told(two):
    client, _ = two
    forget_mails()
    thief = type(client)(HTTP_USER_AGENT=CHROME)
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert not is_logged_in(thief)
    assert not is_logged_in(client)
    assert [message.subject for message in sent_mails()] == ["A session of yours was ended"]


def test_browser_that_updates_itself_stays_in(two):
    client, _ = two
    client.defaults["HTTP_USER_AGENT"] = NEWER_FIREFOX
    assert is_logged_in(client)


def test_last_seen_is_written_once_a_minute(two):
    client, _ = two
    row = UserSession.objects.filter(session_key=client.session.session_key)
    began = row.get().last_seen_at
    is_logged_in(client)
    assert row.get().last_seen_at == began
    with time_machine.travel(clock.now() + dt.timedelta(minutes=2), tick=False):
        client.get("/account/security/", REMOTE_ADDR="198.51.100.7")
    assert (row.get().last_seen_at - began) > dt.timedelta(seconds=90)
    assert row.get().ip == "198.51.100.7"


def test_list_asks_as_many_queries_for_one_session_as_for_three(client, verified, django_assert_max_num_queries):
    counts = []
    log_in(client, verified)
    for others in (0, 2):
        for _ in range(others):
            log_in(type(client)(), verified)
        client.get("/account/sessions/")
        with django_assert_max_num_queries(20) as asked:
            client.get("/account/sessions/")
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) AppleWebKit/605 Version/19.0 Mobile Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537 Chrome/150 Mobile Safari/537", "Chrome on Android"),
        ("", "An unknown browser"),
        ("<script>", "An unknown browser"),
    ],
)
def test_browser_is_named_in_words(agent, words):
    assert browser_in_words(agent) == words
