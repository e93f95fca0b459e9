"""The bell: one's own news of a workspace, newest first, read by its person alone, removed when its time is over."""

import datetime as dt

import pytest

from accounts.doors import access_of
from accounts.models import Membership, NoticeMessage, Notification
from accounts.notices import CHANNEL_TESTED, KYC_CHANGED
from accounts.notify import note
from accounts.services.notifications import mark_read, purge_notices
from accounts.services.tokens import create_token
from kernel import clock
from kernel.ids import new_id
from kernel.live.rendering import Address, Thing, draw_private
from kernel.tenancy.access import Right
from kernel.tenancy.scope import tenant

pytestmark = pytest.mark.django_db


def tell(team, person, now, words="hook", event=CHANNEL_TESTED) -> Notification:
    with tenant(team.pk):
        return note(event, person_id=person.pk, facts={"label": words, "status": words}, now=now)


@pytest.fixture
def page(client, alice, team):
    client.force_login(alice)
    return f"/w/{team.slug}/notifications/"


def test_newest_stands_first_and_unread_ones_are_marked(client, page, team, alice, now):
    tell(team, alice, now, "older")
    tell(team, alice, now + dt.timedelta(minutes=1), "newer")
    text = client.get(page).content.decode()
    assert text.index("A test of newer") < text.index("A test of older")
    assert text.count(">NEW<") == 2
    assert '>2</span><span class="hidden-words"> unread' in text
    assert client.get(f"{page}unread/").content == b"2"


def test_others_news_is_not_there(client, page, team, alice, bob, now):
    bobs = tell(team, bob, now, "bobs")
    assert "bobs" not in client.get(page).content.decode()
    assert client.post(f"{page}{bobs.pk}/read/").status_code == 404
    client.post(f"{page}read/")
    with tenant(team.pk):
        assert Notification.objects.get(pk=bobs.pk).read_at is None


def test_charlie_finds_neither_page_nor_row(client, page, team, alice, charlie, strangers, now):
    told = tell(team, alice, now)
    client.force_login(charlie)
    for path in (page, f"{page}unread/", f"{page}{told.pk}/read/", f"{page}read/"):
        assert client.post(path).status_code in {404, 405}
        assert client.get(path).status_code in {404, 405}
    assert client.post(f"/w/{strangers.slug}/notifications/{told.pk}/read/").status_code == 404
    with tenant(team.pk):
        assert Notification.objects.get().read_at is None


def test_one_is_marked_and_its_row_comes_back(client, page, team, alice, now):
    told = tell(team, alice, now)
    answer = client.post(f"{page}{told.pk}/read/", headers={"HX-Request": "true"})
    row = answer.content.decode()
    assert answer["HX-Trigger"] == "notifications-read"
    assert f'id="notification-{told.pk}"' in row
    assert "NEW" not in row
    assert client.post(f"{page}{told.pk}/read/").status_code == 302
    assert client.get(f"{page}unread/").content == b"0"


def test_all_are_marked_at_once(client, page, team, alice, now):
    for _ in range(3):
        tell(team, alice, now)
    assert "3 marked as read" in client.post(f"{page}read/", follow=True).content.decode()
    assert client.get(f"{page}unread/").content == b"0"


def test_from_a_hundred_on_the_bell_counts_no_further(client, page, team, alice, now):
    with tenant(team.pk):
        Notification.objects.bulk_create(
            Notification(workspace=team, person=alice, event="x.y", title="t", created_at=now) for _ in range(130)
        )
    assert client.get(f"{page}unread/").content == b"99+"


def test_family_narrows_and_an_unknown_one_does_not_break(client, page, team, alice, now):
    tell(team, alice, now, "a channel")
    tell(team, alice, now, "verified", KYC_CHANGED)
    narrowed = client.get(page, {"family": "kyc"}).content.decode()
    assert "Your identity check changed" in narrowed
    assert "A test of a channel" not in narrowed
    for odd in ("nothing", "x" * 10_000, "%", "\x00"):
        assert client.get(page, {"family": odd}).status_code == 200


