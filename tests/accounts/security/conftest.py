"""Alice with factors, and a browser that logs in as a person does."""

import pytest
from django.test import Client

from accounts.models import Person
from accounts.services.factors import make_recovery_codes
from kernel import clock
from tests.accounts.security.soft_passkey import SoftPasskey, add_passkey
from tests.log_in import App, confirm_address, log_in, turn_on_app


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_ADDRESS = "http://testserver"


@pytest.fixture
def verified(alice: Person) -> Person:
    """Alice with a confirmed address."""
    confirm_address(alice)
    return alice


@pytest.fixture
def app(verified: Person) -> App:
    """Alice's authenticator app, turned on."""
    return turn_on_app(verified)


@pytest.fixture
def recovery(verified: Person, app: App) -> list[str]:
    """Alice's recovery codes."""
    return [code.reveal() for code in make_recovery_codes(person=verified, now=clock.now())]


@pytest.fixture
def passkey(client: Client, verified: Person) -> SoftPasskey:
    """Alice's passkey, added on the page; her browser is logged in."""
    log_in(client, verified)
    return add_passkey(client)
