"""The pages of channels: added, ruled, tried, switched, removed by their person alone; each attempt can be read."""

import re

import pytest
from django.test import Client

from accounts.models import AuditEntry, NoticeMessage, NotificationChannel
from accounts.services.notices import send_notice
from kernel import clock
from kernel.outgoing.deliveries import deliver
from kernel.outgoing.models import Delivery
from kernel.tenancy.scope import tenant
from tests.log_in import confirm_address
from tests.loopback import NAME, status

pytestmark = pytest.mark.django_db
RULES = {
    "label": "My hook",
    "urgency_floor": "1",
    "quiet_from": "",
    "quiet_until": "",
    "time_zone": "UTC",
    "events": ["channel.*"],
}
TOKEN = "123456:AAbbCCddEEffGGhhIIjjKK"


@pytest.fixture
def browser(alice, outgoing):
    browser = Client()
    browser.force_login(alice)
    return browser


@pytest.fixture
def page(team):
    return f"/w/{team.slug}/channels/"


@pytest.fixture
def hook(receiver):
    return f"https://{NAME}:{receiver.port}/hook?token=hidden-in-path"


def channels_in(team) -> list[NotificationChannel]:
    with tenant(team.pk):
        return list(NotificationChannel.objects.all())


def added(browser, page, team, hook) -> NotificationChannel:
    assert browser.post(f"{page}add/?kind=webhook", RULES | {"address": hook}).status_code == 201
    (channel,) = channels_in(team)
    return channel


def work(team, client, now=None) -> None:
    """What the workers would do now."""
    with tenant(team.pk):
        waiting = list(NoticeMessage.objects.filter(state="WAITING").values_list("pk", flat=True))
    for key in waiting:
        send_notice(team.pk, key, now=now or clock.now())
    with tenant(team.pk):
        due = list(Delivery.objects.filter(state__in=Delivery.OPEN).values_list("pk", flat=True))
    for key in due:
        deliver(team.pk, key, now=now or clock.now(), client=client)


def test_signing_key_is_shown_once_and_the_url_never(browser, page, team, hook):
    answer = browser.post(f"{page}add/?kind=webhook", RULES | {"address": hook})
    text = answer.content.decode()
    key = re.search(r'id="signing-key" type="text" value="([^"]{40,})"', text)[1]
    assert "no-store" in answer["Cache-Control"]
    (channel,) = channels_in(team)
    assert channel.secret.open().reveal() == key
    for path in (page, f"{page}{channel.pk}/", f"{page}add/?kind=webhook"):
        later = browser.get(path).content.decode()
        assert key not in later
        assert "hidden-in-path" not in later


def test_double_click_adds_one_channel(browser, page, team, hook):
    form = RULES | {"address": hook, "idempotency_key": "0192-one-click"}
    first = browser.post(f"{page}add/?kind=webhook", form)
    second = browser.post(f"{page}add/?kind=webhook", form)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert len(channels_in(team)) == 1


def test_each_kind_is_added_in_its_own_way(browser, page, team, alice, hook):
    confirm_address(alice)
    for kind, more in (
        ("mail", {"address": "alice@example.org"}),
        ("slack", {"address": hook}),
        ("discord", {"address": hook}),
        ("telegram", {"address": "@mychannel", "secret": TOKEN}),
    ):
        assert browser.post(f"{page}add/?kind={kind}", RULES | more).status_code == 302, kind
    assert sorted(channel.kind for channel in channels_in(team)) == ["discord", "mail", "slack", "telegram"]
    assert TOKEN not in browser.get(page).content.decode()


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("webhook", {"address": "http://receiver.test/"}, "https"),
        ("webhook", {"address": "x" * 10_000}, "At most 500 characters"),
        ("webhook", {"label": "n" * 10_000}, "At most 80 characters"),
        ("webhook", {"label": ""}, "required"),
        ("webhook", {"events": ["nothing.at_all"]}, "not among the choices"),
        ("webhook", {"urgency_floor": "9"}, "not among the choices"),
        ("webhook", {"quiet_from": "22:00"}, "Quiet hours need both ends"),
        ("webhook", {"quiet_from": "99:99"}, "valid time"),
        ("webhook", {"time_zone": "Mars/Olympus"}, "no time zone"),
        ("mail", {"address": "charlie@example.org"}, "address of yours that you have confirmed"),
        ("telegram", {"address": "nonsense!", "secret": TOKEN}, "A Telegram chat is a number"),
        ("telegram", {"address": "@mychannel", "secret": "short"}, "token of your bot"),
        ("telegram", {"address": "@mychannel"}, "required"),
    ],
)
def test_mistake_is_named_and_what_was_typed_stays(browser, page, team, hook, kind, changes, words):
    form = RULES | ({"address": hook} if "address" not in changes else {}) | changes
    answer = browser.post(f"{page}add/?kind={kind}", form)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    if "label" not in changes:
        assert 'value="My hook"' in text
    assert TOKEN not in text
    assert channels_in(team) == []


def test_unknown_kind_leads_back(browser, page):
    for kind in ("", "pigeon", "x" * 10_000):
        assert browser.get(f"{page}add/", {"kind": kind})["Location"] == page


