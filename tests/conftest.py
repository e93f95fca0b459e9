"""The suite's database, and the three people of every test: alice owns, bob is on her team, charlie is a stranger."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase

from accounts.models import Person, Workspace
from accounts.models.workspace import Role
from accounts.services.workspaces import add_member, create_workspace
from exchanges.manners.book import Book
from kernel import ids
from kernel.tenancy.scope import tenant
from tests.database import database_for, empty_every_table
from tests.factories.people import PersonFactory
from tests.offline import stay_on_loopback

NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def django_db_setup(worker_id: str, django_db_blocker: object) -> Iterator[None]:
    with django_db_blocker.unblock(), database_for(worker_id):
        yield


@pytest.fixture(autouse=True, scope="session")
def _empty_tables_quickly() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty_every_table())
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _offline() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stay_on_loopback(patch)
        yield


@pytest.fixture(autouse=True)
def _manners_of_its_own() -> Iterator[None]:
    """A ban or a breaker that one test met holds back no other. Redis is not emptied between them."""
    Book.root = f"manners:{ids.new_id()}"
    yield
    Book.root = "manners"


@pytest.fixture(autouse=True)
def _keys_forget_travelled_time() -> Iterator[None]:
    """Keys never step back, so those of a test that went ahead in time would stay ahead for the next."""
    before = ids._last
    yield
    ids._last = before


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture
def alice(db: None) -> Person:
    return PersonFactory(email="alice@example.org", name="Alice")


@pytest.fixture
def bob(db: None) -> Person:
    return PersonFactory(email="bob@example.org", name="Bob")


@pytest.fixture
def charlie(db: None) -> Person:
    return PersonFactory(email="charlie@example.org", name="Charlie")


@pytest.fixture
def team(alice: Person, bob: Person) -> Workspace:
    """Alice's workspace, in which Bob may look."""
    workspace = create_workspace(owner=alice, name="Alice and team", kind=Workspace.Kind.TEAM, now=NOW, can_trade=True)
    with tenant(workspace.pk):
        add_member(workspace=workspace, person=bob, role=Role.VIEWER, now=NOW)
    return workspace


@pytest.fixture
def strangers(charlie: Person) -> Workspace:
    """Charlie's own workspace."""
    return create_workspace(owner=charlie, name="Charlie's own", kind=Workspace.Kind.PERSONAL, now=NOW, can_trade=True)
