"""Alice with factors, and a browser that logs in as a person does."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.models import Person
from accounts.services.factors import make_recovery_codes
from kernel import clock
from tests.accounts.security.fake_site import FakeSite
from tests.accounts.security.soft_passkey import SoftPasskey, add_passkey
from tests.log_in import App, confirm_address, log_in, turn_on_app
from tests.other_site import name_site


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many doors were tried by somebody without the factor, whichever worker tried them."""
    probes = sum(
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "bypass_probes"
    )
    if probes:
        terminalreporter.write_line(f"{probes} probes of the second factor, each with its positive control.")


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_ADDRESS = "http://testserver"


@pytest.fixture
def verified(alice: Person) -> Person:
    """Alice with a confirmed address."""
    confirm_address(alice)
    return alice


@pytest.fixture
def site(settings) -> Iterator[FakeSite]:
    """The other site, running on loopback and named in the settings."""
    site = FakeSite().start()
    name_site(settings, site.address)
    yield site
    site.stop()


@pytest.fixture
def log_in_there(site: FakeSite, verified: Person) -> SocialAccount:
    """The log-in at the other site that opens Alice's."""
    return SocialAccount.objects.create(
        user=verified, provider=site.address, uid="4711", extra_data={"email": "dora@example.org"}
    )


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
