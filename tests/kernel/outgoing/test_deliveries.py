"""A delivery reaches its receiver at least once, or its owner hears why not."""

import datetime as dt
import threading
from contextlib import contextmanager

import pytest
from django.db import connection, connections

from kernel import clock
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.outgoing.client import BodyTooLarge
from kernel.outgoing.deliveries import (
    LEASE,
    cancel_delivery,
    deliver,
    purge_deliveries,
    queue_delivery,
    sweep_deliveries,
)
from kernel.outgoing.destination import BadDestination
from kernel.outgoing.events import delivery_accepted, delivery_failed
from kernel.outgoing.models import Delivery, DeliveryAttempt, Happening
from kernel.outgoing.schedule import MOST_ATTEMPTS
from kernel.outgoing.signature import HEADER, verify
from kernel.tenancy.locators import locate
from kernel.tenancy.scope import OutsideTenant, tenant
from tests.jobs import run_enqueued
from tests.loopback import status

pytestmark = pytest.mark.django_db

BODY = '{"order":"filled"}'


def queue(workspace, receiver, now, **more):
    with tenant(workspace.pk):
        return queue_delivery(
            event="order.filled", url=Secret(receiver.url), body=BODY, now=now, owner="test:1", **more
        )


def stored(workspace, delivery):
    with tenant(workspace.pk):
        row = Delivery.objects.get(pk=delivery.pk)
        return row, list(DeliveryAttempt.objects.filter(delivery=row))


@contextmanager
def heard():
    """The news sent meanwhile."""
    news = []

    def accepted(sender, delivery, now, **_):
        news.append(("accepted", delivery.owner))

    def failed(sender, delivery, now, is_final, **_):
        news.append(("given up" if is_final else "failed", delivery.last_error))

    delivery_accepted.connect(accepted)
    delivery_failed.connect(failed)
    try:
        yield news
    finally:
        delivery_accepted.disconnect(accepted)
        delivery_failed.disconnect(failed)


def test_delivery_arrives_signed_and_is_recorded(team, receiver, client, now):
    delivery = queue(team, receiver, now, signing_secret=Secret("s3cret"))
    with heard() as news:
        deliver(team.pk, delivery.pk, now=now, client=client)
    (got,) = receiver.received
    assert got.body == BODY.encode()
    assert got.headers["Plumbline-Delivery-Id"] == str(delivery.pk)
    assert got.headers["Plumbline-Event"] == "order.filled"
    verify("s3cret", got.headers[HEADER], got.body, now=int(now.timestamp()))
    row, (attempt,) = stored(team, delivery)
    assert (row.state, row.attempts, row.last_status, row.last_error) == ("DELIVERED", 1, 200, "")
    assert (row.next_attempt_at, row.lease_until) == (None, None)
    assert (attempt.number, attempt.status, attempt.error, attempt.answer) == (1, 200, "", "thanks")
    assert news == [("accepted", "test:1")]


def test_delivery_without_a_secret_carries_no_signature(team, receiver, client, now):
    delivery = queue(team, receiver, now)
    deliver(team.pk, delivery.pk, now=now, client=client)
    assert HEADER not in receiver.received[0].headers


def test_running_twice_sends_once(team, receiver, client, now):
    delivery = queue(team, receiver, now)
    deliver(team.pk, delivery.pk, now=now, client=client)
    deliver(team.pk, delivery.pk, now=now + dt.timedelta(hours=1), client=client)
    assert len(receiver.received) == 1


def test_address_at_rest_is_sealed_and_only_its_host_shows(team, receiver, now):
    delivery = queue(team, receiver, now, signing_secret=Secret("s3cret"))
    with tenant(team.pk), connection.cursor() as cursor:
        cursor.execute("SELECT kernel_delivery::text FROM kernel_delivery WHERE id = %s", [delivery.pk])
        row = cursor.fetchone()[0]
    assert "hidden-in-path" not in row
    assert "s3cret" not in row
    assert delivery.origin == f"https://receiver.test:{receiver.port}"


