"""Which sources an instrument's bars come from, as an operator tells them."""

import datetime as dt

from accounts.services.audit import record
from instruments.models import Instrument, SourceChoice
from instruments.sources import source_named
from kernel.tenancy.scope import operator


def choose_source(*, instrument: Instrument, source: str, symbol: str, priority: int, now: dt.datetime) -> SourceChoice:
    """The lowest priority is asked first; a listing's own venue comes before all, unless it is named here too."""
    source_named(source)
    with operator():
        row, _ = SourceChoice.objects.update_or_create(
            instrument=instrument, source=source, defaults={"symbol": symbol, "priority": priority}
        )
        facts = {"source": source, "symbol": symbol, "priority": priority}
        record("source.chosen", now=now, target=f"instrument:{instrument.pk}", facts=facts)
    return row


def drop_source(*, instrument: Instrument, source: str, now: dt.datetime) -> bool:
    """False when it was none of the instrument's sources. The bars that it gave stay."""
    with operator():
        gone, _ = SourceChoice.objects.filter(instrument=instrument, source=source).delete()
        if gone:
            record("source.dropped", now=now, target=f"instrument:{instrument.pk}", facts={"source": source})
    return bool(gone)
