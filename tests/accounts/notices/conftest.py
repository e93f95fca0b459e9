"""Events, channels and receivers of the tests of notices."""

import pytest

from accounts.models import Urgency
from accounts.notices import Event, _events, declare
from accounts.services.channels import add_channel
from kernel.encryption.secret import Secret
from kernel.tenancy.scope import tenant
from tests.accounts.notices.telling import TOKEN, Kind, access_of
from tests.jobs import enqueued
from tests.loopback import NAME, authority, client, outgoing, receiver

__all__ = ["authority", "client", "enqueued", "outgoing", "receiver"]


@pytest.fixture
def site(settings):
    settings.SITE_ADDRESS = "http://localhost:8000"


@pytest.fixture
def events():
    """Three events of an app that exists only here."""
    declared = [
        declare(Event("test.filled", title="{symbol} filled", body="All of it.\nSee {error}.")),
        declare(Event("test.panic", title="{symbol} stopped", urgency=Urgency.URGENT)),
        declare(Event("test.sign_in", title="New sign-in", is_mailed_by_default=True)),
    ]
    yield
    for event in declared:
        del _events[event.name]


@pytest.fixture
def channel(team, alice, outgoing, receiver, now, settings):
    """Adds a channel of Alice's to her team's workspace, leading to the receiver on loopback."""
    settings.TELEGRAM_API = f"https://{NAME}:{receiver.port}"
    made = {
        Kind.MAIL: ("alice@example.org", None),
        Kind.WEBHOOK: (receiver.url, "s3cret"),
        Kind.SLACK: (f"https://{NAME}:{receiver.port}/services/T0/B0/slack-secret", None),
        Kind.DISCORD: (f"https://{NAME}:{receiver.port}/api/webhooks/1/discord-secret", None),
        Kind.TELEGRAM: ("-100123", TOKEN),
    }

    def add(kind, *, workspace=team, person=alice, **more):
        address, secret = made[kind]
        more.setdefault("address", Secret(address))
        with tenant(workspace.pk):
            row, _ = add_channel(
                access=access_of(workspace, person),
                kind=kind,
                label="My channel",
                secret=Secret(secret) if secret else None,
                now=now,
                **more,
            )
        return row

    return add
