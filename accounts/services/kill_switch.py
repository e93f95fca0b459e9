"""Stops and starts trading at one level. Stopping twice is harmless, and never asks for a second factor."""

import datetime as dt
from uuid import UUID

from django.db import connection

from accounts.kill_switch import Level, State
from accounts.services.audit import record
from kernel.ids import new_id
from kernel.live.news import publish
from kernel.tenancy.scope import current_scope

PLATFORM_LEVELS = (Level.PLATFORM, Level.VENUE)


def set_kill_switch(
    *, level: Level, key: str = "", state: State, now: dt.datetime, person_id: UUID | None, reason: str = ""
) -> bool:
    """Puts one level into a state; False when it already was in it. Platform levels need the operator's scope."""
    workspace_id = current_scope().workspace_id
    if (level in PLATFORM_LEVELS) != (workspace_id is None):
        raise ValueError(f"the level {level} is not set from this scope")
    switch_id = new_id()
    with connection.cursor() as cursor:
        # One statement, so that two people pressing at once cannot both find no row.
        cursor.execute(
            "INSERT INTO accounts_killswitch AS k (id, workspace_id, level, key, state, reason, set_by_id, set_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (workspace_id, level, key) DO UPDATE "
            "SET state = EXCLUDED.state, reason = EXCLUDED.reason, set_by_id = EXCLUDED.set_by_id, "
            "set_at = EXCLUDED.set_at WHERE k.state <> EXCLUDED.state RETURNING k.id",
            [switch_id, workspace_id, level, key, state, reason[:300], person_id, now],
        )
        changed = cursor.fetchone()
    if changed is None:
        return False
    record(
        "kill_switch.set",
        now=now,
        person_id=person_id,
        target=f"{level}:{key}" if key else level.value,
        facts={"level": level, "key": key, "state": state, "reason": reason[:300]},
    )
    publish("kill_switch", changed[0])
    return True
