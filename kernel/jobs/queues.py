"""The four queues, and how long one run on each may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Seconds until a run is asked to stop, and until its process is ended."""

    soft: int
    hard: int


QUEUES: dict[str, QueueLimits] = {
    "orders": QueueLimits(60, 90),
    "data": QueueLimits(900, 960),
    "training": QueueLimits(21_600, 21_900),
    "default": QueueLimits(600, 660),
}
