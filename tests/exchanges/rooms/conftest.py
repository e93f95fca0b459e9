"""A venue that answers as it is told to, and connections to it."""

import json
from pathlib import Path

import pytest

from accounts.doors import access_of
from accounts.models import Membership
from exchanges.domain.venues import venue_named
from exchanges.models import Connection
from exchanges.services.connections import add_connection
from kernel.tenancy.scope import tenant
from tests.jobs import enqueued as enqueued
from tests.venue_contract.replay import Reply, serving

PAYLOADS = Path(__file__).parents[2] / "venue_contract/payloads"
KEYS = {"api_key": "K" * 60 + "1234", "secret": "S" * 64}


def payload(name, venue="binance", **more) -> Reply:
    data = json.loads((PAYLOADS / venue / f"{name}.json").read_text())
    headers = {"Content-Type": "application/json", **data.get("headers", {})}
    return Reply(data["status"], json.dumps(data["body"]).encode(), headers, **more)


@pytest.fixture
def venue(settings):
    """Binance, on loopback."""
    with serving() as replay:
        settings.VENUE_ADDRESSES = {"binance": replay.address}
        yield replay


def door(team, person):
    with tenant(team.pk):
        return access_of(Membership.objects.get(person=person))


def connect(team, person, *, mode=Connection.Mode.LIVE, now, name="Main", venue_name="binance", fields=KEYS, **more):
    access = door(team, person)
    with tenant(team.pk):
        return add_connection(
            access=access,
            person=person,
            facts=venue_named(venue_name),
            mode=mode,
            name=name,
            fields=fields,
            attested=False,
            now=now,
            **more,
        )


def again(team, connection) -> Connection:
    with tenant(team.pk):
        return Connection.objects.get(pk=connection.pk)
