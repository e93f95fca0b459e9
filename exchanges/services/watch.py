"""What is looked at again by itself: keys that were never checked or not for a day, and logins that end soon."""

import datetime as dt
from uuid import UUID

from exchanges.domain.standing import Standing
from exchanges.models import Connection
from exchanges.notices import EXPIRED, EXPIRING
from exchanges.services.connections import ask_for_check, tell
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import tenant

CHECKED_EVERY = dt.timedelta(hours=24)
#: A nudge that was lost, or a venue that did not answer, is tried again after this.
ASKED_AGAIN = dt.timedelta(minutes=5)
_AT_ONCE = 500


def look_after(*, now: dt.datetime) -> int:
    """How many connections were due. Run twice at once, a connection is asked for twice and told of once."""
    due = locate("locate_due_connections", now, _AT_ONCE)
    for workspace_id, connection_id in due:
        with tenant(workspace_id):
            _look_after_one(connection_id, now=now)
    return len(due)


def _look_after_one(connection_id: UUID, *, now: dt.datetime) -> None:
    connection: Connection | None = (
        Connection.objects.select_for_update(of=("self",))
        .select_related("workspace")
        .filter(pk=connection_id, closed_at=None)
        .first()
    )
    if connection is None:
        return
    standing = connection.standing(now=now)
    if standing is not Standing(connection.told_standing or Standing.CHECKING):
        _tell_of(connection, standing, now=now)
        connection.told_standing = standing
        connection.save(update_fields=["told_standing"])
    is_old = connection.checked_at is None or connection.checked_at + CHECKED_EVERY <= now
    was_asked = connection.asked_at is not None and connection.asked_at + ASKED_AGAIN > now
    if is_old and not was_asked and standing is not Standing.EXPIRED:
        ask_for_check(connection, now=now)


def _tell_of(connection: Connection, standing: Standing, *, now: dt.datetime) -> None:
    if standing is Standing.EXPIRING and connection.ends_at is not None:
        tell(EXPIRING.name, connection, now=now, ends=f"{connection.ends_at:%d %b %H:%M} UTC")
    elif standing is Standing.EXPIRED:
        tell(EXPIRED.name, connection, now=now)
