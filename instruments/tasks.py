"""Instruments' tasks."""

from uuid import UUID

from celery import shared_task

from instruments.domain.quality.rules import RULES
from instruments.services import (
    candles,
    collecting,
    delisted,
    feeds,
    figures,
    filing,
    finding,
    history,
    news,
    quality,
    vendor_prices,
    watching,
)
from kernel import clock
from kernel.bars import Interval
from kernel.jobs.enqueue import enqueue


@shared_task(name="instruments.make_candle_months")
def make_candle_months() -> None:
    candles.make_candle_months(now=clock.now())


@shared_task(name="instruments.fetch_history")
def fetch_history(listing_id: str, interval: str) -> None:
    history.fetch_history(UUID(listing_id), Interval(interval), now=clock.now())


@shared_task(name="instruments.watch_prices")
def watch_prices() -> None:
    watching.watch_prices(now=clock.now())


@shared_task(name="instruments.tell_of_delisted")
def tell_of_delisted() -> None:
    delisted.tell_of_delisted(now=clock.now())


@shared_task(name="instruments.reckon_figures")
def reckon_figures() -> None:
    figures.reckon_figures(now=clock.now())


@shared_task(name="instruments.reckon_figures_of")
def reckon_figures_of(listing_id: str) -> None:
    figures.reckon_figures_of([UUID(listing_id)], now=clock.now())


@shared_task(name="instruments.index_instruments")
def index_instruments() -> None:
    finding.index_unfound()


@shared_task(name="instruments.look_for_closed_months")
def look_for_closed_months() -> None:
    enqueue("instruments.file_candles", queue="data")


@shared_task(name="instruments.file_candles")
def file_candles() -> None:
    """Run twice at once, each month is filed by whoever locks its series first."""
    filing.file_closed_months(now=clock.now())
    filing.sweep_files(now=clock.now())


@shared_task(name="instruments.look_for_vendor_prices")
def look_for_vendor_prices() -> None:
    if vendor_prices.is_due(now=clock.now()):
        enqueue("instruments.ask_vendor_prices", queue="data")


@shared_task(name="instruments.ask_vendor_prices")
def ask_vendor_prices() -> None:
    """Run twice at once, the second finds that the first is asking, and leaves it at that."""
    vendor_prices.ask_vendor_prices()


@shared_task(name="instruments.keep_candles_up")
def keep_candles_up() -> None:
    collecting.start_keeping_up(now=clock.now())


@shared_task(name="instruments.check_series")
def check_series(listing_id: str, interval: str, how: str = "") -> None:
    """`how` may be "whole": from the first bar on, after something old was changed."""
    # A worker's alone: the forest's library takes a second and much memory.
    from instruments.domain.heavy.odd_shapes import find_odd_shapes  # noqa: PLC0415

    rules = (*RULES, find_odd_shapes)
    quality.check_series(UUID(listing_id), Interval(interval), now=clock.now(), is_whole=how == "whole", rules=rules)


@shared_task(name="instruments.check_all_series")
def check_all_series() -> None:
    quality.check_all_series()


@shared_task(name="instruments.ask_due_feeds")
def ask_due_feeds() -> None:
    feeds.ask_due_feeds(now=clock.now())


@shared_task(name="instruments.ask_feed")
def ask_feed(feed_id: str) -> None:
    """Run twice at once, the feed is asked by whoever moves its time on first."""
    feeds.ask_feed(UUID(feed_id), now=clock.now())


@shared_task(name="instruments.prune_news")
def prune_news() -> None:
    news.prune_news(now=clock.now())