@pytest.mark.parametrize("code", [500, 503, 429, 408, 425])
def test_failure_that_may_pass_is_tried_again_later(team, receiver, client, now, code):
    receiver.replies = [status(code)]
    delivery = queue(team, receiver, now)
    with heard() as news:
        deliver(team.pk, delivery.pk, now=now, client=client)
    row, _ = stored(team, delivery)
    assert (row.state, row.last_status, row.finished_at) == ("WAITING", code, None)
    wait = row.next_attempt_at - now
    assert dt.timedelta(seconds=10) <= wait <= dt.timedelta(seconds=15)
    assert news == [("failed", f"The receiver answered {code}.")]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (302, "The receiver answered 302: it has moved. Redirects are not followed; enter the new address."),
        (400, "The receiver answered 400."),
        (401, "The receiver answered 401: it does not take this from us. Check the address and the secret."),
        (404, "The receiver answered 404: there is nothing at this address any more."),
        (410, "The receiver answered 410: there is nothing at this address any more."),
    ],
)
def test_failure_that_will_not_pass_is_given_up_at_once(team, receiver, client, now, code, words):
    receiver.replies = [status(code, Location="https://example.org/")]
    delivery = queue(team, receiver, now)
    with heard() as news:
        deliver(team.pk, delivery.pk, now=now, client=client)
    row, _ = stored(team, delivery)
    assert (row.state, row.last_status, row.last_error, row.next_attempt_at) == ("GIVEN_UP", code, words, None)
    assert news == [("given up", words)]


def test_retries_follow_the_schedule_and_end(team, receiver, client, now):
    receiver.replies = [status(500)]
    delivery = queue(team, receiver, now)
    moment, waits = now, []
    with heard() as news:
        for _ in range(MOST_ATTEMPTS):
            early = moment - dt.timedelta(seconds=1)
            deliver(team.pk, delivery.pk, now=early, client=client)
            deliver(team.pk, delivery.pk, now=moment, client=client)
            row, log = stored(team, delivery)
            if row.next_attempt_at:
                waits.append((row.next_attempt_at - log[-1].at).total_seconds())
                moment = row.next_attempt_at
    assert len(receiver.received) == MOST_ATTEMPTS == 7
    assert [base <= wait <= base * 1.2 for base, wait in zip((10, 60, 300, 1800, 7200, 21600), waits, strict=True)] == (
        [True] * 6
    )
    assert (row.state, row.attempts) == ("GIVEN_UP", 7)
    assert [attempt.number for attempt in log] == [1, 2, 3, 4, 5, 6, 7]
    assert [kind for kind, _ in news] == ["failed"] * 6 + ["given up"]
    assert {got.headers["Plumbline-Delivery-Id"] for got in receiver.received} == {str(delivery.pk)}


def test_receiver_that_asks_for_a_longer_wait_gets_it(team, receiver, client, now):
    receiver.replies = [status(429, Retry_After="600")]
    delivery = queue(team, receiver, now)
    deliver(team.pk, delivery.pk, now=now, client=client)
    row, (attempt,) = stored(team, delivery)
    assert row.next_attempt_at - attempt.at == dt.timedelta(seconds=600)


def test_failure_then_success_is_delivered(team, receiver, client, now):
    receiver.replies = [status(502), status(204)]
    delivery = queue(team, receiver, now)
    deliver(team.pk, delivery.pk, now=now, client=client)
    deliver(team.pk, delivery.pk, now=now + dt.timedelta(seconds=20), client=client)
    row, log = stored(team, delivery)
    assert (row.state, row.last_error, [attempt.status for attempt in log]) == ("DELIVERED", "", [502, 204])


def test_receiver_that_is_away_is_recorded_in_words(team, receiver, client, now):
    delivery = queue(team, receiver, now)
    with tenant(team.pk):
        row = Delivery.objects.get(pk=delivery.pk)
        row.url = Secret("https://receiver.test:1/")
        row.save()
    deliver(team.pk, delivery.pk, now=now, client=client)
    row, (attempt,) = stored(team, delivery)
    assert (row.state, attempt.status) == ("GIVEN_UP", None)
    assert attempt.error == "Port 1 is a port of another service than HTTPS. Nothing was sent."


def test_answer_kept_in_the_log_is_short_and_free_of_zero_bytes(team, receiver, client, now):
    receiver.replies = [status(200, b"\x00\xff" + b"x" * 10_000)]
    delivery = queue(team, receiver, now)
    deliver(team.pk, delivery.pk, now=now, client=client)
    _, (attempt,) = stored(team, delivery)
    assert attempt.answer == "�" + "x" * 498


