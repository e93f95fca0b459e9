"""Watchlists: named, ordered, each instrument once; and the news of what is delisted."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.doors import access_of
from accounts.models import AuditEntry, Membership, Notification
from accounts.models.workspace import Role
from exchanges.models import Account, Connection, Snapshot
from instruments.models import Instrument, Listing, Watchlist, WatchlistEntry
from instruments.services.alerts import make_alert
from instruments.services.catalogue import refresh_listings
from instruments.services.delisted import tell_of_delisted
from instruments.services.watchlists import (
    MOST_ENTRIES,
    NotKept,
    delete_watchlist,
    make_watchlist,
    move_entry,
    move_watchlist,
    rename_watchlist,
    unwatch_instrument,
    watch_instrument,
)
from instruments.watched import entries_of, symbols_watched, watchlists
from kernel.tenancy.scope import operator, tenant
from tests.instruments.telling import spot


@pytest.fixture
def pairs(db, now):
    refresh_listings(venue="binance", listings=[spot(base) for base in ("BTC", "ETH", "SOL")], now=now)
    return list(Instrument.objects.order_by("code"))


@pytest.fixture
def at_home(team, pairs):
    """Inside alice's workspace, with her access."""
    with tenant(team.pk):
        yield access_of(Membership.objects.get(role=Role.OWNER))


def codes(watchlist):
    return [entry.instrument.code for entry in entries_of(watchlist)]


def test_list_holds_each_instrument_once_and_in_order(at_home, pairs, now):
    made = make_watchlist(access=at_home, name="Coins", now=now)
    told = [watch_instrument(access=at_home, watchlist=made, instrument=one, now=now) for one in [*pairs, pairs[0]]]
    assert told == [True, True, True, False]
    assert codes(made) == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    move_entry(access=at_home, entry=WatchlistEntry.objects.get(instrument=pairs[2]), up=True, now=now)
    move_entry(access=at_home, entry=WatchlistEntry.objects.get(instrument=pairs[0]), up=True, now=now)
    assert codes(made) == ["BTC/USDT", "SOL/USDT", "ETH/USDT"]
    assert unwatch_instrument(access=at_home, watchlist=made, instrument=pairs[2], now=now)
    assert not unwatch_instrument(access=at_home, watchlist=made, instrument=pairs[2], now=now)
    assert codes(made) == ["BTC/USDT", "ETH/USDT"]
    actions = list(AuditEntry.objects.order_by("sequence").values_list("action", flat=True))
    assert actions[-5:] == ["watchlist.added"] * 3 + ["watchlist.ordered"] + ["watchlist.removed"]


def test_name_is_taken_once(at_home, now):
    make_watchlist(access=at_home, name="Coins", now=now)
    other = make_watchlist(access=at_home, name="Shares", now=now)
    with pytest.raises(NotKept, match="There is a watchlist named “Coins” already"):
        make_watchlist(access=at_home, name="Coins", now=now)
    with pytest.raises(NotKept, match="Take another name"):
        rename_watchlist(access=at_home, watchlist=other, name="Coins", now=now)
    assert [one.name for one in watchlists()] == ["Coins", "Shares"]


def test_list_goes_to_the_top_and_away(at_home, pairs, now):
    for name in ("One", "Two", "Three"):
        made = make_watchlist(access=at_home, name=name, now=now)
    watch_instrument(access=at_home, watchlist=made, instrument=pairs[0], now=now)
    move_watchlist(access=at_home, watchlist=made, now=now)
    assert [one.name for one in watchlists()] == ["Three", "One", "Two"]
    delete_watchlist(access=at_home, watchlist=made, now=now)
    assert not WatchlistEntry.objects.exists()


def test_there_is_an_end_to_a_list(at_home, pairs, now, monkeypatch):
    monkeypatch.setattr("instruments.services.watchlists.MOST_ENTRIES", 2)
    made = make_watchlist(access=at_home, name="Coins", now=now)
    for one in pairs[:2]:
        watch_instrument(access=at_home, watchlist=made, instrument=one, now=now)
    with pytest.raises(NotKept, match="this one is full"):
        watch_instrument(access=at_home, watchlist=made, instrument=pairs[2], now=now)
    assert MOST_ENTRIES == 500


