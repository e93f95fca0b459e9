from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from accounts.models import Notification, Person, Workspace
from config.routing import sockets
from kernel.live import news
from kernel.live.news import publish
from kernel.live.registry import forget_live, register_live
from kernel.tenancy.scope import tenant
from tests.kernel.live.listeners import Listening, serving

#: How often each row was read by the broadcaster.
Readings = list[UUID]


@pytest.fixture
def readings(settings) -> Iterator[Readings]:
    """A live kind over notifications, and the ids its selector was asked for."""
    here = Path(__file__).parent / "templates"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [here, *settings.TEMPLATES[0]["DIRS"]]}]
    asked: Readings = []

    def notice(row_id: UUID) -> Notification | None:
        asked.append(row_id)
        return Notification.objects.filter(pk=row_id).first()

    register_live("notice", notice, "_notice_row.html")
    yield asked
    forget_live("notice")


@pytest.fixture(autouse=True)
def _fresh_publisher() -> None:
    news._publisher_at.cache_clear()


@pytest.fixture
def listening(transactional_db: None, readings: Readings) -> Iterator[Listening]:
    with serving(sockets) as port:
        listening = Listening(port)
        yield listening
        listening.close()


Write = Callable[..., Notification]


@pytest.fixture
def write(transactional_db: None, readings: Readings) -> Write:
    """Writes or changes a notification as a service would: row, then news, in one transaction."""

    def write(
        workspace: Workspace, person: Person, title: str = "Something changed", row: Notification | None = None
    ) -> Notification:
        with tenant(workspace.pk):
            if row is None:
                row = Notification.objects.create(workspace=workspace, person=person, event="test", title=title)
            else:
                Notification.objects.filter(pk=row.pk).update(title=title)
            publish("notice", row.pk)
        return row

    return write
