"""One row of everything that the pages of markets show, in a house: bars with a wrong tick, a watchlist, an alert,
news."""

import datetime as dt
import json
import sys
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from tests.house.house import House

SPLIT, DIVIDEND = (dt.date(2020, 8, 31), Decimal(4)), (dt.date(2026, 8, 10), Decimal("0.26"))
LONG_NAME = "Coins and " + "a very long name " * 3
#: By how many hours ago it was told. Invented, to be looked at.
NEWS = {
    2.0: {
        "title": "Bitcoin rallies as inflows into funds beat estimates",
        "link": "https://news.example.test/inflows",
        "summary": "Funds that hold bitcoin took in more in a week than was expected of them in the month.",
        "symbols": ["BTC"],
    },
    9.0: {
        "title": "Exchange hack drags bitcoin and ether lower, traders fear further losses",
        "link": "https://news.example.test/hack",
        "summary": "The exchange stopped withdrawals.",
        "symbols": ["BTC", "ETH"],
    },
    11.0: {
        "title": "Ethereum developers set the date of the next upgrade",
        "link": "https://news.example.test/upgrade",
    },
    26.0: {
        "title": "Apple issues profit warning after weak sales of phones",
        "link": "https://news.example.test/warning",
        "summary": "It expects less revenue than it told in August.",
        "symbols": ["AAPL"],
    },
    31.0: {"title": "Solana network resumes after an outage of five hours", "link": "https://news.example.test/outage"},
}


def keys_of_markets(house: House, workspace: str) -> dict[str, str]:
    """Makes them for the workspace at this address; their keys, by the names that addresses use."""
    slug = workspace.strip("/").rpartition("/")[2]
    said = house.run(f"from tests.house import market_rows; market_rows.tell({slug!r})")
    told: dict[str, str] = json.loads(said.splitlines()[-1])
    return told


def tell(slug: str) -> None:
    """Inside the house's own process."""
    sys.stdout.write(json.dumps({name: str(one) for name, one in _make(slug).items()}) + "\n")


def _make(slug: str) -> dict[str, UUID]:
    # Needs Django set up, which a test of the house is not.
    from accounts.doors import access_of  # noqa: PLC0415
    from accounts.models import Membership, Workspace  # noqa: PLC0415
    from instruments.domain.action_facts import ActionFact, ActionKind  # noqa: PLC0415
    from instruments.models import AlertFiring, CandleSeries, NewsItem, NewsMatch, RepairProposal  # noqa: PLC0415
    from instruments.selectors import listing_meant  # noqa: PLC0415
    from instruments.services.alerts import make_alert  # noqa: PLC0415
    from instruments.services.candles import write_candles  # noqa: PLC0415
    from instruments.services.choices import choose_source  # noqa: PLC0415
    from instruments.services.corporate_actions import add_action  # noqa: PLC0415
    from instruments.services.feeds import add_feed, pause_feed  # noqa: PLC0415
    from instruments.services.quality import check_series  # noqa: PLC0415
    from instruments.services.watchlists import make_watchlist, watch_instrument  # noqa: PLC0415
    from kernel import clock  # noqa: PLC0415
    from kernel.bars import Interval  # noqa: PLC0415
    from kernel.tenancy.scope import operator, tenant  # noqa: PLC0415

    now, hour, day = clock.now(), Interval("1h"), Interval("1d")
    bitcoin, apple = listing_meant("BTCUSDT", venue="binance"), listing_meant("AAPL")
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - 40 * day.length
    write_candles(bitcoin, day, _bars(first, day.length, 40), source="binance", now=now)
    hours = _bars(first, hour.length, 900)
    write_candles(bitcoin, hour, hours, source="binance", now=now)
    other = [one._replace(close=one.close + 1.5) for one in hours[:3]]
    write_candles(bitcoin, hour, other, source="yahoo", now=now)
    checked = [check_series(bitcoin.pk, one, now=now, is_whole=True) for one in (day, hour)]
    choose_source(instrument=apple.instrument, source="yahoo", symbol="AAPL", priority=2, now=now)
    for kind, (ex_date, figure) in ((ActionKind.SPLIT, SPLIT), (ActionKind.DIVIDEND, DIVIDEND)):
        fact = ActionFact(kind, ex_date, figure)
        action, _ = add_action(instrument=apple.instrument, fact=fact, source="file", now=now)
    with operator():
        workspace = Workspace.objects.get(slug=slug)
        repair, series = RepairProposal.objects.first(), CandleSeries.objects.first()
        person = Membership.objects.filter(workspace=workspace).values_list("person", flat=True)[0]
    # Paused, so that no address is asked.
    fresh = {"name": LONG_NAME, "address": "https://news.example.test/rss", "every_minutes": 15, "licence": "x" * 300}
    feed = add_feed(**fresh, by=person, now=now)
    pause_feed(feed=feed, by=person, now=now)
    import_items(NEWS, now=now)
    item = NewsItem.objects.latest("at")
    assert repair is not None
    assert series is not None
    assert checked[-1] is not None
    with tenant(workspace.pk):
        access = access_of(Membership.objects.get(person=person))
        watchlist = make_watchlist(access=access, name=LONG_NAME, now=now)
        for one in (bitcoin, apple):
            watch_instrument(access=access, watchlist=watchlist, instrument=one.instrument, now=now)
        waits = {"kind": "above", "threshold": Decimal(150_000), "seconds": None, "note": "x" * 200}
        alert = make_alert(access=access, listing=bitcoin, now=now, **waits)
        AlertFiring.objects.create(
            workspace=workspace,
            alert=alert,
            words="It rose through 150,000: the price is 150,010.5.",
            fired_at=now,
            price=Decimal("150010.5"),
            price_at=now,
            age_seconds=0.4,
            source="binance",
        )
    return {
        "instrument": bitcoin.instrument_id,
        "listing": bitcoin.pk,
        "unpriced": apple.instrument_id,
        "watchlist": watchlist.pk,
        "alert": alert.pk,
        "series": checked[-1].pk,
        "repair": repair.pk,
        "candles": series.pk,
        "action": action.pk,
        "feed": feed.pk,
        "item": item.pk,
        "match": NewsMatch.objects.filter(item=item)[0].pk,
    }


def import_items(told: Mapping[float, Mapping[str, object]], *, now: dt.datetime) -> None:
    """These items, each so many hours old."""
    from instruments.services.feeds import import_news  # noqa: PLC0415

    lines = [json.dumps({"date": f"{now - dt.timedelta(hours=old):%FT%TZ}", **item}) for old, item in told.items()]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "told.jsonl"
        file.write_text("\n".join(lines))
        import_news(file, source="Invented to be looked at", delay=dt.timedelta(minutes=5), now=now)


def _bars(first: dt.datetime, length: dt.timedelta, count: int) -> list:
    """Bars that go somewhere, with one in their middle at three times its price."""
    from instruments.domain.candles import Candle  # noqa: PLC0415

    told = []
    for number in range(count):
        price = 100 + number * 37 % 11 / 4 + number / 90
        told.append(Candle(first + number * length, price, price + 2, price - 2, price + 1, 10.0 + number % 7))
    middle = told[count // 2]
    tripled = {name: getattr(middle, name) * 3 for name in ("open", "high", "low", "close")}
    told[count // 2] = middle._replace(**tripled)
    return told
