"""Invitations: for one address, once, for a week; whoever else opens the link learns nothing."""

import datetime as dt
import re

import pytest
from django.test import Client

from accounts import limits
from accounts.forms.sign_up import SignUpForm
from accounts.models import AuditEntry, Invitation, Mail, Membership, Notification
from accounts.models.workspace import Role
from accounts.services.invitations import (
    LIFETIME,
    Ended,
    NotForYou,
    accept_invitation,
    digest_of,
    invite,
    revoke_invitation,
)
from accounts.services.members import Standing
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.accounts.rooms.conftest import access, at_once, browser_of, standing
from tests.factories.people import PASSWORD, PersonFactory
from tests.log_in import confirm_address
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db

LINK = re.compile(r"http://testserver(/account/invitation/([A-Za-z0-9_-]{43})/)")


@pytest.fixture
def send(alices, team):
    """Invites by the page, and gives the link's path as the mail holds it."""

    def send(email="erin@example.org", role="trader", **more):
        before = len(sent_mails())
        answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": email, "role": role, **more})
        assert answer.status_code == 302, answer.content.decode()
        [letter] = sent_mails()[before:]
        assert letter.to == [email.lower()]
        return LINK.search(letter.body)[1]

    return send


@pytest.fixture
def erin(db):
    person = PersonFactory(email="erin@example.org", name="Erin")
    confirm_address(person)
    return person


def secret_in(path):
    return path.split("/")[-2]


def test_invited_person_accepts_and_is_in_as_invited(send, team, alice, erin):
    browser = browser_of(erin)
    path = send(role="trader", can_trade="on")
    page = browser.get(path, follow=True)
    assert page.redirect_chain == [("/account/invitation/", 302)]
    assert "You are invited to <bdi>Alice and team</bdi>" in page.content.decode()
    assert standing(team, erin) is None  # looking is not accepting
    assert browser.post("/account/invitation/")["Location"] == f"/w/{team.slug}/"
    assert standing(team, erin) == ("trader", True)
    with tenant(team.pk):
        assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"invitation.made", "invitation.accepted"}
        assert Notification.objects.get(event="member.joined").person == alice


def test_secret_is_kept_nowhere_but_in_the_mail(send, team, alices, erin):
    secret = secret_in(send())
    browser = Client()
    browser.get(f"/account/invitation/{secret}/")
    with tenant(team.pk):
        row = Invitation.objects.values().get()
        entries = list(AuditEntry.objects.values())
    assert bytes(row["digest"]) == digest_of(secret)
    for kept in (row, entries, dict(browser.session)):
        assert secret not in str(kept)
    assert browser.session["invitation"] == digest_of(secret).hex()


def test_secret_is_masked_in_the_log(send, capsys, caplog):
    from kernel.logs.scrubber import scrub_text  # noqa: PLC0415 - reads beside its only use

    path = send()
    assert scrub_text(f"GET {path}") == "GET /account/invitation/••••/"