def test_what_is_watched_is_wanted_of_the_streams(team, pairs, now):
    assert symbols_watched("binance") == set()
    watch(team, pairs[0], now)
    assert symbols_watched("binance") == {"BTCUSDT"}
    assert symbols_watched("coinbase") == set()


def watch(workspace, instrument, now):
    with tenant(workspace.pk):
        access = access_of(Membership.objects.get(role=Role.OWNER))
        made = Watchlist.objects.first() or make_watchlist(access=access, name="List", now=now)
        watch_instrument(access=access, watchlist=made, instrument=instrument, now=now)


def delist(*bases, now):
    """Binance lists these no more."""
    left = [spot(base) for base in ("BTC", "ETH", "SOL", "XRP") if base not in bases]
    refresh_listings(venue="binance", listings=left, may_lose_most=True, now=now)


def news(workspace):
    with tenant(workspace.pk):
        return list(Notification.objects.filter(event="instrument.delisted").order_by("title"))


def test_who_watches_what_is_delisted_is_told_once(team, strangers, pairs, alice, now):
    watch(team, pairs[0], now)
    delist("BTC", now=now)
    assert tell_of_delisted(now=now) == 1
    assert tell_of_delisted(now=now) == 0
    [told] = news(team)
    assert told.person == alice
    assert told.title == "binance no longer lists BTC/USDT"
    assert told.body.startswith("It is on a watchlist of this workspace, or an alert waits for its price.")
    assert told.body.endswith("What was kept of its prices stays.")
    assert news(strangers) == []
    assert Listing.objects.get(symbol="BTCUSDT").gone_at == now


def test_who_waits_for_its_price_is_told(team, pairs, now):
    with tenant(team.pk):
        access = access_of(Membership.objects.get(role=Role.OWNER))
        listing = Listing.objects.get(symbol="ETHUSDT")
        make_alert(access=access, listing=listing, kind="above", threshold=1, seconds=None, now=now)
    delist("ETH", now=now)
    assert tell_of_delisted(now=now) == 1


def test_who_holds_it_is_told(team, pairs, alice, now):
    with tenant(team.pk):
        connection = Connection.objects.create(
            workspace=team, venue="binance", mode="live", name="Mine", added_by=alice, added_at=now
        )
        account = Account.objects.create(workspace=team, connection=connection, name="Mine", mode="live")
        rows = [{"asset": "SOL", "free": "2.5", "held": "0"}, {"asset": "ETH", "free": "0", "held": "0.0"}]
        Snapshot.objects.create(workspace=team, account=account, kind="balances", rows=rows, taken_at=now)
    delist("SOL", "ETH", now=now)
    assert tell_of_delisted(now=now) == 1
    [told] = news(team)
    assert told.title == "binance no longer lists SOL/USDT"
    assert told.body.startswith("An account of this workspace holds it, by what its venue said last.")


def test_where_it_is_still_listed_is_said(team, pairs, now):
    refresh_listings(venue="kraken", listings=[spot(symbol="XBTUSDT")], now=now)
    watch(team, pairs[0], now)
    delist("BTC", now=now)
    tell_of_delisted(now=now)
    assert "It is still listed at kraken." in news(team)[0].body


def test_who_is_told_twice_was_told_of_two_goings(team, pairs, now):
    watch(team, pairs[0], now)
    day = dt.timedelta(days=1)
    delist("BTC", now=now)
    tell_of_delisted(now=now)
    delist(now=now + day)
    delist("BTC", now=now + 2 * day)
    tell_of_delisted(now=now + 2 * day)
    assert len(news(team)) == 2


def test_run_that_died_half_way_tells_nobody_twice(team, pairs, now):
    watch(team, pairs[0], now)
    delist("BTC", now=now)
    tell_of_delisted(now=now)
    with operator():
        Listing.objects.filter(symbol="BTCUSDT").update(gone_told_at=None)
    assert tell_of_delisted(now=now) == 0
    assert len(news(team)) == 1


def test_path_of_the_news_is_the_instruments_page(team, pairs, now, client, alice):
    watch(team, pairs[0], now)
    delist("BTC", now=now)
    tell_of_delisted(now=now)
    path = news(team)[0].path
    assert path == reverse("instrument", args=[team.slug, pairs[0].pk])
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "Listed nowhere any more" in client.get(path).content.decode()