def test_rules_are_changed_and_recorded(browser, page, team, hook):
    channel = added(browser, page, team, hook)
    changes = {
        "label": "שלום 🙂",
        "events": [],
        "urgency_floor": "3",
        "quiet_from": "22:00",
        "quiet_until": "07:00",
        "time_zone": "Asia/Kolkata",
    }
    assert browser.post(f"{page}{channel.pk}/", RULES | changes).status_code == 302
    (now_so,) = channels_in(team)
    assert (now_so.label, now_so.events, now_so.urgency_floor, str(now_so.quiet_from), now_so.time_zone) == (
        "שלום 🙂",
        [],
        3,
        "22:00:00",
        "Asia/Kolkata",
    )
    assert "quiet 22:00 to 07:00 Asia/Kolkata" in browser.get(page).content.decode()
    assert 'value="22:00"' in browser.get(f"{page}{channel.pk}/").content.decode()
    with tenant(team.pk):
        assert AuditEntry.objects.filter(action="channel.changed").count() == 1


def test_log_shows_each_attempt_its_answer_and_when_the_next_one_is(browser, page, team, hook, receiver, client):
    receiver.replies[:] = [status(503, b"<b>out of order</b>"), status(200, b"fine")]
    channel = added(browser, page, team, hook)
    browser.post(f"{page}{channel.pk}/test/")
    work(team, client)
    text = browser.get(f"{page}{channel.pk}/").content.decode()
    assert "answer 503" in text
    assert "&lt;b&gt;out of order&lt;/b&gt;" in text
    assert "next attempt" in text
    assert "This channel fails since" in text
    assert "FAILS" in browser.get(page).content.decode()


def test_what_failed_is_sent_again_as_a_new_message(browser, page, team, hook, receiver, client):
    receiver.replies[:] = [status(404), status(200)]
    channel = added(browser, page, team, hook)
    browser.post(f"{page}{channel.pk}/test/")
    work(team, client)
    with tenant(team.pk):
        failed = NoticeMessage.objects.get()
    assert failed.state == "FAILED"
    assert "Send again" in browser.get(f"{page}{channel.pk}/").content.decode()
    form = {"idempotency_key": "0192-again"}
    for _ in range(2):
        assert browser.post(f"{page}{channel.pk}/messages/{failed.pk}/again/", form).status_code == 302
    work(team, client)
    with tenant(team.pk):
        assert sorted(NoticeMessage.objects.values_list("state", flat=True)) == ["FAILED", "SENT"]
    assert len(receiver.received) == 2
    with tenant(team.pk):
        sent = NoticeMessage.objects.get(state="SENT")
    browser.post(f"{page}{channel.pk}/messages/{sent.pk}/again/")
    with tenant(team.pk):
        assert NoticeMessage.objects.count() == 2


def test_channel_that_is_off_sends_nothing_until_it_is_on(browser, page, team, hook, receiver, client):
    channel = added(browser, page, team, hook)
    for _ in range(2):
        browser.post(f"{page}{channel.pk}/switch/", {"to": "off"})
    assert not channels_in(team)[0].is_active
    browser.post(f"{page}{channel.pk}/test/")
    work(team, client)
    assert receiver.received == []
    browser.post(f"{page}{channel.pk}/switch/", {"to": "on"})
    browser.post(f"{page}{channel.pk}/test/")
    work(team, client)
    assert len(receiver.received) == 1
    with tenant(team.pk):
        assert AuditEntry.objects.filter(action="channel.switched").count() == 2


def test_removed_channel_is_gone_after_a_confirmation(browser, page, team, hook):
    channel = added(browser, page, team, hook)
    assert "Remove <bdi>My hook</bdi>?" in browser.get(f"{page}{channel.pk}/remove/").content.decode()
    assert len(channels_in(team)) == 1
    browser.post(f"{page}{channel.pk}/remove/")
    assert channels_in(team) == []
    assert browser.get(f"{page}{channel.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_nobody_elses_channel_is_there_even_for_a_team_mate(browser, page, team, hook, bob, charlie, who):
    channel = added(browser, page, team, hook)
    browser.force_login({"bob": bob, "charlie": charlie}[who])
    for end, form in (
        ("", RULES),
        ("switch/", {"to": "off"}),
        ("test/", {}),
        ("remove/", {}),
        (f"messages/{channel.pk}/again/", {}),
    ):
        assert browser.post(f"{page}{channel.pk}/{end}", form).status_code == 404, end
    assert browser.get(f"{page}{channel.pk}/").status_code == 404
    assert "My hook" not in browser.get(page).content.decode()
    (untouched,) = channels_in(team)
    assert (untouched.is_active, untouched.label) == (True, "My hook")
    with tenant(team.pk):
        assert not NoticeMessage.objects.exists()


def test_viewer_has_channels_of_his_own(browser, page, team, bob, hook):
    browser.force_login(bob)
    assert browser.post(f"{page}add/?kind=webhook", RULES | {"address": hook}).status_code == 201
    assert [channel.person_id for channel in channels_in(team)] == [bob.pk]


def test_pages_ask_as_many_queries_for_one_row_as_for_three(
    browser, page, team, hook, client, django_assert_max_num_queries
):
    added(browser, page, team, hook)
    counts = []
    channel = channels_in(team)[0]
    for rows in (1, 2):
        for _ in range(rows):
            browser.post(f"{page}{channel.pk}/test/")
        work(team, client)
        browser.get(page)
        with django_assert_max_num_queries(28) as asked:
            browser.get(f"{page}{channel.pk}/")
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]