def test_visitor_is_led_to_the_log_in_and_back(send, team, erin):
    browser = Client()
    page = browser.get(send(), follow=True).content.decode()
    assert "/account/login/?next=/account/invitation/" in page
    assert "erin@example.org" not in page
    assert browser.post("/account/invitation/")["Location"] == "/account/login/?next=/account/invitation/"
    answer = browser.post(
        "/account/login/", {"login": erin.email, "password": PASSWORD, "next": "/account/invitation/"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/account/invitation/"
    assert "Accept" in answer.content.decode()


def test_way_home_leads_to_the_invitation_once(send, team, erin):
    browser = Client()
    browser.get(send())
    browser.post("/account/login/", {"login": erin.email, "password": PASSWORD})
    assert browser.get("/home/")["Location"] == "/account/invitation/"
    assert "Location" not in browser.get("/home/")


def test_who_was_invited_may_sign_up_where_others_may_not(send, settings, team):
    settings.SIGN_UP = "invited"
    browser = Client()
    versions = {field.name: field.initial for field in SignUpForm().hidden_fields()}
    form = {"name": "Erin", "email": "erin@example.org", "password1": PASSWORD, "accepts": "on", **versions}
    path = send()
    assert b"password1" not in browser.get("/account/sign-up/").content
    browser.get("/account/invitation/" + "x" * 43 + "/")
    assert b"password1" not in browser.get("/account/sign-up/").content
    browser.get(path)
    with tenant(team.pk):
        Invitation.objects.update(revoked_at=clock.now())
    assert b"password1" not in browser.get("/account/sign-up/").content
    with tenant(team.pk):
        Invitation.objects.update(revoked_at=None)
    assert browser.post("/account/sign-up/", form).status_code == 302


def test_forwarded_link_opened_by_another_says_so_without_the_address(send, team, charlie):
    browser = browser_of(charlie)
    answer = browser.get(send(), follow=True)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "for another address" in page
    assert "erin" not in page
    assert browser.post("/account/invitation/").status_code == 403
    assert standing(team, charlie) is None


def test_address_that_is_not_confirmed_does_not_count(send, team, charlie):
    browser = browser_of(charlie)
    charlie.emailaddress_set.create(email="erin@example.org", verified=False)
    assert browser.get(send(), follow=True).status_code == 403
    charlie.emailaddress_set.update(verified=True)
    assert browser.post("/account/invitation/").status_code == 302
    assert standing(team, charlie) == ("trader", False)


def test_capitals_in_an_address_are_the_same_address(send, team, erin):
    browser = browser_of(erin)
    browser.get(send(email="ERIN@Example.org"))
    assert browser.post("/account/invitation/").status_code == 302


def test_letters_that_only_look_alike_are_no_address(alices, team):
    answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": "er\u0131n@example.org", "role": "viewer"})
    assert answer.status_code == 422


def expire(team):
    with tenant(team.pk):
        Invitation.objects.update(expires_at=clock.now())


def revoke(team):
    with tenant(team.pk):
        Invitation.objects.update(revoked_at=clock.now())


def use(team):
    with tenant(team.pk):
        Invitation.objects.update(accepted_at=clock.now())


@pytest.mark.parametrize(("end", "words"), [(expire, "ran out"), (revoke, "taken back"), (use, "was used")])
def test_ended_invitation_is_410_and_changes_nothing(send, team, erin, end, words):
    path = send()
    seen_before, browser = browser_of(erin), browser_of(erin)
    seen_before.get(path)
    end(team)
    for answer in (browser.get(path), seen_before.post("/account/invitation/"), Client().get(path)):
        assert answer.status_code == 410
        assert words in answer.content.decode()
    assert standing(team, erin) is None


@pytest.mark.parametrize("secret", ["x", "x" * 43, "x" * 2000, "%00", "%D7%A9%D7%9C", "..%2e"])
def test_unknown_invitation_is_404(client, db, secret):
    assert client.get(f"/account/invitation/{secret}/").status_code == 404


def test_page_without_an_invitation_is_404(client, db):
    assert client.get("/account/invitation/").status_code == 404
    assert client.post("/account/invitation/").status_code == 404


def test_sending_again_makes_the_old_link_dead(send, alices, team, erin):
    old = send()
    with tenant(team.pk):
        key = Invitation.objects.get().pk
    alices.post(f"/w/{team.slug}/invitations/{key}/send-again/")
    new = LINK.search(sent_mails()[-1].body)[1]
    browser = browser_of(erin)
    assert browser.get(old).status_code == 404
    browser.get(new)
    assert browser.post("/account/invitation/").status_code == 302


def test_accepting_again_leads_in_and_makes_no_second_membership(send, team, erin):
    path, browser = send(), browser_of(erin)
    browser.get(path)
    for _ in range(2):
        browser.post("/account/invitation/")
        browser.get(path)  # the second tab
    assert browser.post("/account/invitation/")["Location"] == f"/w/{team.slug}/"
    with tenant(team.pk):
        assert Membership.objects.filter(person=erin).count() == 1
        assert AuditEntry.objects.filter(action="invitation.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepting_in_many_tabs_at_once_makes_one_membership(team, alice, erin, now, monkeypatch):
    digest = made(team, alice, now, monkeypatch)
    results = at_once(*[lambda: accept_invitation(digest=digest, person=erin, now=now)] * 4)
    assert results == [team] * 4
    with tenant(team.pk):
        assert Membership.objects.filter(person=erin).count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepting_and_revoking_at_once_end_in_one_of_the_two(team, alice, erin, now, monkeypatch):
    digest, door = made(team, alice, now, monkeypatch), access(team, alice)

    def take_back():
        with tenant(team.pk):
            return revoke_invitation(access=door, invitation=Invitation.objects.get(), now=now)

    accepted, revoked = at_once(lambda: accept_invitation(digest=digest, person=erin, now=now), take_back)
    is_in = standing(team, erin) is not None
    assert (accepted == team, revoked) == (is_in, not is_in)


def made(team, alice, now, monkeypatch):
    monkeypatch.setattr("accounts.services.invitations.secrets.token_urlsafe", lambda _: "s" * 43)
    door = access(team, alice)
    with tenant(team.pk):
        invite(access=door, email="erin@example.org", standing=Standing(Role.VIEWER, False), now=now)
    return digest_of("s" * 43)


@pytest.mark.parametrize("email", ["bob@example.org", "BOB@EXAMPLE.ORG", "second@example.org"])
def test_member_is_not_invited(alices, team, bob, email):
    confirm_address(bob)
    bob.emailaddress_set.create(email="second@example.org", verified=True)
    answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert "in this workspace already" in answer.content.decode()
    with tenant(team.pk):
        assert not Invitation.objects.exists()


def test_same_address_is_invited_once(send, alices, team):
    send()
    answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": "ERIN@example.org", "role": "owner"})
    assert answer.status_code == 422
    assert "has an open invitation" in answer.content.decode()
    with tenant(team.pk):
        assert Invitation.objects.get().role == "trader"


def test_form_sent_twice_invites_once_and_says_so_twice(alices, team):
    form = {"email": "erin@example.org", "role": "viewer", "idempotency_key": "k1"}
    answers = [alices.post(f"/w/{team.slug}/members/invite/", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len(sent_mails()) == 1


def test_invitation_that_ran_out_is_begun_anew(send, team):
    old = send()
    expire(team)
    assert send(role="viewer") != old
    with tenant(team.pk):
        row = Invitation.objects.get()
    assert (row.role, row.expires_at - row.created_at) == ("viewer", LIFETIME)


@pytest.mark.parametrize(
    "email", ["", "nonsense", "a" * 10_000 + "@example.org", "שלום@example.org", "a@b\r\nBcc: x@y.z"]
)
def test_address_that_is_none_is_422_and_kept(alices, team, email):
    answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert sent_mails() == []


def test_page_says_what_became_of_the_mail(alices, team, settings):
    """A dead mail server delays it; when it is given up the owner sees that, and sends it again."""
    settings.EMAIL_BACKEND = "tests.accounts.rooms.broken_mail.Broken"
    members = f"/w/{team.slug}/members/"
    answer = alices.post(f"{members}invite/", {"email": "erin@example.org", "role": "viewer"})
    assert answer.status_code == 302
    sent_mails()
    assert "MAIL ON ITS WAY" in alices.get(members).content.decode()
    Mail.objects.update(state=Mail.State.FAILED, next_attempt_at=None, body=None, finished_at=clock.now())
    page = alices.get(members).content.decode()
    assert "MAIL NOT SENT" in page
    assert "Send again" in page
    with tenant(team.pk):
        key = Invitation.objects.get().pk
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    alices.post(f"/w/{team.slug}/invitations/{key}/send-again/")
    assert len(sent_mails()) == 1
    page = alices.get(members).content.decode()
    assert "SENT" in page
    assert "MAIL" not in page


def test_inviting_asks_again_who_is_there(client, team, alice):
    client.force_login(alice)
    answer = client.post(f"/w/{team.slug}/members/invite/", {"email": "erin@example.org", "role": "viewer"})
    assert answer["Location"].startswith("/account/confirm/")
    with tenant(team.pk):
        assert not Invitation.objects.exists()


def test_fifty_a_day_are_enough(alices, team):
    for number in range(50):
        answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": f"p{number}@example.org", "role": "viewer"})
        assert answer.status_code == 302
    answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": "erin@example.org", "role": "viewer"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 3600
    with tenant(team.pk):
        assert Invitation.objects.count() == 50


def test_seats_are_asked_for_at_both_ends(send, alices, team, erin, monkeypatch):
    path = send()
    full = limits.Allowance(is_allowed=False, limit=2, used=2, reason="Your plan has 2 seats.")
    monkeypatch.setattr(limits, "_may", lambda workspace, what, how_many: full if what == "seats" else None)
    answer = alices.post(f"/w/{team.slug}/members/invite/", {"email": "x@example.org", "role": "viewer"})
    assert answer.status_code == 422
    assert "Your plan has 2 seats." in answer.content.decode()
    browser = browser_of(erin)
    browser.get(path)
    answer = browser.post("/account/invitation/")
    assert answer.status_code == 409
    assert "Your plan has 2 seats." in answer.content.decode()
    assert standing(team, erin) is None


def test_revoking_twice_is_harmless(send, alices, team):
    send()
    with tenant(team.pk):
        key = Invitation.objects.get().pk
    for words in ("is revoked", "had already ended"):
        answer = alices.post(f"/w/{team.slug}/invitations/{key}/revoke/", follow=True)
        assert words in answer.content.decode()
    with tenant(team.pk):
        assert AuditEntry.objects.filter(action="invitation.revoked").count() == 1
    assert alices.post(f"/w/{team.slug}/invitations/{key}/send-again/").status_code == 409


def test_service_itself_refuses_the_wrong_person_and_a_dead_link(team, alice, charlie, now, monkeypatch):
    digest = made(team, alice, now, monkeypatch)
    with pytest.raises(NotForYou):
        accept_invitation(digest=digest, person=charlie, now=now)
    with pytest.raises(Ended):
        accept_invitation(digest=digest, person=charlie, now=now + LIFETIME + dt.timedelta(seconds=1))
    assert standing(team, charlie) is None


def test_viewer_sees_no_invitations(send, bobs, team):
    send()
    assert "erin@example.org" not in bobs.get(f"/w/{team.slug}/members/").content.decode()
