"""Queues, sends and gives up deliveries. At least once: the receiver drops repeats by `Plumbline-Delivery-Id`."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.dispatch import Signal

from kernel import clock
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.logs.setup import get_logger
from kernel.outgoing import schedule, signature
from kernel.outgoing.client import Answer, BodyTooLarge, Client, Limits, NoAnswer
from kernel.outgoing.destination import BadDestination, parse_destination
from kernel.outgoing.events import delivery_accepted, delivery_failed
from kernel.outgoing.models import Delivery, DeliveryAttempt, Happening
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import operator, tenant

log = get_logger(__name__)

#: Longer than the client's deadline by far: who holds a lease past it is dead.
LEASE = dt.timedelta(seconds=60)
SWEPT_AT_ONCE = 500
PURGED_AT_ONCE = 1_000
_EXCERPT = 500
_SENTENCE = 300


def queue_delivery(
    *,
    event: str,
    url: Secret,
    body: str,
    now: dt.datetime,
    signing_secret: Secret | None = None,
    owner: str = "",
) -> Delivery:
    """A delivery of this JSON text, sent after commit. Called in the tenant's scope; BadDestination says why not."""
    destination = parse_destination(url.reveal())
    if len(body.encode()) > Limits().body_bytes:
        raise BodyTooLarge(f"The body is larger than {Limits().body_bytes:,} bytes.")
    delivery: Delivery = Delivery.objects.create(
        event=event,
        origin=destination.origin,
        url=url,
        signing_secret=signing_secret,
        body=body,
        owner=owner,
        next_attempt_at=now,
        created_at=now,
    )
    enqueue("kernel.deliver", delivery.workspace_id, delivery.pk)
    return delivery


def cancel_delivery(delivery_id: UUID, *, now: dt.datetime) -> bool:
    """True when the delivery was still open and now is not. An attempt under way may still arrive."""
    cancelled = Delivery.objects.filter(pk=delivery_id, state__in=Delivery.OPEN).update(
        state=Delivery.State.CANCELLED, next_attempt_at=None, lease_until=None, finished_at=now
    )
    return cancelled == 1


def deliver(workspace_id: UUID, delivery_id: UUID, *, now: dt.datetime, client: Client) -> None:
    """Makes one attempt if one is due and nobody else is making it; otherwise does nothing.

    1. Claim it by a lease, in one transaction. 2. Send, in none. 3. Store the outcome, in another.
    Whoever dies in between leaves a lease that runs out, and the sweep comes by again.
    """
    with tenant(workspace_id):
        delivery = _claim(delivery_id, now)
        if delivery is None:
            return
        if delivery.attempts > schedule.MOST_ATTEMPTS:
            _store(delivery, _Outcome(error="Each process that tried to send it died."), now=now)
            return
    started = clock.monotonic()
    try:
        outcome = _attempt(delivery, now=now, client=client)
    except Exception:
        # Such as a key that is gone: the attempt counts, its owner sees it, and the error goes on to the log.
        with tenant(workspace_id):
            failed = _Outcome(error="It could not be prepared; the operator's log says why.", may_pass=True)
            _store(delivery, failed, now=now)
        raise
    outcome.milliseconds = round((clock.monotonic() - started) * 1000)
    with tenant(workspace_id):
        _store(delivery, outcome, now=now + dt.timedelta(milliseconds=outcome.milliseconds))


def sweep_deliveries(*, now: dt.datetime, at_most: int = SWEPT_AT_ONCE) -> int:
    """How many due deliveries were enqueued: retries, and those whose first message or worker was lost.

    One that is enqueued twice is sent once. The sweep waits in the same queue, so it cannot outrun its workers.
    """
    due = locate("locate_due_deliveries", now, at_most)
    for workspace_id, delivery_id in due:
        enqueue("kernel.deliver", workspace_id, delivery_id)
    return len(due)


def purge_deliveries(*, now: dt.datetime) -> int:
    """How many finished deliveries were deleted, with their logs: those whose time is over, of all workspaces."""
    kept_for, purged = dt.timedelta(days=settings.DELIVERIES_KEPT_DAYS), 0
    while True:
        with operator():
            old = Delivery.objects.filter(finished_at__lt=now - kept_for).order_by("finished_at")
            keys = list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE])
            Delivery.objects.filter(pk__in=keys).delete()
        purged += len(keys)
        if len(keys) < PURGED_AT_ONCE:
            return purged


