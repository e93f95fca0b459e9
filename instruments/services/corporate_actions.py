"""Splits and dividends: told as facts, and withdrawn when they were none. Bars stay as they are."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.services.audit import record
from instruments.domain.action_facts import ActionFact, ActionKind, plain
from instruments.models import CorporateAction, Instrument
from kernel.tenancy.scope import operator

Kind = CorporateAction.Kind


class Contradicted(ValueError):
    """Another figure is kept of the same day. Nothing was kept; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    instrument: Instrument
    fact: ActionFact


def add_action(
    *, instrument: Instrument, fact: ActionFact, source: str, now: dt.datetime, by: UUID | None = None
) -> tuple[CorporateAction, bool]:
    """The row, and whether it is new: the same fact told twice is one. Contradicted when the day has another."""
    [(row, is_new)] = add_actions(told=[Told(instrument, fact)], source=source, now=now, by=by)
    return row, is_new


def add_actions(
    *, told: Iterable[Told], source: str, now: dt.datetime, by: UUID | None = None
) -> list[tuple[CorporateAction, bool]]:
    """All of them or none, in order."""
    with operator():
        return [_add(one.instrument, one.fact, source=source, now=now, by=by) for one in told]


def _add(
    instrument: Instrument, fact: ActionFact, *, source: str, now: dt.datetime, by: UUID | None
) -> tuple[CorporateAction, bool]:
    is_split = fact.kind is ActionKind.SPLIT
    # Of two who tell the same at once the second waits here, and finds what the first kept.
    Instrument.objects.select_for_update(no_key=True).get(pk=instrument.pk)
    row, is_new = CorporateAction.objects.get_or_create(
        instrument=instrument,
        kind=Kind(fact.kind.value),
        ex_date=fact.ex_date,
        withdrawn_at=None,
        defaults={
            "ratio": fact.figure if is_split else None,
            "amount": None if is_split else fact.figure,
            "currency": "" if is_split else instrument.quote,
            "source": source,
            "known_at": now,
        },
    )
    if row.fact != fact:
        raise Contradicted(
            f"{instrument} has a {row.fact.words} on {fact.ex_date} by {row.source}, and not a {fact.words}. Withdraw "
            "that one first if it is wrong."
        )
    if is_new:
        _tell("action.added", row, by=by, now=now, source=source)
    return row, is_new


def withdraw_action(*, action: CorporateAction, reason: str, now: dt.datetime, by: UUID | None = None) -> bool:
    """Nobody reckons with it from now on; it stays kept, with the reason. False when it was withdrawn already."""
    with operator():
        claimed = CorporateAction.objects.filter(pk=action.pk, withdrawn_at=None).update(
            withdrawn_at=now, withdrawn_why=reason
        )
        if claimed != 1:
            return False
        _tell("action.withdrawn", action, by=by, now=now, reason=reason)
    return True


def _tell(what: str, row: CorporateAction, *, by: UUID | None, now: dt.datetime, **also: str) -> None:
    facts = {
        "action": str(row.pk),
        "kind": str(row.kind),
        "ex_date": str(row.ex_date),
        "figure": plain(row.fact.figure),
    }
    record(what, now=now, person_id=by, target=f"instrument:{row.instrument_id}", facts={**facts, **also})


def counted(rows: Sequence[tuple[CorporateAction, bool]]) -> tuple[int, int]:
    """How many are new, and how many were there already."""
    new = sum(is_new for _, is_new in rows)
    return new, len(rows) - new
