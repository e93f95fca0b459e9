"""Signing up: a name, an address, a password once, consents in the versions shown, a workspace of one's own."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from django.db import connection
from django.test import Client

from accounts.models import AuditDetail, Consent, DoneStep, Mail, Membership, Person, Workspace
from accounts.selectors import workspaces_of
from accounts.services.people import welcome_person
from kernel import clock
from kernel.tenancy.scope import tenant
from tests.factories.people import PASSWORD, PersonFactory
from tests.mails import sent_mails

pytestmark = pytest.mark.django_db
PAGE = "/account/sign-up/"


def form(client, **changes) -> dict[str, str]:
    """The form as a person fills it, with the hidden versions that the page holds."""
    page = client.get(PAGE).content.decode()
    hidden = dict(re.findall(r'name="(\w+_version)" value="([^"]+)"', page))
    assert set(hidden) == {"terms_version", "privacy_version"}
    return {
        "name": "Dora",
        "email": "dora@example.org",
        "password1": PASSWORD,
        "accepts": "on",
        **hidden,
        **changes,
    }


def test_sign_up_makes_log_in_consents_and_workspace_once(client):
    answer = client.post(PAGE, form(client))
    assert answer.status_code == 302
    dora = Person.objects.get(email="dora@example.org")
    assert dora.name == "Dora"
    assert dora.check_password(PASSWORD)
    assert sorted(Consent.objects.filter(person=dora).values_list("document", "version", "address")) == [
        ("privacy", "2026-11-21", "127.0.0.1"),
        ("terms", "2026-11-21", "127.0.0.1"),
    ]
    (own,) = workspaces_of(dora.pk)
    assert (own.name, own.kind, own.pk) == ("Dora\u2019s workspace", Workspace.Kind.PERSONAL, dora.home_workspace_id)
    with tenant(own.pk):
        membership = Membership.objects.get()
        assert (membership.person_id, membership.role, membership.can_trade) == (dora.pk, "owner", True)
        said = AuditDetail.objects.filter(entry__action="consent.given", person_id=dora.pk)
        assert {detail.entry.facts["document"] for detail in said.select_related("entry")} == {"terms", "privacy"}


def test_link_in_the_mail_confirms_the_address_and_the_step_keeps_its_time(client):
    client.post(PAGE, form(client))
    (mail,) = sent_mails()
    assert mail.subject == "Confirm your address"
    link = re.search(r"https?://\S+/account/confirm-mail/\S+", mail.body)[0]
    client.post(re.sub(r"^https?://[^/]+", "", link))
    dora = Person.objects.get(email="dora@example.org")
    assert EmailAddress.objects.get(user=dora).verified
    assert DoneStep.objects.get(person=dora).step == "verify-email"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "n" * 10_000}, "at most 120 characters; this one has 10000"),
        ({"name": ""}, "by which name"),
        ({"email": "no address"}, "valid email"),
        ({"accepts": ""}, "Without this there is no log-in"),
        ({"terms_version": "2020-01-01"}, "terms of use changed while you were here"),
        ({"privacy_version": ""}, "privacy notice changed while you were here"),
        ({"password1": "short"}, "too short"),
        ({"password1": "p" * 2000}, "at most 1000 characters"),
    ],
)
def test_mistake_is_named_nothing_typed_is_lost_and_nobody_is_made(client, changes, words):
    answer = client.post(PAGE, form(client, name=changes.get("name", "Kept Name")) | changes)
    page = answer.content.decode()
    assert words in page
    if "name" not in changes:
        assert "Kept Name" in page
    assert PASSWORD not in page
    assert 'name="terms_version" value="2026-11-21"' in page
    assert not Person.objects.exists()
    assert not Mail.objects.exists()


@pytest.mark.parametrize("name", ["שלום", "🙂", "O'Brien & <b>Söhne</b>"])
def test_any_name_signs_up(client, name):
    assert client.post(PAGE, form(client, name=name)).status_code == 302
    assert Person.objects.get().name == name


def test_known_address_gets_the_same_answer_and_no_second_log_in(client, alice):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    known = client.post(PAGE, form(client, email="alice@example.org"))
    unknown = Client().post(PAGE, form(Client()))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert Person.objects.filter(email="alice@example.org").get().name == "Alice"
    assert not Consent.objects.filter(person=alice).exists()
    assert "You have a log-in already" in [mail.subject for mail in sent_mails()]


@pytest.mark.django_db(transaction=True)
def test_double_click_makes_one_log_in_and_no_error():
    clients = [Client(), Client()]
    forms = [form(client) for client in clients]

    def send(number: int) -> int:
        try:
            return clients[number].post(PAGE, forms[number]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(send, range(2))) == [302, 302]
    dora = Person.objects.get()
    assert len(workspaces_of(dora.pk)) == 1
    assert Consent.objects.count() == 2


def test_welcome_happens_once_though_the_signal_fires_twice(rf, client, now):
    person = PersonFactory(name="")
    for _ in range(2):
        request = rf.get("/")
        request.session = client.session
        user_signed_up.send(sender=Person, request=request, user=person)
    assert [own.name for own in workspaces_of(person.pk)] == ["Personal workspace"]
    assert welcome_person(person=person, now=now) is False


def test_long_name_leaves_room_for_the_workspaces(now):
    person = PersonFactory(name="n" * 120)
    welcome_person(person=person, now=now)
    (own,) = workspaces_of(person.pk)
    assert own.name == "n" * 100 + "\u2019s workspace"


def test_closed_house_takes_nobody(client, settings):
    settings.SIGN_UP = "closed"
    client.post(PAGE, {"name": "Dora", "email": "dora@example.org", "password1": PASSWORD, "accepts": "on"})
    assert not Person.objects.exists()
    assert clock.now()
