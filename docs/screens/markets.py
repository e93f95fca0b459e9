"""What the pictures of markets show: the sandbox's market and its bars, shares of a file where there is one, and news
that says it is invented.

Inside the house's own process: `from docs.screens import markets; markets.fill("night-desk")`.
"""

import datetime as dt
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

MARKET = "binance.sandbox"
#: Lean's bars of Apple, Apache-2.0: raw, so that its splits are found. Beside the repository, never in it.
FILES = Path(os.environ.get("PLUMBLINE_SHARED_DATA") or Path(__file__).parents[3] / "shared/data") / "market/us"


def ask_for_bars() -> None:
    """What a look at each chart would do."""
    from instruments.models import Listing  # noqa: PLC0415 - Django is set up by whoever calls
    from instruments.services.history import fetch_history  # noqa: PLC0415
    from kernel import clock  # noqa: PLC0415
    from kernel.bars import Interval  # noqa: PLC0415

    for listing in Listing.objects.filter(venue=MARKET, gone_at=None):
        for name in ("1d", "1h"):
            fetch_history(listing.pk, Interval(name), now=clock.now())


def fill(slug: str) -> None:
    """Lists, alerts, a split, scores and figures; prints the keys that addresses need."""
    from accounts.doors import access_of  # noqa: PLC0415
    from accounts.models import Membership, Workspace  # noqa: PLC0415
    from instruments.models import AlertFiring, CandleSeries, Listing, NewsSource, PriceAlert  # noqa: PLC0415
    from instruments.selectors import listing_meant  # noqa: PLC0415
    from instruments.services.alerts import make_alert, pause_alert  # noqa: PLC0415
    from instruments.services.figures import reckon_figures  # noqa: PLC0415
    from instruments.services.importing import import_candles  # noqa: PLC0415
    from instruments.services.quality import check_series  # noqa: PLC0415
    from instruments.services.watchlists import make_watchlist, watch_instrument  # noqa: PLC0415
    from kernel import clock  # noqa: PLC0415
    from kernel.bars import Interval  # noqa: PLC0415
    from kernel.tenancy.scope import operator, tenant  # noqa: PLC0415
    from tests.house.market_rows import NEWS, import_items  # noqa: PLC0415

    now, day = clock.now(), Interval("1d")
    import_items(NEWS, now=now)
    wire = {"name": "Example wire", "address": "https://news.example.test/rss", "form": "rss", "told": 12}
    due = now + dt.timedelta(minutes=15)
    with operator():
        NewsSource.objects.create(**wire, made_at=now, asked_at=now, answered_at=now, asks_at=due)
    apple = listing_meant("AAPL")
    for file, interval in (("1d_raw_lean/AAPL.parquet", "1d"), ("1h_lean/AAPL.parquet", "1h")):
        if (FILES / file).exists():
            import_candles(FILES / file, apple, Interval(interval), source="lean", now=now)
    for series in CandleSeries.objects.exclude(first=None):
        check_series(series.listing_id, Interval(series.interval), now=now, is_whole=True)
    reckon_figures(now=now)
    coins = {one.symbol: one for one in Listing.objects.select_related("instrument").filter(venue=MARKET)}
    with operator():
        workspace = Workspace.objects.get(slug=slug)
    with tenant(workspace.pk):
        access = access_of(Membership.objects.get())
        watchlist = make_watchlist(access=access, name="Coins that move", now=now)
        for one in (*[coins[name] for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT", "ADAUSDT")], apple):
            watch_instrument(access=access, watchlist=watchlist, instrument=one.instrument, now=now)
        make_watchlist(access=access, name="To be read about", now=now)
        waits = (
            ("BTCUSDT", "above", Decimal(9_000), None, "Take a third off the table"),
            ("ETHUSDT", "moves", Decimal(3), 3600, ""),
            ("SOLUSDT", "silent", None, 900, "Is the feed alive?"),
        )
        for symbol, kind, threshold, seconds, note in waits:
            made = make_alert(
                access=access,
                listing=coins[symbol],
                kind=kind,
                threshold=threshold,
                seconds=seconds,
                note=note,
                now=now,
            )
        pause_alert(access=access, alert=made, now=now)
        fired = make_alert(
            access=access,
            listing=coins["BTCUSDT"],
            kind="below",
            threshold=Decimal(8_000),
            seconds=None,
            note="",
            now=now,
        )
        PriceAlert.objects.filter(pk=fired.pk).update(state=PriceAlert.State.FIRED, seen_at=now)
        AlertFiring.objects.create(
            workspace=workspace,
            alert=fired,
            words="It fell through 8,000: the price is 7,996.41.",
            fired_at=now,
            price=Decimal("7996.41"),
            price_at=now,
            age_seconds=0.6,
            source=MARKET,
        )
    checked = CandleSeries.objects.filter(listing=apple, interval=day.name).first()
    seen = checked.listing if checked else coins["BTCUSDT"]
    told = {
        "bitcoin": coins["BTCUSDT"].instrument_id,
        "bitcoin_listing": coins["BTCUSDT"].pk,
        "watchlist": watchlist.pk,
        "alert": fired.pk,
        "series": seen.checked_series.get(interval=day.name).pk,
    }
    sys.stdout.write(json.dumps({name: str(one) for name, one in told.items()}) + "\n")
