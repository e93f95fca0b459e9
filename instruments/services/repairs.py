"""Repairs accepted and undone by an operator. A bar is never changed: each is a further revision of it."""

import datetime as dt
from uuid import UUID

from accounts.services.audit import record
from instruments.domain.keeping import REPAIRED
from instruments.models import RepairProposal
from instruments.services.candles import write_revision
from kernel.bars import Interval
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.scope import operator

State = RepairProposal.State


def accept_repair(*, repair: RepairProposal, by: UUID, now: dt.datetime) -> bool:
    """Writes the proposed bar as a further revision, marked as repaired. False when it was accepted already."""
    return _decide(repair, State.ACCEPTED, by=by, now=now)


def undo_repair(*, repair: RepairProposal, by: UUID, now: dt.datetime) -> bool:
    """Writes the raw bar again as a further revision of its own source. False when it was not accepted."""
    return _decide(repair, State.UNDONE, by=by, now=now)


def _decide(repair: RepairProposal, state: RepairProposal.State, *, by: UUID, now: dt.datetime) -> bool:
    is_accepted = state is State.ACCEPTED
    from_states = [State.PROPOSED, State.UNDONE] if is_accepted else [State.ACCEPTED]
    with operator():
        claimed = RepairProposal.objects.filter(pk=repair.pk, state__in=from_states).update(state=state, decided_at=now)
        if claimed != 1:
            return False
        old, new = (repair.raw, repair.proposed) if is_accepted else (repair.proposed, repair.raw)
        write_revision(
            repair.series.listing,
            Interval(repair.series.interval),
            repair.start,
            old=old,
            new=new,
            source=REPAIRED if is_accepted else repair.source,
            now=now,
        )
        # What was found in the bar is looked for again.
        enqueue("instruments.check_series", repair.series.listing_id, repair.series.interval, "whole")
        record(
            "bar.repaired" if is_accepted else "bar.repair_undone",
            now=now,
            person_id=by,
            target=str(repair.series.listing_id),
            facts={
                "interval": repair.series.interval,
                "start": repair.start.isoformat(),
                "raw": [str(one) for one in repair.raw],
                "proposed": [str(one) for one in repair.proposed],
            },
        )
    return True