@dataclass(slots=True)
class _Outcome:
    status: int | None = None
    error: str = ""
    may_pass: bool = False
    retry_after: dt.timedelta | None = None
    answer: str = ""
    milliseconds: int = 0

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and schedule.is_accepted(self.status)


def _claim(delivery_id: UUID, now: dt.datetime) -> Delivery | None:
    claimed = (
        Delivery.objects.filter(pk=delivery_id, state__in=Delivery.OPEN, next_attempt_at__lte=now)
        .filter(models.Q(lease_until=None) | models.Q(lease_until__lte=now))
        .update(lease_until=now + LEASE, attempts=models.F("attempts") + 1)
    )
    # Of two workers the second waits for the first's row lock, then finds the lease taken.
    return Delivery.objects.get(pk=delivery_id) if claimed == 1 else None


def _attempt(delivery: Delivery, *, now: dt.datetime, client: Client) -> _Outcome:
    body = delivery.body.encode()
    headers = {
        "Content-Type": "application/json",
        "Plumbline-Delivery-Id": str(delivery.pk),
        "Plumbline-Event": delivery.event,
    }
    if delivery.signing_secret is not None:
        secret = delivery.signing_secret.open().reveal()
        headers[signature.HEADER] = signature.sign(secret, body, at=int(now.timestamp()))
    try:
        answer = client.post(delivery.url.open().reveal(), body, headers)
    except (BadDestination, BodyTooLarge) as error:
        return _Outcome(error=str(error))
    except NoAnswer as error:
        return _Outcome(error=str(error), may_pass=True)
    return _Outcome(
        status=answer.status,
        error="" if schedule.is_accepted(answer.status) else _in_words(answer.status),
        may_pass=schedule.may_pass(answer.status),
        retry_after=schedule.retry_after(answer.headers.get("retry-after"), now=now),
        answer=_excerpt(answer),
    )


def _in_words(status: int) -> str:
    if 300 <= status < 400:
        return f"The receiver answered {status}: it has moved. Redirects are not followed; enter the new address."
    if status in {401, 403}:
        return f"The receiver answered {status}: it does not take this from us. Check the address and the secret."
    if status in {404, 410}:
        return f"The receiver answered {status}: there is nothing at this address any more."
    return f"The receiver answered {status}."


def _excerpt(answer: Answer) -> str:
    # PostgreSQL's text holds no zero byte.
    return answer.body[:_EXCERPT].decode("utf-8", "replace").replace("\x00", "")[:_EXCERPT]


def _store(delivery: Delivery, outcome: _Outcome, *, now: dt.datetime) -> None:
    DeliveryAttempt.objects.create(
        delivery_id=delivery.pk,
        number=delivery.attempts,
        at=now,
        milliseconds=outcome.milliseconds,
        status=outcome.status,
        error=outcome.error[:_SENTENCE],
        answer=outcome.answer,
    )
    again = None
    if outcome.is_accepted:
        happening = Happening.ACCEPTED
    else:
        if outcome.may_pass:
            again = schedule.next_attempt(
                attempts=delivery.attempts,
                now=now,
                chance=schedule.chance_of(delivery.pk, delivery.attempts),
                retry_after=outcome.retry_after,
            )
        happening = Happening.FAILED_FOR_NOW if again else Happening.FAILED_FOR_GOOD
    # Not ours any more when it was cancelled meanwhile, or our lease ran out and another attempt began.
    stored = Delivery.objects.filter(
        pk=delivery.pk, state=delivery.state, attempts=delivery.attempts, lease_until=delivery.lease_until
    ).update(
        state=delivery.after(happening),
        next_attempt_at=again,
        lease_until=None,
        last_status=outcome.status,
        last_error=outcome.error[:_SENTENCE],
        finished_at=None if again else now,
    )
    if stored != 1:
        return
    delivery.refresh_from_db()
    log.info("delivery.attempted", delivery=str(delivery.pk), state=delivery.state, status=outcome.status)
    if happening is Happening.ACCEPTED:
        _tell(delivery_accepted, delivery=delivery, now=now)
    else:
        _tell(delivery_failed, delivery=delivery, now=now, is_final=again is None)


def _tell(news: Signal, **facts: object) -> None:
    """A receiver that fails loses its own rows only: what was sent stays recorded as sent."""
    try:
        with transaction.atomic():
            news.send(sender=Delivery, **facts)
    except Exception:
        log.exception("delivery.news_failed")
