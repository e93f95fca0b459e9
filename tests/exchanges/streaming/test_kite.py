"""One socket of an account at Zerodha: its orders as hints to ask, and prices where they may be everybody's."""

import datetime as dt
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from exchanges.domain.credentials import DailyEnd
from exchanges.domain.markets import SANDBOX, Market
from exchanges.domain.standing import Standing
from exchanges.domain.venues import venue_named
from exchanges.domain.venues.zerodha import ZERODHA
from exchanges.models import Account, Connection
from exchanges.services.connections import add_connection
from exchanges.vault import put_token
from instruments.models import LastPrice, Listing
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.tenancy.scope import operator, tenant
from tests.exchanges.domain.test_kite_frames import frame, packet
from tests.exchanges.fake_kite import API_KEY, API_SECRET, payload
from tests.exchanges.rooms.conftest import again, door
from tests.exchanges.streaming.conftest import AT_ZERODHA, json_reply, keep, paths, standing_of
from tests.exchanges.streaming.test_supervisor import Whole
from tests.instruments.conftest import infosys as infosys
from tests.jobs import run_enqueued

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal
HEARTBEAT = b"\0"
NUMBER = "251121000310442"
ORDER = {"type": "order", "data": {"order_id": NUMBER, "exchange": "NSE", "tradingsymbol": "INFY"}}


@pytest.fixture
def kite(venue, rest, settings, infosys):
    """The venue of these tests, as Kite."""
    settings.VENUE_ADDRESSES = {"zerodha": venue.address}
    settings.PRICE_SYMBOLS = {"zerodha": ["NSE:INFY"]}
    settings.SELF_HOSTED = True
    with operator():
        Listing.objects.filter(venue="zerodha").update(facts={"token": "408065"})
    nothing = {"status": "success", "data": []}
    rest.answers = {
        "/orders": nothing,
        "/trades": nothing,
        f"/orders/{NUMBER}": payload("find.answered"),
        "/user/margins": payload("balances.answered"),
    }
    return venue


@pytest.fixture
def connection(team, alice, enqueued):
    """A connection that is logged in, and was found good."""
    now = clock.now()
    access = door(team, alice)
    with tenant(team.pk):
        made = add_connection(
            access=access,
            person=alice,
            facts=venue_named("zerodha"),
            mode=Connection.Mode.LIVE,
            name="Kite",
            fields={"api_key": API_KEY, "secret": API_SECRET},
            attested=True,
            now=now,
        )
        put_token(made, Secret("firsttoken"), now=now)
        Connection.objects.update(checked_at=now, met="", token_ends_at=now + dt.timedelta(hours=5))
        return Connection.objects.get()


def tick(last=141295):
    moment = int(clock.now().timestamp())
    levels = [(7, last - 5, 1)] * 5 + [(9, last, 2)] * 5
    figures = (408065, last, 5, 141080, 7360198, 1000, 2000, 139500, 142175, 139500, 138965, moment, 0, 0, 0, moment)
    return frame(packet(*figures, levels=levels))


def living(*told, asks=2):
    def life(talk):
        for _ in range(asks):
            talk.hear()
        talk.say(HEARTBEAT, *told)
        talk.hold()

    return life


def price():
    return LastPrice.objects.filter(listing__symbol="NSE:INFY").values_list("last", "bid", "ask").first()


def test_one_socket_tells_prices_exactly_and_orders_as_hints(kite, heard, enqueued, connection):
    kite.lives = [living(tick(), ORDER)]
    assert keep(Whole(fills=[AT_ZERODHA]), lambda: price() and heard.orders)
    assert price() == (D("1412.95"), D("1412.90"), D("1412.95"))
    assert len({urlsplit(talk.path).query for talk in kite.talks}) == 1
    assert dict(parse_qsl(urlsplit(kite.talks[-1].path).query)) == {"api_key": API_KEY, "access_token": "firsttoken"}
    assert kite.talks[-1].said[0] == {"a": "subscribe", "v": [408065]}
    # What the socket says of an order proves nothing: the order was asked for.
    assert f"/orders/{NUMBER}" in paths(kite)
    assert standing_of(connection).gap_from is None or standing_of(connection).heard_at


def test_hosted_instance_asks_the_socket_for_no_prices(kite, heard, enqueued, connection, settings):
    settings.SELF_HOSTED = False
    kite.lives = [living(tick(), ORDER, asks=0)]
    assert keep(Whole(fills=[AT_ZERODHA]), lambda: heard.orders)
    assert kite.talks[0].said == []
    assert price() is None


def test_sandboxs_account_tells_the_sandboxs_prices_and_no_others(kite, heard, enqueued, connection, settings, infosys):
    settings.SANDBOX_ADDRESS, settings.SELF_HOSTED = kite.address, False
    with operator():
        Connection.objects.update(mode="sandbox")
        Listing.objects.update(venue="zerodha.sandbox")
    settings.PRICE_SYMBOLS = {"zerodha": ["NSE:INFY"], "zerodha.sandbox": ["NSE:INFY"]}
    kite.lives = [living(tick(), ORDER)]
    assert not keep(Whole(fills=[AT_ZERODHA]), lambda: kite.talks, seconds=1)
    assert keep(Whole(fills=[Market(ZERODHA, SANDBOX)]), lambda: price() and heard.orders)
    assert LastPrice.objects.get().listing.venue == "zerodha.sandbox"


def test_new_log_in_brings_a_new_socket_and_a_refused_one_a_check(kite, heard, enqueued, team, connection, rest):
    kite.lives = [living(asks=0)]
    state = {}

    def until():
        if "second" not in state and kite.talks and standing_of(connection) and standing_of(connection).connected_at:
            with tenant(team.pk):
                put_token(Connection.objects.get(), Secret("secondtoken"), now=clock.now())
            state["second"] = True
        return any("secondtoken" in talk.path for talk in kite.talks)

    assert keep(Whole(fills=[AT_ZERODHA]), until)
    enqueued.clear()
    kite.refusals = [(403, {})] * 50
    assert keep(Whole(fills=[AT_ZERODHA]), lambda: ("exchanges.check_connection",) in [job[:1] for job in enqueued])
    rest.answers["/user/margins"] = json_reply(payload("log_in.token"), 403)
    run_enqueued([job for job in enqueued if job[0] == "exchanges.check_connection"][:1])
    assert again(team, connection).standing(now=clock.now()) is Standing.EXPIRED
    with tenant(team.pk):
        assert Account.objects.get().number == ""


def test_day_there_begins_at_its_own_midnight():
    end = DailyEnd(dt.time(6), "Asia/Kolkata")
    moment = dt.datetime(2025, 11, 21, 20, 0, tzinfo=dt.UTC)
    assert end.day_began(moment) == dt.datetime(2025, 11, 21, 18, 30, tzinfo=dt.UTC)
    assert end.day_began(moment - dt.timedelta(hours=2)) == dt.datetime(2025, 11, 20, 18, 30, tzinfo=dt.UTC)
