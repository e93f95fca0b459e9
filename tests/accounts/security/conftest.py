"""Alice with factors, and a browser that logs in as a person does."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.domain.totp import STEP_SECONDS, code_at, new_secret
from accounts.models import Person
from accounts.services.factors import add_totp, make_recovery_codes
from kernel import clock
from kernel.encryption.secret import Secret
from tests.accounts.security.soft_passkey import SoftPasskey
from tests.factories.people import PASSWORD


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


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_ADDRESS = "http://testserver"


@pytest.fixture
def verified(alice: Person) -> Person:
    """Alice with a confirmed address."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    return alice


@pytest.fixture
def app(verified: Person) -> App:
    """Alice's authenticator app, turned on."""
    app = App()
    add_totp(person=verified, secret=Secret(app.secret), code=app.code(), now=clock.now(), session_key=None)
    return app


@pytest.fixture
def recovery(verified: Person, app: App) -> list[str]:
    """Alice's recovery codes."""
    return [code.reveal() for code in make_recovery_codes(person=verified, now=clock.now())]


@pytest.fixture
def passkey(client: Client, verified: Person) -> SoftPasskey:
    """Alice's passkey, added on the page; her browser is logged in."""
    log_in(client, verified)
    return add_passkey(client)


def add_passkey(client: Client, passkey: SoftPasskey | None = None) -> SoftPasskey:
    passkey = passkey or SoftPasskey()
    options = client.post("/account/security/passkey/challenge/").json()
    answer = client.post("/account/security/passkey/", {"name": "Phone", "credential": passkey.make(options)})
    assert answer.status_code in {200, 302}, answer.content.decode()[:2000]
    return passkey


def log_in(client: Client, person: Person, **headers: str):
    """What the log-in's first step answers."""
    return client.post("/account/login/", {"login": person.email, "password": PASSWORD}, **headers)


def is_logged_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200
