"""Price alerts: made, paused, armed again, deleted."""

import datetime as dt
from decimal import Decimal

from django.db import transaction

from accounts.services.audit import record
from instruments.models import Listing, PriceAlert
from kernel.live.news import publish
from kernel.tenancy.access import Access

MOST_ALERTS = 500
State = PriceAlert.State


class TooManyAlerts(ValueError):
    """The workspace has as many as there may be. The words are for the person."""


def make_alert(
    *,
    access: Access,
    listing: Listing,
    kind: PriceAlert.Kind,
    threshold: Decimal | None,
    seconds: int | None,
    note: str = "",
    now: dt.datetime,
) -> PriceAlert:
    if PriceAlert.objects.count() >= MOST_ALERTS:
        raise TooManyAlerts(f"There are {MOST_ALERTS} alerts, which is the most. Delete one that is not needed.")
    with transaction.atomic():
        made: PriceAlert = PriceAlert.objects.create(
            workspace_id=access.workspace_id,
            listing=listing,
            kind=kind,
            threshold=threshold,
            seconds=seconds,
            note=note,
            armed_at=now,
            made_by_id=access.person_id,
            made_at=now,
        )
        _tell("made", made, access, now=now, facts={"kind": made.kind, "listing": str(listing)})
    return made


def arm_alert(*, access: Access, alert: PriceAlert, now: dt.datetime) -> bool:
    """From now on it waits again, and what it had seen is forgotten; False when it waited already."""
    return _set(alert, State.ARMED, access, now=now)


def pause_alert(*, access: Access, alert: PriceAlert, now: dt.datetime) -> bool:
    """It keeps its history and waits for nothing; False when it was not armed."""
    return _set(alert, State.PAUSED, access, now=now)


def delete_alert(*, access: Access, alert: PriceAlert, now: dt.datetime) -> None:
    with transaction.atomic():
        _tell("deleted", alert, access, now=now)
        publish("price_alert", alert.pk)
        alert.delete()


def _set(alert: PriceAlert, state: PriceAlert.State, access: Access, *, now: dt.datetime) -> bool:
    fresh = {"armed_at": now, "seen": {}, "seen_at": None} if state == State.ARMED else {}
    with transaction.atomic():
        # Whoever comes second finds it done.
        rows = PriceAlert.objects.filter(pk=alert.pk).exclude(state=state)
        if rows.update(state=state, **fresh) != 1:
            return False
        _tell(state.value, alert, access, now=now)
    return True


def _tell(
    what: str, alert: PriceAlert, access: Access, *, now: dt.datetime, facts: dict[str, str] | None = None
) -> None:
    record(f"alert.{what}", now=now, person_id=access.person_id, target=f"alert:{alert.pk}", facts=facts)
    if what != "deleted":
        publish("price_alert", alert.pk)
