"""What Prometheus reads of venues. Labels carry a venue and an act, never a tenant."""

from prometheus_client import Counter, Histogram

VENUE_CALLS = Counter(
    "plumbline_venue_calls", "What venues were asked, and what came back", ("venue", "act", "outcome")
)
VENUE_SECONDS = Histogram(
    "plumbline_venue_seconds",
    "How long a venue took to answer",
    ("venue", "act"),
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
