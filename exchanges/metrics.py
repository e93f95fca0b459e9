"""What Prometheus reads of venues, counted by all processes in Redis. Labels name a venue and an act, no tenant."""

import math
from collections.abc import Callable, Iterator, Sequence

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from exchanges.domain.health import BOXES, ActHealth
from exchanges.domain.markets import Market
from exchanges.manners.book import Book
from exchanges.manners.health import HealthUnknown, health_of, totals_of

_LABELS = ("venue", "mode", "act")


class VenueCollector:
    """Asked anew at each scrape. Where Redis is away there is no sample, and no nought in its place."""

    def __init__(self, markets: Callable[[], Sequence[Market]]) -> None:
        self._markets = markets

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "plumbline_venue_calls", "What venues were asked, and whether they answered", labels=(*_LABELS, "outcome")
        )
        seconds = HistogramMetricFamily("plumbline_venue_seconds", "How long a venue took to answer", labels=_LABELS)
        banned = GaugeMetricFamily(
            "plumbline_venue_banned_seconds", "For how long it asked for quiet", labels=_LABELS[:2]
        )
        down = GaugeMetricFamily("plumbline_venue_down_seconds", "For how long it is left alone", labels=_LABELS[:2])
        ahead = GaugeMetricFamily(
            "plumbline_venue_clock_ahead_seconds", "How far its clock is ahead of ours", labels=_LABELS[:2]
        )
        for market in self._markets():
            venue, mode = market.facts.name, market.mode
            try:
                acts, told = totals_of(market.name), Book(venue=f"{venue}:{mode}", address="").facts()
                _, seen = health_of(market.name)
            except (HealthUnknown, redis.RedisError):
                return
            for act in acts:
                _add(calls, seconds, act, (venue, mode, act.act.value))
            banned.add_metric((venue, mode), told["ban"])
            down.add_metric((venue, mode), told["breaker"])
            if seen is not None:
                ahead.add_metric((venue, mode), seen.ahead)
        yield from (calls, seconds, banned, down, ahead)


def _add(
    calls: CounterMetricFamily, seconds: HistogramMetricFamily, act: ActHealth, labels: tuple[str, str, str]
) -> None:
    calls.add_metric((*labels, "answered"), act.answered)
    calls.add_metric((*labels, "silent"), act.calls - act.answered)
    counted, buckets = 0, []
    for at, top in enumerate((*BOXES, math.inf)):
        counted += act.boxes.get(at, 0)
        buckets.append(("+Inf" if math.isinf(top) else str(top), counted))
    seconds.add_metric(labels, buckets, sum_value=act.seconds)
