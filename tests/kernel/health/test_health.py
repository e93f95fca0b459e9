"""The instance says whether it lives and whether it can serve, and what is missing."""

import datetime as dt

import pytest

from kernel import clock
from kernel.health import readiness
from kernel.health.heartbeat import STALE_AFTER, beat, queues_alive
from kernel.health.models import WorkerHeartbeat
from kernel.jobs.queues import QUEUES


@pytest.fixture
def workers(db):
    beat("orders@one", ["orders"], clock.now(), clock.now())
    beat("rest@one", ["data", "default", "training"], clock.now(), clock.now())


def test_process_says_that_it_lives_without_asking_the_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "alive")


def test_instance_is_ready_with_database_broker_migrations_and_workers(client, workers):
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert {name: check["ready"] for name, check in answer.json()["checks"].items()} == {
        "database": True,
        "broker": True,
        "migrations": True,
        "workers": True,
    }


def test_queue_without_a_worker_is_named(client, workers):
    WorkerHeartbeat.objects.filter(name="orders@one").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["workers"]["detail"] == "no worker on orders"


def test_silent_worker_counts_no_longer(workers):
    assert queues_alive(clock.now()) == set(QUEUES)
    assert queues_alive(clock.now() + STALE_AFTER + dt.timedelta(seconds=1)) == set()


def test_broker_that_is_away_is_said_and_the_other_checks_are_made(client, workers, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    checks = answer.json()["checks"]
    assert answer.status_code == 503
    assert (checks["broker"]["ready"], checks["database"]["ready"], checks["workers"]["ready"]) == (False, True, True)


def test_missing_migration_is_said(client, workers, monkeypatch):
    class Executor:
        def __init__(self, connection):
            self.loader = self.graph = self

        def leaf_nodes(self):
            return []

        def migration_plan(self, targets):
            return [("kernel.0009_next", False)]

    monkeypatch.setattr(readiness, "_migrated", False)
    monkeypatch.setattr(readiness, "MigrationExecutor", Executor)
    checks = client.get("/readyz").json()["checks"]
    assert checks["migrations"]["detail"] == "1 not applied, first kernel.0009_next; run `manage.py migrate`"


def test_metrics_are_for_the_holder_of_the_token(client, db, settings):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 404
    client.get("/healthz")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    assert answer.status_code == 200
    assert 'plumbline_requests_total{method="GET",status="200",view="healthz"}' in answer.content.decode()
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
