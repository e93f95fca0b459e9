"""The bars that a chart wants before anybody collected them: asked for once, by a job of the platform."""

import datetime as dt
from uuid import UUID

from instruments.candles import series_of
from instruments.domain.work import COLLECT
from instruments.models import Listing
from instruments.services.asking import choices_of
from instruments.services.collecting import start_collection
from kernel.bars import Interval, bar_start
from kernel.jobs.models import Job
from kernel.tenancy.scope import operator

#: What a chart shows at first.
BARS = 500
#: After a job that ended, in whatever way; a source that has nothing is not asked by every look.
RESTS = dt.timedelta(minutes=15)
#: Bars of a share fill a quarter of a day, five days of seven; so one looks further back for as many.
_SHARE_OPEN = 5


def lacks_history(listing: Listing, interval: Interval) -> bool:
    """Whether there are fewer bars than a chart shows, and somebody who gives them."""
    series = series_of(listing, interval)
    is_enough = series is not None and series.count >= BARS // 2
    return not is_enough and listing.gone_at is None and bool(choices_of(listing, interval))


def fetch_history(listing_id: UUID, interval: Interval, *, now: dt.datetime) -> Job | None:
    """The job that brings the last bars, begun now or under way; None where they are there or nobody gives them."""
    listing = Listing.objects.select_related("instrument").get(pk=listing_id)
    if not lacks_history(listing, interval):
        return None
    reach = interval.length * BARS * (1 if listing.sessions.is_always_open else _SHARE_OPEN)
    with operator():
        alike = Job.objects.filter(
            kind=COLLECT, workspace_id=None, parameters__listing=str(listing.pk), parameters__interval=interval.name
        )
        newest = alike.order_by("-created_at").first()
        if newest is not None and (newest.ended_at is None or newest.ended_at > now - RESTS):
            return None if newest.has_ended else newest
        return start_collection(listing, interval, bar_start(now - reach, interval), now, now=now)