def test_killed_in_the_middle_is_sent_again_under_the_same_id(team, receiver, client, now, monkeypatch):
    delivery = queue(team, receiver, now)

    class Killed(BaseException):
        """Stands for SIGKILL: nothing of ours runs after it."""

    def sent_and_died(url, body, headers):
        type(client).post(client, url, body, headers)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(client, "post", sent_and_died)
        with pytest.raises(Killed):
            deliver(team.pk, delivery.pk, now=now, client=client)
    row, log = stored(team, delivery)
    assert (row.state, row.lease_until, log) == ("PENDING", now + LEASE, [])

    deliver(team.pk, delivery.pk, now=now + dt.timedelta(seconds=30), client=client)
    assert len(receiver.received) == 1, "the lease still holds"
    assert locate("locate_due_deliveries", now + dt.timedelta(seconds=30), 10) == []
    later = now + LEASE
    assert locate("locate_due_deliveries", later, 10) == [(team.pk, delivery.pk)]
    deliver(team.pk, delivery.pk, now=later, client=client)
    row, _ = stored(team, delivery)
    assert row.state == "DELIVERED"
    assert [got.headers["Plumbline-Delivery-Id"] for got in receiver.received] == [str(delivery.pk)] * 2


def test_delivery_that_kills_every_process_is_given_up(team, receiver, client, now):
    delivery = queue(team, receiver, now)
    with tenant(team.pk):
        Delivery.objects.filter(pk=delivery.pk).update(attempts=MOST_ATTEMPTS)
    deliver(team.pk, delivery.pk, now=now, client=client)
    row, _ = stored(team, delivery)
    assert (row.state, receiver.received) == ("GIVEN_UP", [])


