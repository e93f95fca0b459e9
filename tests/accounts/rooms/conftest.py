"""People at the doors of a workspace: logged in as people do, and threads that act at the same moment."""

import threading
from collections.abc import Callable
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client

from accounts.doors import access_of
from accounts.models import Membership, Person, Workspace
from accounts.models.workspace import Role
from accounts.services.workspaces import add_member
from kernel.tenancy.access import Access
from kernel.tenancy.scope import tenant
from tests.factories.people import PersonFactory
from tests.log_in import confirm_address, log_in


@pytest.fixture(autouse=True)
def _address(settings):
    settings.SITE_ADDRESS = "http://testserver"


def browser_of(person: Person) -> Client:
    """A browser that gave the password a moment ago, which is the step-up of who has no factor."""
    client = Client()
    confirm_address(person)
    log_in(client, person)
    return client


@pytest.fixture
def alices(team, alice) -> Client:
    return browser_of(alice)


@pytest.fixture
def bobs(team, bob) -> Client:
    return browser_of(bob)


@pytest.fixture
def dora(team, now) -> Person:
    """A second owner of the team."""
    person = PersonFactory(email="dora@example.org", name="Dora")
    with tenant(team.pk):
        add_member(workspace=team, person=person, role=Role.OWNER, now=now)
    return person


def standing(team: Workspace, person: Person) -> tuple[str, bool] | None:
    """The person's role and trading right, or None for who is not in."""
    with tenant(team.pk):
        return Membership.objects.filter(person=person).values_list("role", "can_trade").first()


def key_of(team: Workspace, person: Person) -> str:
    with tenant(team.pk):
        return str(Membership.objects.get(person=person).pk)


def access(team: Workspace, person: Person) -> Access:
    with tenant(team.pk):
        return access_of(Membership.objects.get(person=person))


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned or raised, all of them begun at the same moment on connections of their own."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[place] = act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def changes_nothing(team: Workspace):
    """Fails when who is in, or as what, is another after it than before."""

    def picture():
        with tenant(team.pk):
            return list(Membership.objects.order_by("pk").values_list("person", "role", "can_trade"))

    before = picture()
    yield
    assert picture() == before
