"""The last closes of many listings at once, for lists that show which way each went. The platform's, in any scope."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from instruments.domain.sparks import Spark, spark_of
from kernel.bars import Interval

DAYS = 30

# Of each listing the daily series where there is one, else the longest below a day, one close a day: every look is one
# step into an index, however short the bars are. What was filed away long ago is not fetched for a list.
_CLOSES = """
SELECT chosen.listing_id, chosen."interval", bar.start, bar.close
FROM (
    SELECT DISTINCT ON (listing_id) listing_id, "interval", last
    FROM instruments_candleseries
    WHERE listing_id = ANY(%(listings)s) AND last IS NOT NULL AND count > 1
    ORDER BY listing_id, array_position(%(intervals)s::text[], "interval"::text)
) AS chosen
CROSS JOIN generate_series(%(days)s, 0, -1) AS back
CROSS JOIN LATERAL (
    SELECT start, close FROM instruments_candle AS one
    WHERE one.listing_id = chosen.listing_id AND one."interval" = chosen."interval"
        AND one.start >= date_trunc('day', chosen.last, 'UTC') - back * interval '1 day'
        AND one.start < date_trunc('day', chosen.last, 'UTC') - (back - 1) * interval '1 day'
    ORDER BY start DESC, revision DESC LIMIT 1
) AS bar
ORDER BY chosen.listing_id, bar.start
"""
#: In this order.
_INTERVALS = ["1d", "12h", "8h", "6h", "4h", "2h", "1h", "30m", "15m", "10m", "5m", "3m", "1m"]


def sparks_of(listings: Iterable[UUID], *, now: dt.datetime) -> dict[UUID, Spark]:
    """By listing, over its last thirty days; one that has too few bars is not among them. One question in all."""
    asked: dict[str, Any] = {"listings": list(listings), "intervals": _INTERVALS, "days": DAYS}
    if not asked["listings"]:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSES, asked)
        rows: list[tuple[UUID, str, dt.datetime, float]] = cursor.fetchall()
    drawn = {}
    for (listing, interval), of_listing in groupby(rows, key=itemgetter(0, 1)):
        spark = spark_of([(start, close) for _, _, start, close in of_listing], Interval(interval), now=now)
        if spark is not None:
            drawn[listing] = spark
    return drawn