def test_failure_of_ours_is_recorded_and_raised(team, receiver, client, now, monkeypatch):
    delivery = queue(team, receiver, now)
    monkeypatch.setattr(client, "post", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        deliver(team.pk, delivery.pk, now=now, client=client)
    row, _ = stored(team, delivery)
    assert (row.state, row.last_error) == ("WAITING", "It could not be prepared; the operator's log says why.")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_attempt(team, receiver, client, now, enqueued):
    delivery = queue(team, receiver, now)
    together = threading.Barrier(8)

    def work():
        try:
            together.wait()
            deliver(team.pk, delivery.pk, now=now, client=client)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.received) == 1
    row, log = stored(team, delivery)
    assert (row.state, row.attempts, len(log)) == ("DELIVERED", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_receiver_is_waited_for(team, receiver, client, now, enqueued, monkeypatch):
    delivery = queue(team, receiver, now)
    seen = []
    post = client.post

    def watched(*given):
        seen.append(connection.in_atomic_block)
        return post(*given)

    monkeypatch.setattr(client, "post", watched)
    deliver(team.pk, delivery.pk, now=now, client=client)
    assert seen == [False]


def test_late_answer_does_not_overwrite_a_cancellation(team, receiver, client, now):
    delivery = queue(team, receiver, now)

    post = client.post

    def post_then_cancel(*given):
        answer = post(*given)
        with tenant(team.pk):
            assert cancel_delivery(delivery.pk, now=now)
        return answer

    client.post = post_then_cancel
    with heard() as news:
        deliver(team.pk, delivery.pk, now=now, client=client)
    row, log = stored(team, delivery)
    assert (row.state, len(log), news) == ("CANCELLED", 1, [])


def test_cancelled_delivery_is_not_sent(team, receiver, client, now):
    delivery = queue(team, receiver, now)
    with tenant(team.pk):
        assert cancel_delivery(delivery.pk, now=now) is True
        assert cancel_delivery(delivery.pk, now=now) is False
    deliver(team.pk, delivery.pk, now=now, client=client)
    assert receiver.received == []


def test_every_end_is_final():
    for state in ("DELIVERED", "GIVEN_UP", "CANCELLED"):
        for happening in Happening:
            with pytest.raises(KeyError):
                Delivery(state=state, url=Secret("https://example.org/")).after(happening)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_enqueued_when_the_transaction_rolls_back(team, receiver, now, enqueued):
    def queue_and_fail():
        with tenant(team.pk):
            queue_delivery(event="order.filled", url=Secret(receiver.url), body=BODY, now=now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        queue_and_fail()
    assert enqueued == []
    with tenant(team.pk):
        assert Delivery.objects.count() == 0
    delivery = queue(team, receiver, now)
    assert enqueued == [("kernel.deliver", str(team.pk), str(delivery.pk))]


@pytest.mark.django_db(transaction=True)
def test_broker_that_is_away_fails_nobody(team, receiver, now, monkeypatch):
    from config.celery import app  # noqa: PLC0415

    def away(*_, **__):
        raise ConnectionError("no broker")

    monkeypatch.setattr(app, "send_task", away)
    delivery = queue(team, receiver, now)
    assert stored(team, delivery)[0].state == "PENDING"
    enqueue("kernel.deliver", team.pk, delivery.pk)


@pytest.mark.django_db(transaction=True)
def test_sweep_enqueues_what_is_due_once_each(team, strangers, receiver, now, enqueued):
    mine, theirs = queue(team, receiver, now), queue(strangers, receiver, now)
    later = queue(team, receiver, now + dt.timedelta(hours=1))
    enqueued.clear()
    assert sweep_deliveries(now=now) == 2
    assert set(enqueued) == {
        ("kernel.deliver", str(team.pk), str(mine.pk)),
        ("kernel.deliver", str(strangers.pk), str(theirs.pk)),
    }
    assert ("kernel.deliver", str(team.pk), str(later.pk)) not in enqueued


def test_locator_takes_turns_between_workspaces(team, strangers, receiver, now):
    """A workspace with many failures does not hold up another's first."""
    for _ in range(5):
        queue(team, receiver, now - dt.timedelta(hours=1))
    theirs = queue(strangers, receiver, now)
    found = locate("locate_due_deliveries", now, 2)
    assert len(found) == 2
    assert (strangers.pk, theirs.pk) in found


def test_another_workspace_cannot_send_or_see_a_delivery(team, strangers, receiver, client, now):
    delivery = queue(team, receiver, now)
    deliver(strangers.pk, delivery.pk, now=now, client=client)
    assert receiver.received == []
    with tenant(strangers.pk):
        assert Delivery._base_manager.count() == 0
        assert cancel_delivery(delivery.pk, now=now) is False
    with pytest.raises(OutsideTenant):
        queue_delivery(event="x", url=Secret(receiver.url), body=BODY, now=now)


def test_url_that_cannot_be_sent_to_is_refused_when_queued(team, now):
    with tenant(team.pk):
        with pytest.raises(BadDestination):
            queue_delivery(event="x", url=Secret("http://example.org/"), body=BODY, now=now)
        with pytest.raises(BodyTooLarge):
            queue_delivery(event="x", url=Secret("https://example.org/"), body="x" * 300_000, now=now)
        assert Delivery.objects.count() == 0


def test_receiver_of_news_that_fails_does_not_undo_the_record(team, receiver, client, now):
    def broken(**_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    delivery = queue(team, receiver, now)
    delivery_accepted.connect(broken)
    try:
        deliver(team.pk, delivery.pk, now=now, client=client)
    finally:
        delivery_accepted.disconnect(broken)
    assert stored(team, delivery)[0].state == "DELIVERED"


def test_purge_deletes_old_ends_and_keeps_open_and_recent_ones(team, strangers, receiver, client, now):
    old, recent, open_one = queue(team, receiver, now), queue(strangers, receiver, now), queue(team, receiver, now)
    deliver(team.pk, old.pk, now=now, client=client)
    deliver(strangers.pk, recent.pk, now=now + dt.timedelta(days=80), client=client)
    assert purge_deliveries(now=now + dt.timedelta(days=91)) == 1
    with tenant(team.pk):
        assert set(Delivery.objects.values_list("pk", flat=True)) == {open_one.pk}
        assert DeliveryAttempt.objects.count() == 0
    with tenant(strangers.pk):
        assert Delivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_tasks_are_known_by_the_names_they_are_enqueued_by(team, receiver, outgoing, now, enqueued, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: now)
    delivery = queue(team, receiver, now)
    assert run_enqueued(enqueued) == ["kernel.deliver"]
    assert stored(team, delivery)[0].state == "DELIVERED"
    enqueued += [("kernel.sweep_deliveries",), ("kernel.purge_deliveries",), ("kernel.purge_idempotency_keys",)]
    run_enqueued(enqueued)
    assert len(receiver.received) == 1
