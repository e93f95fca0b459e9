from tests.jobs import enqueued

__all__ = ["enqueued"]
