"""Markets, instruments, watchlists and alerts as pages: what each shows to whom, and what bad input gets."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from instruments.domain.prices import Price
from instruments.models import Instrument, PriceAlert, Watchlist, WatchlistEntry
from instruments.services.catalogue import refresh_listings
from instruments.services.prices import write_prices
from kernel import clock
from kernel.ids import new_id
from kernel.tenancy.scope import tenant
from tests.instruments.telling import share, spot

LONG = "x" * 10_000
ODD = "\u202eﷺ🚀 <script>alert(1)</script>"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def pairs(db, now):
    refresh_listings(
        venue="binance",
        listings=[spot(name="Bitcoin"), spot("ETH", name="Ethereum"), spot("SOL", name="Solana")],
        now=now,
    )
    refresh_listings(venue="zerodha", listings=[share(isin="INE009A01021", name="Infosys")], now=now)


@pytest.fixture
def bitcoins(pairs):
    return Instrument.objects.get(code="BTC/USDT")


@pytest.fixture
def go(client, team, alice, pairs):
    client.force_login(alice, backend=BACKEND)

    def ask(name, *keys, data=None, follow=False, **query):
        address = reverse(name, args=[team.slug, *keys])
        if data is None:
            return client.get(address, query)
        return client.post(address, data, follow=follow)

    return ask


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def rows(team, model):
    with tenant(team.pk):
        return list(model.objects.all())


def test_markets_show_what_is_listed_with_its_source(go):
    page = words(go("markets"))
    for said in ("BTC/USDT", "Ethereum", "INFY/INR", "binance", "zerodha", "no price heard", "not known"):
        assert said in page


def test_price_wears_its_age_and_is_heard_live(go, now):
    write_prices(
        venue="binance", prices=[Price("BTCUSDT", Decimal("91250.5"), None, None, clock.now())], now=clock.now()
    )
    page = go("markets", q="btc").content.decode()
    key = Instrument.objects.get(code="BTC/USDT").home_id
    assert f'data-hear="last_price:{key}"' in page
    assert f'id="last_price-{key}" class="figure-age fresh"' in page
    assert "91,250.50" in page


def test_old_price_is_shown_as_old(go, now):
    write_prices(venue="binance", prices=[Price("BTCUSDT", Decimal(1), None, None, now)], now=now)
    assert 'class="figure-age old"' in go("markets", q="btc").content.decode()


def test_search_finds_by_a_slip_and_says_so(go):
    page = words(go("markets", q="bitcion"))
    assert "BTC/USDT" in page
    assert "also shown is what holds" in page


def test_filter_leaves_out_and_says_what_is_not_known(go):
    assert "INFY/INR" not in words(go("markets", kind="spot"))
    page = words(go("markets", turnover_least="5"))
    assert "Nothing found" in page
    assert "leaves out whatever it is not known of" in page


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "moon"},
        {"price_least": "abc"},
        {"price_least": "NaN"},
        {"price_least": "-1"},
        {"price_least": "1e99"},
        {"price_least": "5", "price_most": "4"},
        {"days_least": "99999999999"},
        {"q": LONG},
        {"venue": LONG},
    ],
)
def test_bad_filter_is_answered_in_words_and_kept(go, query):
    response = go("markets", **query)
    assert response.status_code == 422
    assert "data-error" in response.content.decode()


@pytest.mark.parametrize(
    "query", [{"q": ODD}, {"q": "\x00"}, {"after": "99999999999"}, {"after": "-1"}, {"venue": ODD}]
)
def test_odd_input_breaks_no_page(go, query):
    response = go("markets", **query)
    assert response.status_code in {200, 422}
    assert "<script>alert" not in response.content.decode()


def test_page_takes_as_many_questions_for_1_row_as_for_3(go, client, team, django_assert_max_num_queries):
    counts = []
    for query in ({"kind": "equity"}, {"kind": "spot"}):
        go("markets", **query)
        with django_assert_max_num_queries(20) as asked:
            go("markets", **query)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_instrument_shows_its_contract_and_hours(go, bitcoins):
    page = words(go("instrument", bitcoins.pk))
    for said in (
        "BTC/USDT",
        "Bitcoin",
        "home listing",
        "0.00001",
        "Open day and night",
        "Set the alert",
        "yes, says the venue",
    ):
        assert said in page
    infosys = Instrument.objects.get(code="INFY/INR")
    page = words(go("instrument", infosys.pk))
    assert "INE009A01021" in page
    assert "Calendar XBOM" in page


@pytest.mark.parametrize("key", ["listing", "x"])
def test_unknown_listing_falls_back_to_the_home_one(go, bitcoins, key):
    assert go("instrument", bitcoins.pk, listing=key * 3000).status_code == 200


def test_unknown_instrument_is_not_there(go):
    assert go("instrument", new_id()).status_code == 404


def test_one_press_watches_and_another_does_not(go, team, bitcoins, client):
    go("watch", bitcoins.pk, data={"to": "on"})
    go("watch", bitcoins.pk, data={"to": "on"})
    assert [one.name for one in rows(team, Watchlist)] == ["Watchlist"]
    assert [one.instrument_id for one in rows(team, WatchlistEntry)] == [bitcoins.pk]
    assert "Watching" in words(go("markets", q="bitcoin"))
    address = reverse("watch", args=[team.slug, bitcoins.pk])
    answer = client.post(address, {"to": "off"}, headers={"HX-Request": "true"})
    assert answer.content.decode().strip().startswith("<form")
    assert rows(team, WatchlistEntry) == []


def test_watching_on_a_list_that_is_gone_says_so(go, bitcoins):
    for named in (str(new_id()), ODD, LONG):
        response = go("watch", bitcoins.pk, data={"to": "on", "watchlist": named}, follow=True)
        assert "That watchlist is not there any more" in words(response)


def test_list_is_made_named_ordered_and_deleted(go, team, bitcoins):
    assert go("watchlists", data={"name": "Coins"}).status_code == 302
    [made] = rows(team, Watchlist)
    assert go("watchlists", data={"name": "Coins"}).status_code == 422
    go("watch", bitcoins.pk, data={"to": "on", "watchlist": str(made.pk)})
    go("watch", Instrument.objects.get(code="ETH/USDT").pk, data={"to": "on", "watchlist": str(made.pk)})
    page = words(go("watchlist", made.pk))
    assert page.index("BTC/USDT") < page.index("ETH/USDT")
    entry = rows(team, WatchlistEntry)[1]
    go("move-watched", made.pk, entry.pk, data={"to": "up"})
    page = words(go("watchlist", made.pk))
    assert page.index("ETH/USDT") < page.index("BTC/USDT")
    go("take-off", made.pk, entry.pk, data={})
    assert "ETH/USDT" not in words(go("watchlist", made.pk))
    assert go("watchlist", made.pk, data={"name": "Other"}).status_code == 302
    assert go("delete-watchlist", made.pk).status_code == 200
    go("delete-watchlist", made.pk, data={})
    assert rows(team, Watchlist) == []


@pytest.mark.parametrize("name", ["", "   ", LONG, "\u202e"])
def test_bad_name_is_refused_and_kept(go, team, name):
    response = go("watchlists", data={"name": name})
    assert response.status_code == 422
    assert rows(team, Watchlist) == []


def test_watchlist_takes_as_many_questions_for_1_row_as_for_3(go, team, django_assert_max_num_queries):
    go("watchlists", data={"name": "Coins"})
    [made] = rows(team, Watchlist)
    counts = []
    for codes in (["BTC/USDT"], ["ETH/USDT", "SOL/USDT"]):
        for code in codes:
            go("watch", Instrument.objects.get(code=code).pk, data={"to": "on"})
        go("watchlist", made.pk)
        with django_assert_max_num_queries(20) as asked:
            go("watchlist", made.pk)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def alert(**given):
    return {
        "idempotency_key": str(new_id()),
        "kind": "above",
        "threshold": "100000",
        "seconds": "",
        "note": "",
        **given,
    }


def test_alert_is_set_paused_armed_and_deleted(go, team, bitcoins):
    assert go("make-alert", bitcoins.pk, data=alert(note="To the moon")).status_code == 302
    [made] = rows(team, PriceAlert)
    assert (made.kind, made.threshold, made.listing_id) == ("above", Decimal(100_000), bitcoins.home_id)
    page = words(go("alert", made.pk))
    for said in ("rises through 100,000", "To the moon", "ARMED", "Not yet"):
        assert said in page
    go("switch-alert", made.pk, data={"to": "off"})
    assert "PAUSED" in words(go("alerts"))
    go("switch-alert", made.pk, data={"to": "on"})
    assert rows(team, PriceAlert)[0].state == "armed"
    assert "rises through" in words(go("instrument", bitcoins.pk))
    go("delete-alert", made.pk, data={})
    assert rows(team, PriceAlert) == []


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "moon"},
        {"threshold": ""},
        {"threshold": "NaN"},
        {"threshold": "1e400"},
        {"threshold": "-1"},
        {"threshold": "0"},
        {"threshold": "٣"},
        {"threshold": LONG},
        {"kind": "moves", "seconds": ""},
        {"kind": "moves", "seconds": "1"},
        {"kind": "silent", "threshold": "", "seconds": "99999999999"},
        {"note": LONG},
        {"listing": str(new_id())},
        {"listing": LONG},
    ],
)
def test_bad_alert_is_refused_in_words(go, team, bitcoins, given):
    response = go("make-alert", bitcoins.pk, data=alert(**given))
    assert response.status_code == 422
    assert rows(team, PriceAlert) == []


def test_alert_sent_twice_is_one(go, team, bitcoins):
    given = alert()
    for _ in range(2):
        go("make-alert", bitcoins.pk, data=given)
    assert len(rows(team, PriceAlert)) == 1


def test_alerts_take_as_many_questions_for_1_row_as_for_3(go, bitcoins, django_assert_max_num_queries):
    counts = []
    for number in (1, 2):
        for _ in range(number):
            go("make-alert", bitcoins.pk, data=alert())
        go("alerts")
        with django_assert_max_num_queries(20) as asked:
            go("alerts")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_viewer_looks_and_changes_nothing(client, team, bob, bitcoins):
    client.force_login(bob, backend=BACKEND)
    page = client.get(reverse("markets", args=[team.slug])).content.decode()
    assert "BTC/USDT" in page
    assert "Watch</" not in page.replace("Watchlists</", "")
    assert "Set the alert" not in client.get(reverse("instrument", args=[team.slug, bitcoins.pk])).content.decode()
    for name, data in (("watch", {"to": "on"}), ("make-alert", alert())):
        assert client.post(reverse(name, args=[team.slug, bitcoins.pk]), data).status_code == 403


@pytest.mark.parametrize("name", ["markets", "watchlists", "alerts"])
def test_stranger_finds_no_such_page(client, team, charlie, pairs, name):
    client.force_login(charlie, backend=BACKEND)
    assert client.get(reverse(name, args=[team.slug])).status_code == 404


def test_search_field_of_every_page_finds_instruments(go):
    page = words(go("search", q="infosys"))
    assert "INFY/INR, Infosys" in page


def test_markets_stand_in_the_left_column_under_g_m(go):
    assert 'data-keys="g m"' in go("markets").content.decode()


def test_freeze_quantity_that_nobody_told_is_said_to_be_unknown_where_one_is_due(go, bitcoins):
    infosys = Instrument.objects.get(code="INFY/INR")
    assert "Freezes above not known: zerodha does not tell it" in words(go("instrument", infosys.pk))
    assert "Freezes above" not in words(go("instrument", bitcoins.pk))


def test_bounds_open_by_themselves_only_when_one_is_set(go):
    for query, is_open in (({"venue": "binance"}, False), ({"kind": "spot"}, False), ({"quote": "USDT"}, True)):
        assert ('<details id="market-bounds" open>' in go("markets", **query).content.decode()) is is_open
