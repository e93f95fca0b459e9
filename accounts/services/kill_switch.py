"""Stops and starts trading at one level. Stopping twice is harmless, and never asks for a second factor."""

import datetime as dt
from uuid import UUID

from django.db import connection

from accounts.domain.notice_words import Fact
from accounts.kill_switch import PLATFORM_LEVELS, Level, State
from accounts.models import KillSwitch, Notification, Workspace
from accounts.models.workspace import Role
from accounts.notices import TRADING_RESUMED, TRADING_STOPPED
from accounts.notify import notify
from accounts.services.audit import record
from kernel.ids import new_id
from kernel.jobs.enqueue import enqueue
from kernel.live.news import publish
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import current_scope, operator, tenant

_WORKSPACES_AT_ONCE = 200


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
    if workspace_id is None:
        enqueue("accounts.tell_of_switch", changed[0])
    else:
        _tell(KillSwitch.objects.select_related("set_by").get(pk=changed[0]), now=now)
    return True


def tell_everybody(switch_id: UUID, *, now: dt.datetime) -> None:
    """Tells the members of every workspace of a switch of the operator's.

    Run twice, it tells each once. Should the nudge be lost, the strip on every page has told already.
    """
    with operator():
        switch: KillSwitch = KillSwitch.objects.get(pk=switch_id, workspace=None)
    last: UUID | None = None
    while found := locate("locate_workspaces", last, _WORKSPACES_AT_ONCE):
        for (workspace_id,) in found:
            with tenant(workspace_id):
                if not _was_told(switch):
                    _tell(switch, now=now)
        last = found[-1][0]


def _tell(switch: KillSwitch, *, now: dt.datetime) -> None:
    is_active = switch.state == State.ACTIVE
    # An operator stays nameless towards the tenants.
    by = str(switch.set_by) if switch.workspace_id and switch.set_by else "the operator of this instance"
    facts: dict[str, Fact] = {
        "what": _what(switch),
        "state": switch.state,
        "by": by,
        "reason": switch.reason,
        "switch": switch.pk,
        "set_at": switch.set_at,
    }
    event = TRADING_RESUMED if is_active else TRADING_STOPPED
    slug = Workspace.objects.values_list("slug", flat=True).get(pk=current_scope().workspace_id)
    notify(event.name, roles=tuple(Role), facts=facts, path=f"/w/{slug}/stop/", now=now)


def _was_told(switch: KillSwitch) -> bool:
    facts = {"switch": str(switch.pk), "set_at": switch.set_at.isoformat()}
    return Notification.objects.filter(facts__contains=facts).exists()


def _what(switch: KillSwitch) -> str:
    match Level(switch.level):
        case Level.PLATFORM:
            return "Trading on the whole platform"
        case Level.WORKSPACE:
            return f"Trading in {switch.workspace}"
        case level:
            return f"Trading with the {level} {switch.key}"
