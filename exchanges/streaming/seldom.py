"""A warning that may be due a thousand times a second, said once a minute with how often it was."""

from kernel import clock
from kernel.logs.setup import get_logger

log = get_logger(__name__)

EVERY_SECONDS = 60.0


class Seldom:
    def __init__(self, event: str) -> None:
        self._event = event
        self._count, self._said_at = 0, float("-inf")

    def say(self, **facts: str) -> None:
        self._count += 1
        if clock.monotonic() - self._said_at >= EVERY_SECONDS:
            log.warning(self._event, times=self._count, **facts)
            self._count, self._said_at = 0, clock.monotonic()