def test_pages_follow_each_other_without_a_gap_or_a_repeat(client, page, team, alice, now):
    for number in range(65):
        tell(team, alice, now + dt.timedelta(seconds=number // 3), f"n{number:02}")
    seen, query = [], {}
    for _ in range(4):
        text = client.get(page, query).content.decode()
        seen += [word[:3] for word in text.split("A test of ")[1:] if word[3] == "<" and word[:1] == "n"]
        if "Older" not in text:
            break
        query = {"before": text.split('rel="next" href="?before=')[1].split('"')[0]}
    unique = list(dict.fromkeys(seen))
    assert unique == [f"n{number:02}" for number in range(64, -1, -1)]
    for odd in ("nonsense", str(new_id())):
        assert client.get(page, {"before": odd}).status_code == 200


def test_page_asks_as_many_queries_for_one_row_as_for_three(
    client, page, team, alice, now, django_assert_max_num_queries
):
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            tell(team, alice, now)
        client.get(page)
        with django_assert_max_num_queries(24) as asked:
            client.get(page)
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]


def test_news_is_published_and_drawn_for_its_person_alone(
    team, alice, bob, now, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr("kernel.live.news._send", lambda *news: told.append(news))
    with django_capture_on_commit_callbacks(execute=True):
        row = tell(team, alice, now)
    assert told == [("notification", row.pk, team.pk)]
    with tenant(team.pk):
        owner = access_of(Membership.objects.get(person=alice))
    [(_, body)] = draw_private(Address(team.pk, team.slug), [Thing("notification", row.pk)], [owner])
    assert body.reader == alice.pk
    assert f"/w/{team.slug}/notifications/{row.pk}/read/" in body.text
    told.clear()
    with django_capture_on_commit_callbacks(execute=True), tenant(team.pk):
        assert mark_read(access=owner, notification=row, now=now)
        assert not mark_read(access=owner, notification=row, now=now)
    assert told == [("notification", row.pk, team.pk)]


def test_api_lists_and_marks_ones_own(client, team, alice, bob, now):
    mine, bobs = tell(team, alice, now, "mine"), tell(team, bob, now, "bobs")
    with tenant(team.pk):
        access = access_of(Membership.objects.get(person=alice))
        _, secret = create_token(
            access=access, name="t", scopes={Right.VIEW}, now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    headers = {"Authorization": f"Bearer {secret.reveal()}"}
    listed = client.get("/api/v1/notifications", headers=headers).json()["results"]
    assert [row["id"] for row in listed] == [str(mine.pk)]
    assert listed[0]["title"] == "A test of mine"
    marked = client.post(f"/api/v1/notifications/{mine.pk}/read", headers=headers)
    assert marked.status_code == 200
    assert marked.json()["read_at"] is not None
    assert client.post(f"/api/v1/notifications/{bobs.pk}/read", headers=headers).status_code == 404


def test_what_is_old_goes_in_every_workspace_and_the_rest_stays(team, strangers, alice, charlie, now):
    old, young = tell(team, alice, now), tell(team, alice, now + dt.timedelta(days=170))
    tell(strangers, charlie, now)
    with tenant(team.pk):
        for row, state, finished in ((young, "SENT", now), (young, "SENT", now + dt.timedelta(days=150))):
            NoticeMessage.objects.create(
                notification=row, kind="mail", state=state, finished_at=finished, created_at=now
            )
        waiting = NoticeMessage.objects.create(notification=young, kind="mail", next_attempt_at=now, created_at=now)
    assert purge_notices(now=now + dt.timedelta(days=181)) == 3
    with tenant(team.pk):
        assert list(Notification.objects.all()) == [young]
        assert NoticeMessage.objects.count() == 2
        assert NoticeMessage.objects.filter(pk=waiting.pk).exists()
        assert not Notification.objects.filter(pk=old.pk).exists()
    with tenant(strangers.pk):
        assert not Notification.objects.exists()
    assert purge_notices(now=now + dt.timedelta(days=181)) == 0


def test_many_old_rows_go_in_batches(team, alice, now):
    with tenant(team.pk):
        Notification.objects.bulk_create(
            Notification(workspace=team, person=alice, event="x.y", title="t", created_at=now) for _ in range(2_500)
        )
    assert purge_notices(now=now + dt.timedelta(days=181)) == 2_500
