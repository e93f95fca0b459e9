from tests.jobs import enqueued
from tests.loopback import authority, client, outgoing, receiver

__all__ = ["authority", "client", "enqueued", "outgoing", "receiver"]
