"""The operators' pages: for staff who have proven a factor in this session, and nobody else."""

import io

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AuditEntry, Person
from accounts.services.factors import remove_factor
from accounts.services.workspaces import create_workspace
from kernel import clock
from kernel.tenancy.scope import operator
from tests.factories.people import PASSWORD
from tests.log_in import confirm_address, is_logged_in, log_in, log_in_with_factor, turn_on_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator_person(db):
    call_command("create_operator", "ops@example.org", "--name", "Olga", stdout=io.StringIO())
    return Person.objects.get(email="ops@example.org")


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("OPERATOR_PASSWORD", PASSWORD)


def test_command_makes_an_operator_with_a_confirmed_address(operator_person):
    assert (operator_person.is_staff, operator_person.is_superuser, operator_person.name) == (True, True, "Olga")
    assert operator_person.check_password(PASSWORD)
    with operator():
        assert AuditEntry.objects.filter(action="operator.made", target=f"person:{operator_person.pk}").exists()


def test_command_refuses_easy_passwords_and_addresses_that_are_here(operator_person, alice, monkeypatch):
    with pytest.raises(CommandError, match="--promote"):
        call_command("create_operator", "alice@example.org")
    monkeypatch.setenv("OPERATOR_PASSWORD", "password")
    with pytest.raises(CommandError, match="too common"):
        call_command("create_operator", "new@example.org")
    with pytest.raises(CommandError, match="no mail address"):
        call_command("create_operator", "nonsense")
    assert not Person.objects.filter(email="new@example.org").exists()


def test_promoting_keeps_the_password(alice):
    call_command("create_operator", "alice@example.org", "--promote", stdout=io.StringIO())
    alice.refresh_from_db()
    assert alice.is_staff
    assert alice.check_password(PASSWORD)
    with pytest.raises(CommandError, match="no log-in"):
        call_command("create_operator", "nobody@example.org", "--promote")


def test_operator_without_a_factor_is_led_to_add_one(client, operator_person):
    log_in(client, operator_person)
    answer = client.get("/operator/", follow=True)
    assert answer.redirect_chain[-1][0] == "/account/security/"
    assert "Operators need a second factor" in answer.content.decode()


def test_operator_with_a_factor_sees_every_tenant(client, operator_person, team):
    log_in_with_factor(client, operator_person)
    assert client.get("/operator/live/").status_code == 200
    assert str(team.pk) in client.get("/operator/accounts/workspace/").content.decode()
    for model in ("person", "workspace", "membership", "apitoken", "auditentry", "killswitch"):
        assert client.get(f"/operator/accounts/{model}/").status_code == 200
    assert client.get("/operator/kernel/job/").status_code == 200


def test_operators_pages_change_no_row_and_show_no_key_of_a_session(client, operator_person, alice):
    visitor = Client()
    log_in_with_factor(visitor, alice)
    session = UserSession.objects.get(user=alice)
    log_in_with_factor(client, operator_person)
    for page in ("usersession/", f"usersession/{session.pk}/change/"):
        answer = client.get(f"/operator/usersessions/{page}")
        assert answer.status_code == 200
        assert session.session_key not in answer.content.decode()
    factor, address = alice.authenticator_set.get(type="totp"), alice.emailaddress_set.get()
    for page in (
        f"usersessions/usersession/{session.pk}/delete/",
        f"mfa/authenticator/{factor.pk}/delete/",
        f"account/emailaddress/{address.pk}/delete/",
    ):
        assert client.post(f"/operator/{page}", {"post": "yes"}).status_code in {403, 404}
    assert is_logged_in(visitor)
    assert alice.authenticator_set.filter(pk=factor.pk).exists()


def test_session_that_began_before_the_factor_is_asked_for_it(client, operator_person):
    log_in(client, operator_person)
    app = turn_on_app(operator_person)
    answer = client.get("/operator/live/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/confirm/")
    assert (
        client.post("/account/confirm/", {"code": app.code(), "next": "/operator/live/"})["Location"]
        == "/operator/live/"
    )
    assert client.get("/operator/live/").status_code == 200


def test_factor_that_is_gone_opens_nothing_any_more(client, operator_person):
    log_in_with_factor(client, operator_person)
    authenticator = operator_person.authenticator_set.get(type="totp")
    session_key = client.session.session_key
    remove_factor(person=operator_person, authenticator=authenticator, now=clock.now(), session_key=session_key)
    assert is_logged_in(client)
    assert client.get("/operator/live/").status_code == 302


def test_member_with_a_factor_is_no_operator(client, alice):
    create_workspace(owner=alice, name="Own", kind="personal", now=clock.now())
    log_in_with_factor(client, alice)
    assert client.get("/operator/live/", follow=True).status_code == 404


def test_visitor_is_led_to_the_one_log_in(client, db):
    assert client.get("/operator/", follow=True).redirect_chain[-1][0].startswith("/account/login/?next=")
    # Django's own form for operators takes no password any more.
    confirm_address(Person.objects.create_user("x@example.org", PASSWORD, is_staff=True))
    client.post("/operator/login/", {"username": "x@example.org", "password": PASSWORD})
    assert not is_logged_in(client)
