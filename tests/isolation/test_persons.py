"""A person's own pages: nobody else's, whatever ids he sends. A route under /account/ is such, or an entrance."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core import serializers
from django.test import Client

from accounts.models import DataExport, Person
from kernel import clock
from tests.isolation.probes import undone
from tests.isolation.routes import METHODS, Route, all_routes
from tests.log_in import confirm_address, log_in

pytestmark = pytest.mark.django_db

#: Open before a log-in, each with the reason.
ENTRANCES = {
    "account_login": "the log-in",
    "login-by-passkey": "the log-in",
    "login-by-passkey-challenge": "the log-in",
    "mfa_authenticate": "the second step of the log-in; before the first it leads back",
    "second-factor-challenge": "the second step of the log-in",
    "account_logout": "ends what is there, if anything",
    "account_inactive": "says that a log-in is closed",
    "account_signup": "the sign-up",
    "other-site-log-in": "the log-in, by way of another site",
    "other-site-back": "the log-in, by way of another site; opened by what that site sends back",
    "socialaccount_signup": "the sign-up of who came by another site; before that it leads to the log-in",
    "account_email_verification_sent": "says that a mail is on its way",
    "account_confirm_email": "opened from a mail, by its key",
    "invitation": "what the link that was opened invites to; says nothing without one",
    "open-invitation": "opened from a mail, by its secret",
    "account-deleted": "says that the log-in is gone",
    "account_reset_password": "asks for a mail",
    "account_reset_password_done": "says that a mail is on its way",
    "account_reset_password_from_key": "opened from a mail, by its key",
    "account_reset_password_from_key_done": "says that the password is set",
}
PERSONS = [route for route in all_routes() if route.template.startswith("account/") and route.name not in ENTRANCES]
WITH_IDS = [route for route in PERSONS if route.parameters]


def victims_values(alice: Person) -> dict[str, str]:
    """Alice's value for each name that a person's route may take in its path. A new name needs a line here."""
    passkey = Authenticator.objects.create(
        user=alice, type="webauthn", data={"name": "Zq7Mark"}, created_at=clock.now()
    )
    session = UserSession.objects.filter(user=alice).latest("pk")
    export = DataExport.objects.create(
        person=alice, state=DataExport.State.READY, file="Zq7Mark", expires_at=clock.now() + dt.timedelta(days=1)
    )
    log_in = SocialAccount.objects.create(
        user=alice, provider="https://id.example", uid="1", extra_data={"email": "Zq7Mark"}
    )
    return {"factor": str(passkey.pk), "session": str(session.pk), "export": str(export.pk), "log_in": str(log_in.pk)}


def rows_of(person: Person) -> str:
    models = (Authenticator, UserSession, SocialAccount)
    own = [person, *(row for model in models for row in model.objects.filter(user=person))]
    return serializers.serialize("json", own)


@pytest.fixture(autouse=True)
def _site(settings) -> None:
    """Without another site its pages are not there at all."""
    settings.OIDC_NAME, settings.OIDC_SERVER, settings.OIDC_CLIENT_ID = "Example ID", "https://id.example", "plumbline"


@pytest.fixture
def browsers(alice: Person, charlie: Person) -> dict[str, Client]:
    """Both have just proven their passwords, so that no step-up stands before what is asked."""
    found = {}
    for person in (alice, charlie):
        confirm_address(person)
        found[person.name] = Client()
        log_in(found[person.name], person)
    return found


def test_entrances_are_routes_that_exist():
    assert set(ENTRANCES) <= {route.name for route in all_routes()}


@pytest.mark.parametrize("route", PERSONS, ids=str)
def test_visitor_is_led_to_the_log_in(route: Route, browsers, alice, record_property):
    path = route.path(victims_values(alice))
    record_property("probes", len(METHODS))
    for method in METHODS:
        with undone():
            before = rows_of(alice)
            answer = getattr(Client(), method.lower())(path)
            assert answer.status_code in {302, 405}, method
            assert answer.status_code == 405 or answer["Location"].startswith("/account/login/"), method
            assert rows_of(alice) == before, method


@pytest.mark.parametrize("route", WITH_IDS, ids=str)
def test_stranger_with_her_ids_finds_nothing(route: Route, browsers, alice, record_property):
    path = route.path(victims_values(alice))
    record_property("probes", len(METHODS))
    asked = []
    for method in METHODS:
        with undone():
            before = rows_of(alice)
            answer = getattr(browsers["Charlie"], method.lower())(path, {"name": "mine"} if method == "POST" else None)
            assert answer.status_code in {404, 405}, (method, answer.status_code)
            assert "Zq7Mark" not in answer.content.decode()
            assert rows_of(alice) == before, method
            asked.append(answer.status_code)
    assert 404 in asked


@pytest.mark.parametrize("route", WITH_IDS, ids=str)
def test_owner_gets_her_answer(route: Route, browsers, alice):
    """The positive control: with the same ids she is not told that there is nothing."""
    path = route.path(victims_values(alice))
    answers = set()
    for method in ("GET", "POST"):
        with undone():
            answers.add(getattr(browsers["Alice"], method.lower())(path, {"name": "mine"}).status_code)
    assert answers & {200, 302}
    assert not answers & {403, 404, 500}
