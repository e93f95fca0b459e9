"""Logs a test's browser in as a person does: by password, then by a second factor."""

import datetime as dt

from allauth.account.models import EmailAddress
from django.test import Client

from accounts.domain.totp import STEP_SECONDS, code_at, new_secret
from accounts.models import Person
from accounts.services.factors import add_totp
from kernel import clock
from kernel.encryption.secret import Secret
from tests.factories.people import PASSWORD

SECOND = "/account/login/second-factor/"


class App:
    """An authenticator app: it knows a secret and never shows the same code twice."""

    def __init__(self) -> None:
        self.secret = new_secret()
        self.ahead = 0

    def code(self, now: dt.datetime | None = None) -> str:
        """A code that is right now and was not shown before; at most three in half a minute."""
        step = int((now or clock.now()).timestamp()) // STEP_SECONDS
        code = code_at(self.secret, step - 1 + self.ahead)
        self.ahead += 1
        return code


def confirm_address(person: Person) -> None:
    EmailAddress.objects.get_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})


def turn_on_app(person: Person) -> App:
    app = App()
    add_totp(person=person, secret=Secret(app.secret), code=app.code(), now=clock.now(), session_key=None)
    return app


def log_in(client: Client, person: Person, **headers: str):
    """What the log-in's first step answers."""
    return client.post("/account/login/", {"login": person.email, "password": PASSWORD}, **headers)


def log_in_with_factor(client: Client, person: Person) -> App:
    """After this the session is the person's, with a factor proven a moment ago."""
    confirm_address(person)
    app = turn_on_app(person)
    log_in(client, person)
    answer = client.post(SECOND, {"code": app.code()})
    assert answer.status_code == 302, answer.content.decode()[:1000]
    return app


def is_logged_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200
