"""A message reaches its own queue and no other."""

import pytest
import redis
from django.conf import settings

from config.celery import app
from kernel.jobs.queues import QUEUES


@pytest.fixture
def broker():
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.mark.parametrize("queue", QUEUES)
def test_message_lies_in_one_queue_alone(broker, queue):
    app.send_task("kernel.run_next_job", args=[queue], queue=queue)
    lengths = {name: broker.llen(f"plumbline:{name}") for name in QUEUES}
    assert lengths == {name: int(name == queue) for name in QUEUES}


def test_task_without_a_queue_of_its_own_goes_to_the_default(broker):
    app.send_task("kernel.keep_house")
    assert broker.llen("plumbline:default") == 1
