"""Who comes new by another site's log-in: what it vouches for, what is asked here, and a life without a password."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client

from accounts.doors import access_of
from accounts.models import Consent, DoneStep, Membership, Person, SignIn, Workspace
from accounts.models.workspace import Role
from accounts.selectors import workspaces_of
from accounts.services.invitations import invite
from accounts.services.members import Standing
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.factories.people import PASSWORD, PersonFactory
from tests.log_in import SECOND, confirm_address, is_logged_in, log_in, turn_on_app
from tests.mails import sent_mails
from tests.other_site import NAME, SIGN_UP, acts, come_by, disconnect_path, dora, sign_up_by, sign_up_form

pytestmark = pytest.mark.django_db


# --- a new person ------------------------------------------------------------------------------------------------


def test_new_person_whose_address_is_vouched_for_is_in_after_one_form(client, site):
    answer = sign_up_by(client, site)
    assert (answer.status_code, answer["Location"]) == (302, "/home/")
    assert is_logged_in(client)
    person = dora()
    assert (person.name, person.has_usable_password()) == ("Dora", False)
    assert EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary").get() == (
        "dora@example.org",
        True,
        True,
    )
    (kept,) = SocialAccount.objects.filter(user=person)
    assert (kept.provider, kept.uid) == (site.address, "4711")
    assert kept.extra_data == {"email": "dora@example.org", "email_verified": True, "name": "Dora"}
    assert not SocialToken.objects.exists()
    assert sorted(Consent.objects.filter(person=person).values_list("document", flat=True)) == ["privacy", "terms"]
    (own,) = workspaces_of(person.pk)
    assert own.kind == Workspace.Kind.PERSONAL
    assert DoneStep.objects.get(person=person).step == "verify-email"
    assert SignIn.objects.get(person=person).way == "another site's log-in"
    assert UserSession.objects.filter(user=person).count() == 1
    assert {"consent.given", "log_in.connected", "person.signed_in"} <= set(acts(person))
    assert [mail.subject for mail in sent_mails()] == []


@pytest.mark.parametrize("vouching", [False, "true", 1, None], ids=repr)
def test_address_that_is_not_plainly_vouched_for_is_confirmed_by_mail(client, site, vouching):
    site.person["email_verified"] = vouching
    answer = sign_up_by(client, site, email="dora@example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/account/confirm-mail/")
    assert not is_logged_in(client)
    assert not EmailAddress.objects.get(user=dora()).verified
    (mail,) = sent_mails()
    client.post(re.search(r"/account/confirm-mail/\S+", mail.body)[0])
    assert EmailAddress.objects.get(user=dora()).verified
    elsewhere = Client()
    come_by(elsewhere, site)
    assert is_logged_in(elsewhere)


def test_who_has_no_address_there_types_one_and_confirms_it(client, site):
    del site.person["email"]
    answer = sign_up_by(client, site, email="typed@example.org")
    assert answer["Location"] == "/account/confirm-mail/"
    person = Person.objects.get(email="typed@example.org")
    assert [one.verified for one in EmailAddress.objects.filter(user=person)] == [False]
    assert not is_logged_in(client)


def test_address_that_is_told_on_a_second_question_counts_for_the_same_person_alone(client, site):
    del site.person["email"]
    site.about_person = {"email": "dora@example.org"}
    assert sign_up_by(client, site, email="dora@example.org")["Location"] == "/account/confirm-mail/"
    site.about_person = {"email": "dora@example.org", "email_verified": True, "sub": "somebody else"}
    answer = come_by(Client(), site)
    assert answer.status_code == 400
    assert "proved nothing" in answer.content.decode()


def test_vouched_address_cannot_be_changed_in_the_form(client, site):
    sign_up_by(client, site, email="alice@example.org")
    assert [person.email for person in Person.objects.all()] == ["dora@example.org"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "n" * 10_000}, "at most 120 characters; this one has 10000"),
        ({"name": ""}, "by which name"),
        ({"accepts": ""}, "Without this there is no log-in"),
        ({"terms_version": "2020-01-01"}, "terms of use changed while you were here"),
    ],
)
def test_mistake_in_the_form_is_named_and_nobody_is_made(client, site, changes, words):
    answer = sign_up_by(client, site, **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Person.objects.exists()
    assert client.post(SIGN_UP, sign_up_form(client)).status_code == 302


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("n" * 10_000, "n" * 120),
        (None, ""),
        (["a", {}], ""),
        ("שלום", "שלום"),
        ("a\x00b\ud800c\n", "ab c"),
        ("🙂", "🙂"),
    ],
    ids=["long", "none", "a list", "right to left", "control letters", "emoji"],
)
def test_any_name_from_there_is_offered_as_far_as_it_is_one(client, site, name, offered):
    site.person["name"] = name
    assert come_by(client, site)["Location"] == SIGN_UP
    page = client.get(SIGN_UP).content.decode()
    found = re.search(r'name="name"(?: value="([^"]*)")?', page)
    assert (found[1] or "").replace(" ", "") == offered.replace(" ", "")


@pytest.mark.parametrize("email", ["no address", "a" * 300 + "@example.org", 7, ["a@b.c"], "a\x00@example.org", ""])
def test_odd_address_from_there_is_asked_for_instead(client, site, email):
    site.person["email"] = email
    assert come_by(client, site)["Location"] == SIGN_UP
    assert 'name="email"' in client.get(SIGN_UP).content.decode()


def test_closed_house_takes_nobody_new_and_lets_its_people_in(client, site, settings):
    settings.SIGN_UP = "closed"
    assert "Sign-up is closed here" in come_by(client, site).content.decode()
    assert not Person.objects.exists()
    person = PersonFactory()
    confirm_address(person)
    SocialAccount.objects.create(user=person, provider=site.address, uid="4711")
    come_by(client, site)
    assert is_logged_in(client)


def test_house_by_invitation_takes_who_was_invited_alone(client, site, settings, team):
    settings.SIGN_UP = "invited"
    assert "Sign-up is closed here" in come_by(client, site).content.decode()
    with tenant(team.pk):
        access = access_of(Membership.objects.get(role=Role.OWNER))
        invite(access=access, email="dora@example.org", standing=Standing(Role.VIEWER, False), now=clock.now())
    client.get(re.search(r"/account/invitation/\S+", sent_mails()[-1].body)[0])
    assert sign_up_by(client, site).status_code == 302
    assert client.get("/home/")["Location"] == "/account/invitation/"


def test_sign_up_that_closes_meanwhile_is_closed(client, site, settings):
    come_by(client, site)
    form = sign_up_form(client)
    settings.SIGN_UP = "closed"
    assert client.post(SIGN_UP, form).status_code == 403
    assert not Person.objects.exists()


def test_form_that_lay_open_too_long_begins_again(client, site, monkeypatch):
    come_by(client, site)
    form, then = sign_up_form(client), clock.now()
    monkeypatch.setattr(clock, "now", lambda: then + dt.timedelta(minutes=31))
    assert client.post(SIGN_UP, form)["Location"] == "/account/login/"
    assert not Person.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_double_click_makes_one_log_in_and_no_error(site):
    clients = [Client(), Client()]
    for client in clients:
        come_by(client, site)
    forms = [sign_up_form(client) for client in clients]

    def send(number: int) -> int:
        try:
            return clients[number].post(SIGN_UP, forms[number]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(send, range(2))) <= {302, 422}
    assert len(workspaces_of(dora().pk)) == 1
    assert SocialAccount.objects.count() == 1


def test_sign_up_without_having_been_there_leads_to_the_log_in(client, site):
    assert client.get(SIGN_UP)["Location"] == "/account/login/"
    assert client.post(SIGN_UP, {"name": "x", "accepts": "on"})["Location"] == "/account/login/"


# --- a person without a password ---------------------------------------------------------------------------------


def test_person_without_a_password_sets_one_by_mail_and_can_do_everything(client, site):
    sign_up_by(client, site)
    page = client.get("/account/security/authenticator/", follow=True)
    text = page.content.decode()
    assert "You have neither a password nor a second factor" in text
    assert 'name="password"' not in text
    assert client.post("/account/confirm/", {"password": ""}).status_code == 422
    assert client.post("/account/password/set/", {"password1": "x", "password2": "x"})["Location"].startswith(
        "/account/confirm/"
    )
    assert client.post("/account/password/reset/", {"email": "dora@example.org"}).status_code == 302
    assert client.get("/account/password/reset/sent/").status_code == 200
    link = re.search(r"/account/password/reset/\S+", sent_mails()[-1].body)[0]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert dora().check_password(PASSWORD)
    own = Client()
    log_in(own, dora())
    assert own.get("/account/security/authenticator/").status_code == 200
    assert own.post(disconnect_path(SocialAccount.objects.get())).status_code == 302


def test_person_without_a_password_confirms_with_the_factor_alone(client, site, log_in_there, verified):
    app = turn_on_app(verified)
    verified.set_unusable_password()
    verified.save()
    come_by(client, site)
    client.post(SECOND, {"code": app.code()})
    assert client.get("/account/security/recovery-codes/").status_code == 200
    answer = client.post("/account/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    verified.refresh_from_db()
    assert verified.check_password(PASSWORD)


def test_security_page_leads_who_has_no_password_to_set_one(client, site):
    sign_up_by(client, site)
    text = client.get("/account/security/").content.decode()
    assert f"Your log-in needs {NAME} alone." in text
    assert "/account/password/set/" in text
    assert "/account/password/change/" not in text
