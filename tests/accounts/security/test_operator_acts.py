"""What operators do to a log-in: asked by name, done once, recorded, told; and what they never see."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from accounts.domain.guess_limits import LIMITS
from accounts.doors import access_of
from accounts.models import AuditDetail, AuditEntry, Membership, SignIn
from accounts.operator_site import ReadOnly
from accounts.services.closing import close_account
from accounts.services.guessing import TooManyGuesses, count_guess
from accounts.services.lock_outs import lock_outs_of
from accounts.services.log_ins import end_one_session, suspend_person
from accounts.services.tokens import create_token
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.scope import operator, tenant
from tests.factories.people import PersonFactory
from tests.log_in import confirm_address, is_logged_in, log_in, log_in_with_factor
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db

ACTS = ("suspend", "readmit", "end-sessions", "lift-lock-outs")


@pytest.fixture
def olga(db):
    return PersonFactory(email="olga@example.org", name="Olga", is_staff=True, is_superuser=True)


@pytest.fixture
def operating(olga):
    browser = Client()
    log_in_with_factor(browser, olga)
    return browser


def enter(browser, person):
    confirm_address(person)
    log_in(browser, person)


def page_of(person, act):
    return f"/operator/accounts/person/{person.pk}/do/{act}/"


def entries(action):
    with operator():
        return list(AuditEntry.objects.filter(action=action, workspace_id=None))


def test_suspended_person_is_out_everywhere_and_comes_back(operating, olga, alice, team, client):
    enter(client, alice)
    headers = {"Authorization": f"Bearer {_token(team, alice)}"}
    assert client.get("/api/v1/members", headers=headers).status_code == 200

    asked = operating.get(page_of(alice, "suspend")).content.decode()
    assert f"Suspend {alice.email}?" in asked
    assert is_logged_in(client)
    answer = operating.post(page_of(alice, "suspend"), {"reason": "stolen laptop"}, follow=True)
    assert f"{alice.email} is suspended." in answer.content.decode()

    assert not is_logged_in(client)
    assert Client().get("/api/v1/members", headers=headers).status_code == 401
    enter(browser := Client(), alice)
    assert not is_logged_in(browser)
    (entry,) = entries("person.suspended")
    assert (entry.target, entry.facts) == (f"person:{alice.pk}", {"sessions": 1})
    with operator():
        detail = AuditDetail.objects.get(entry=entry)
    assert (detail.person_id, detail.personal) == (olga.pk, {"reason": "stolen laptop"})
    assert any(mail.to == [alice.email] and "stolen laptop" in mail.body for mail in sent_mails())

    operating.post(page_of(alice, "readmit"), {"reason": "found again"})
    assert len(entries("person.readmitted")) == 1
    enter(browser, alice)
    assert is_logged_in(browser)
    assert browser.get("/api/v1/members", headers=headers).status_code == 200


def test_suspending_twice_is_one_act(olga, alice, now):
    with operator():
        for expected in (True, False):
            assert suspend_person(person=alice, reason="r", by=olga, now=now) is expected
    assert len(entries("person.suspended")) == 1


def test_operator_does_not_shut_himself_out(operating, olga):
    answer = operating.post(page_of(olga, "suspend"), {"reason": "tired"})
    assert answer.status_code == 422
    assert "your own log-in" in answer.content.decode()
    assert is_logged_in(operating)
    assert entries("person.suspended") == []


def test_deleted_person_is_not_opened_again(operating, alice, now):
    close_account(person=alice, typed=alice.email, now=now)
    assert operating.post(page_of(alice, "readmit"), {"reason": "r"}).status_code == 404
    alice.refresh_from_db()
    assert not alice.is_active


def test_sessions_end_one_by_one_and_all_at_once(operating, olga, alice, client):
    phone = Client()
    enter(client, alice)
    enter(phone, alice)
    session = UserSession.objects.get(session_key=phone.session.session_key)
    page = f"/operator/usersessions/usersession/{session.pk}/end/"
    assert f"End this session of {alice.email}?" in operating.get(page).content.decode()
    operating.post(page, {"reason": "asked by phone"})
    assert (is_logged_in(phone), is_logged_in(client)) == (False, True)
    assert operating.post(page, {"reason": "again"}).status_code == 404
    with operator():
        assert end_one_session(session=session, reason="r", by=olga, now=clock.now()) is False

    operating.post(page_of(alice, "end-sessions"), {"reason": "asked by phone"})
    assert not is_logged_in(client)
    assert is_logged_in(operating)
    again = operating.post(page_of(alice, "end-sessions"), {"reason": "again"}, follow=True)
    assert "signed in nowhere" in again.content.decode()
    assert [entry.facts for entry in entries("person.sessions_ended")] == [{"sessions": 1}, {"sessions": 1}]


@pytest.mark.parametrize("kind", ["password.account", "password.known", "factor.person", "factor.day"])
def test_lock_out_is_shown_and_lifted(operating, alice, kind, now):
    SignIn.objects.create(person=alice, at=now, address="203.0.113.9", way="password")
    subject = {"password.account": alice.email, "password.known": f"{alice.email} 203.0.113.9"}.get(kind, str(alice.pk))
    now = clock.now()
    for _ in range(LIMITS[kind].most):
        assert lock_outs_of(alice, now=now) == []
        count_guess(kind, subject, now=now)
    assert [one.kind for one in lock_outs_of(alice, now=now)] == [kind]
    assert "Lift the lock-out" in operating.get(f"/operator/accounts/person/{alice.pk}/change/").content.decode()
    assert lock_outs_of(alice, now=now + LIMITS[kind].within + dt.timedelta(seconds=1)) == []
    with pytest.raises(TooManyGuesses):
        count_guess(kind, subject, now=now)

    operating.post(page_of(alice, "lift-lock-outs"), {"reason": "called back at the known number"})
    count_guess(kind, subject, now=now)
    (entry,) = entries("person.lock_outs_lifted")
    assert entry.facts == {"lifted": 1}
    assert "Lift the lock-out" not in operating.get(f"/operator/accounts/person/{alice.pk}/change/").content.decode()


@pytest.mark.parametrize("act", ACTS)
def test_reason_is_asked_for_and_nothing_is_done_without_it(operating, alice, act):
    for reason in ("", "r" * 10_000):
        assert operating.post(page_of(alice, act), {"reason": reason}).status_code == 422
    alice.refresh_from_db()
    assert alice.is_active


def test_act_that_nobody_knows_is_not_there(operating, alice):
    assert operating.get(page_of(alice, "promote")).status_code == 404
    assert operating.get(page_of(PersonFactory.build(), "suspend")).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_acts_are_for_operators_with_a_factor(client, alice, bob, act):
    enter(client, bob)
    assert client.post(page_of(alice, act), {"reason": "r"}, follow=True).status_code == 404
    staff = PersonFactory(is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(staff)
    browser.post(page_of(alice, act), {"reason": "r"})
    alice.refresh_from_db()
    assert alice.is_active
    with operator():
        assert not AuditEntry.objects.filter(action__startswith="person.s", target=f"person:{alice.pk}").exclude(
            action="person.signed_in"
        )


def test_every_table_only_looks():
    assert all(isinstance(table, ReadOnly) for table in admin.site._registry.values())
    assert not {Group, EmailAddress, Authenticator} & set(admin.site._registry)


def test_every_table_opens_and_so_does_a_row_without_what_opens_a_door(operating, olga, alice, team):
    secret = _token(team, alice)
    SignIn.objects.create(person=alice, at=clock.now(), address="203.0.113.9", way="password")
    key = operating.session.session_key
    for model in admin.site._registry:
        place = f"/operator/{model._meta.app_label}/{model._meta.model_name}/"
        pages = [operating.get(place)]
        with operator():
            row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        if row is not None:
            pages.append(operating.get(f"{place}{row}/change/"))
            assert operating.post(f"{place}{row}/change/", {}).status_code == 403
            assert operating.post(f"{place}{row}/delete/", {"post": "yes"}).status_code == 403
        assert operating.get(f"{place}add/").status_code == 403
        for page in pages:
            assert page.status_code == 200, place
            text = page.content.decode()
            assert key not in text
            assert secret not in text
            assert alice.password not in text
            assert olga.password not in text


def test_first_page_names_each_table_once_by_what_it_is_about(operating):
    html = operating.get("/operator/").content.decode()
    for group in ("People", "Workspaces", "Messages", "Machine"):
        assert f"<h2>{group}</h2>" in html
    assert html.count("/operator/accounts/person/") == 1
    assert "Authentication" not in html
    assert operating.get("/operator/accounts/").status_code == 302


@pytest.mark.parametrize("table", ["accounts/person", "usersessions/usersession", "accounts/auditentry", "kernel/job"])
def test_lists_ask_as_many_queries_for_one_row_as_for_three(operating, table, django_assert_max_num_queries):
    path = f"/operator/{table}/"
    operating.get(path)
    with django_assert_max_num_queries(40) as asked:
        operating.get(path)
    before = len(asked)
    for number in range(3):
        enter(Client(), PersonFactory(email=f"further{number}@example.org"))
    with django_assert_max_num_queries(40) as asked:
        operating.get(path)
    assert len(asked) == before


def _token(team, person):
    """The text of a token that may look."""
    with tenant(team.pk):
        access = access_of(Membership.objects.get(person=person))
        _, secret = create_token(
            access=access, name="robot", scopes={Right.VIEW}, now=clock.now(), lifetime=dt.timedelta(days=1)
        )
    return secret.reveal()
