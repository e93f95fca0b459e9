"""Looks at the last prices for the alerts that wait, and tells who waited. Run twice at once, each fires once."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import F, Q

from accounts.domain.notice_words import Fact
from accounts.models import Workspace
from accounts.models.workspace import Role
from accounts.notify import NotAMember, notify
from accounts.services.audit import record
from instruments.domain.alerts import Condition, Fires, Heard, Waiting, look
from instruments.domain.prices import moment_of
from instruments.models import AlertFiring, LastPrice, PriceAlert
from kernel.durations import in_words
from kernel.live.news import publish
from kernel.logs.setup import get_logger
from kernel.tenancy.scope import operator, tenant

log = get_logger(__name__)

State = PriceAlert.State
#: In one reading, and in one run: what is left over is the next run's.
_AT_ONCE, _MOST = 500, 20_000
#: A price may be committed so long after its moment.
_LATE = dt.timedelta(seconds=5)
#: How often it is looked whether a price has grown too old.
_SILENCE_EVERY = dt.timedelta(seconds=10)

_REMEMBER = """
UPDATE instruments_pricealert AS kept SET seen = told.seen::jsonb, seen_at = %(now)s
FROM unnest(%(ids)s::uuid[], %(armed)s::timestamptz[], %(seen)s::text[]) AS told (id, armed_at, seen)
WHERE kept.id = told.id AND kept.armed_at = told.armed_at AND kept.state = 'armed'
"""


def watch_prices(*, now: dt.datetime) -> int:
    """How many fired. Each alert is looked at once a run, those that waited longest first."""
    fired = looked = 0
    while looked < _MOST:
        waiting = _waiting(now)
        looked += len(waiting)
        fired += _look_at(waiting, now=now)
        if len(waiting) < _AT_ONCE:
            break
    return fired


def _waiting(now: dt.datetime) -> list[PriceAlert]:
    """Armed alerts whose price was heard since they were looked at; of those on silence all, seldom."""
    heard = Q(listing__last_price__heard_at__gt=F("seen_at") - _LATE) | Q(
        seen_at=None, listing__last_price__isnull=False
    )
    is_new = ~Q(kind=PriceAlert.Kind.SILENT) & heard
    is_silence = Q(kind=PriceAlert.Kind.SILENT) & (Q(seen_at=None) | Q(seen_at__lte=now - _SILENCE_EVERY))
    with operator():
        rows = PriceAlert.objects.filter(state=State.ARMED).filter(is_new | is_silence)
        rows = rows.exclude(seen_at__gte=now).select_related("listing__last_price", "listing__instrument")
        return list(rows.order_by(F("seen_at").asc(nulls_first=True), "pk")[:_AT_ONCE])


def _look_at(waiting: Sequence[PriceAlert], *, now: dt.datetime) -> int:
    due: defaultdict[UUID, list[tuple[PriceAlert, Fires, Heard]]] = defaultdict(list)
    remembered: dict[str, list[Any]] = {"ids": [], "armed": [], "seen": []}
    for alert in waiting:
        heard = _heard(alert)
        seen = look(_waiting_for(alert), heard, now=now)
        if isinstance(seen, Fires):
            due[alert.workspace_id].append((alert, seen, heard))
        kept = alert.seen if isinstance(seen, Fires) else seen.seen
        remembered["ids"].append(alert.pk)
        remembered["armed"].append(alert.armed_at)
        remembered["seen"].append(orjson.dumps(kept).decode())
    fired = 0
    for workspace_id, alerts in due.items():
        try:
            with tenant(workspace_id):
                fired += sum(_fire(*one, now=now) for one in alerts)
        except Exception:
            # What one workspace's news meet keeps no other from theirs; it is tried again in the next run.
            log.exception("alerts.not_told", workspace=str(workspace_id))
    if waiting:
        with operator(), connection.cursor() as cursor:
            cursor.execute(_REMEMBER, {**remembered, "now": now})
    return fired


def _fire(alert: PriceAlert, fires: Fires, heard: Heard, *, now: dt.datetime) -> int:
    # The update decides who fires: whoever finds it armed as he read it.
    claimed = PriceAlert.objects.filter(pk=alert.pk, state=State.ARMED, armed_at=alert.armed_at)
    if claimed.update(state=State.FIRED, seen={}, seen_at=now) != 1:
        return 0
    age = heard.age(now)
    AlertFiring.objects.create(
        workspace_id=alert.workspace_id,
        alert=alert,
        words=fires.words[:400],
        price=heard.price,
        price_at=heard.at,
        age_seconds=None if age is None else age.total_seconds(),
        source=alert.listing.last_price.source if heard.at is not None else "",
        fired_at=now,
    )
    _tell(alert, fires, age, now=now)
    record("alert.fired", now=now, target=f"alert:{alert.pk}", facts={"words": fires.words[:200]})
    publish("price_alert", alert.pk)
    return 1


def _tell(alert: PriceAlert, fires: Fires, age: dt.timedelta | None, *, now: dt.datetime) -> None:
    slug = Workspace.objects.values_list("slug", flat=True).get(pk=alert.workspace_id)
    facts: dict[str, Fact] = {
        "code": alert.listing.instrument.code,
        "venue": alert.listing.venue,
        "condition": alert.condition,
        "words": fires.words,
        "age": "" if age is None else f"The price was {in_words(age.total_seconds())} old.",
        "note": alert.note,
        "alert": str(alert.pk),
    }
    path = f"/w/{slug}/alerts/{alert.pk}/"
    try:
        if alert.made_by_id is not None:
            notify("price.alert", person_id=alert.made_by_id, facts=facts, path=path, now=now)
            return
    except NotAMember:
        # Who made it has left: the alert is the workspace's, and its owners are told.
        log.info("alerts.maker_left", alert=str(alert.pk))
    notify("price.alert", roles=(Role.OWNER,), facts=facts, path=path, now=now)


def _waiting_for(alert: PriceAlert) -> Waiting:
    return Waiting(Condition(alert.kind), alert.threshold, alert.seconds, alert.armed_at, alert.seen)


def _heard(alert: PriceAlert) -> Heard:
    price: LastPrice | None = getattr(alert.listing, "last_price", None)
    if price is None:
        return Heard(None, None)
    return Heard(price.price, moment_of(price.at, price.heard_at))
