"""A workspace's watchlists: made, named, ordered, filled and emptied."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.services.audit import record
from instruments.models import Instrument, Watchlist, WatchlistEntry
from kernel.tenancy.access import Access

MOST_LISTS, MOST_ENTRIES = 50, 500


class NotKept(ValueError):
    """Why the list stays as it is. The words are for the person."""


def make_watchlist(*, access: Access, name: str, now: dt.datetime) -> Watchlist:
    """An empty list at the end; NotKept when the name is taken, or there are too many."""
    if Watchlist.objects.count() >= MOST_LISTS:
        raise NotKept(f"There are {MOST_LISTS} watchlists, which is the most. Delete one first.")
    last = Watchlist.objects.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    with _name_is_free(name), transaction.atomic():
        made: Watchlist = Watchlist.objects.create(
            workspace_id=access.workspace_id, name=name, position=position, made_at=now
        )
        _tell("made", made, access, now=now)
    return made


def rename_watchlist(*, access: Access, watchlist: Watchlist, name: str, now: dt.datetime) -> None:
    with _name_is_free(name), transaction.atomic():
        Watchlist.objects.filter(pk=watchlist.pk).update(name=name)
        _tell("renamed", watchlist, access, now=now)


def delete_watchlist(*, access: Access, watchlist: Watchlist, now: dt.datetime) -> None:
    with transaction.atomic():
        _tell("deleted", watchlist, access, now=now)
        watchlist.delete()


def watch_instrument(*, access: Access, watchlist: Watchlist, instrument: Instrument, now: dt.datetime) -> bool:
    """Puts it at the end of the list; False when it stood there already."""
    with transaction.atomic():
        Watchlist.objects.select_for_update(no_key=True).get(pk=watchlist.pk)
        told = WatchlistEntry.objects.filter(watchlist=watchlist)
        if told.filter(instrument=instrument).exists():
            return False
        if told.count() >= MOST_ENTRIES:
            raise NotKept(f"A watchlist holds {MOST_ENTRIES} at the most, and this one is full.")
        last = told.aggregate(last=Max("position"))["last"]
        WatchlistEntry.objects.create(
            workspace_id=access.workspace_id,
            watchlist=watchlist,
            instrument=instrument,
            position=0 if last is None else last + 1,
            added_at=now,
        )
        _tell("added", watchlist, access, now=now, instrument=instrument)
    return True


def unwatch_instrument(*, access: Access, watchlist: Watchlist, instrument: Instrument, now: dt.datetime) -> bool:
    """Takes it off the list; False when it was not there."""
    with transaction.atomic():
        gone, _ = WatchlistEntry.objects.filter(watchlist=watchlist, instrument=instrument).delete()
        if gone:
            _tell("removed", watchlist, access, now=now, instrument=instrument)
    return bool(gone)


def move_entry(*, access: Access, entry: WatchlistEntry, up: bool, now: dt.datetime) -> None:
    """One place up or down among its neighbours; at the end nothing happens."""
    with transaction.atomic():
        watchlist = Watchlist.objects.select_for_update(no_key=True).get(pk=entry.watchlist_id)
        order = list(WatchlistEntry.objects.filter(watchlist=watchlist).values_list("pk", flat=True))
        at = order.index(entry.pk)
        to = at - 1 if up else at + 1
        if not 0 <= to < len(order):
            return
        order[at], order[to] = order[to], order[at]
        rows = WatchlistEntry.objects.in_bulk(order)
        for position, key in enumerate(order):
            rows[key].position = position
        WatchlistEntry.objects.bulk_update(rows.values(), ["position"])
        _tell("ordered", watchlist, access, now=now)


def move_watchlist(*, access: Access, watchlist: Watchlist, now: dt.datetime) -> None:
    """To the top of the lists."""
    with transaction.atomic():
        others = list(Watchlist.objects.select_for_update(no_key=True).exclude(pk=watchlist.pk).order_by("pk"))
        others.sort(key=lambda one: (one.position, one.made_at, one.pk))
        for position, one in enumerate([watchlist, *others]):
            Watchlist.objects.filter(pk=one.pk).update(position=position)
        _tell("ordered", watchlist, access, now=now)


@contextmanager
def _name_is_free(name: str) -> Iterator[None]:
    """Turns the constraint's refusal into words; it stands outside the transaction that the refusal undoes."""
    try:
        yield
    except IntegrityError as error:
        if "watchlist_name_once" not in str(error):
            raise
        raise NotKept(f"There is a watchlist named “{name}” already. Take another name.") from error


def _tell(
    what: str, watchlist: Watchlist, access: Access, *, now: dt.datetime, instrument: Instrument | None = None
) -> None:
    facts = {} if instrument is None else {"instrument": instrument.code}
    record(f"watchlist.{what}", now=now, person_id=access.person_id, target=f"watchlist:{watchlist.pk}", facts=facts)
