from tests.jobs import enqueued
from tests.loopback import authority, client, receiver

__all__ = ["authority", "client", "enqueued", "receiver"]
