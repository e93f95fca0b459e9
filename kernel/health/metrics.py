"""What Prometheus reads. Names begin with plumbline_; labels never carry a tenant or a person."""

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

REQUESTS = Counter("plumbline_requests", "Answered requests", ("method", "view", "status"))
REQUEST_SECONDS = Histogram(
    "plumbline_request_seconds",
    "Server time of a request",
    ("view",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
SOCKETS = Gauge("plumbline_sockets", "Open live sockets", multiprocess_mode="livesum")
FRAMES = Counter("plumbline_live_frames", "Frames handed to sockets")
FRAMES_DROPPED = Counter("plumbline_live_frames_dropped", "Frames dropped because a reader was slow")
BOOKS_LOST = Counter("plumbline_books_lost", "Order books that contradicted themselves and were had anew", ("venue",))
JOBS = Counter("plumbline_jobs", "Ended jobs", ("kind", "state"))
DELIVERIES = Counter("plumbline_deliveries", "Attempts to deliver to a user's URL", ("outcome",))


_collectors: list[Collector] = []


def register_collector(collector: Collector) -> None:
    """What is not counted in a process but asked for at each scrape."""
    _collectors.append(collector)
    REGISTRY.register(collector)


def exposition() -> bytes:
    """The metrics of this process, or of all processes when PROMETHEUS_MULTIPROC_DIR is set."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        for collector in _collectors:
            registry.register(collector)
        return generate_latest(registry)
    return generate_latest(REGISTRY)
