"""A venue on loopback that talks, a connection to it, and rooms that are quick."""

import asyncio
import json
import threading
from urllib.parse import urlsplit

import pytest

# Loaded here, once: ccxt takes seconds, which no test waits for.
from exchanges.adapters.streams import binance as binance
from exchanges.domain.listed import listing_facts
from exchanges.domain.market import Listing
from exchanges.domain.markets import LIVE, Market
from exchanges.domain.venues.binance import BINANCE
from exchanges.domain.venues.zerodha import ZERODHA
from exchanges.events import orders_told
from exchanges.models import Account, Connection, Listening
from exchanges.streaming.accounts import AccountRoom
from exchanges.streaming.patience import Patience
from exchanges.streaming.threads import StreamThread
from instruments.models import Listing as Row
from instruments.services.catalogue import refresh_listings
from kernel import clock
from kernel.tenancy.scope import current_workspace_id, tenant
from tests.exchanges.rooms.conftest import connect
from tests.instruments.telling import RULES
from tests.jobs import enqueued as enqueued
from tests.looks import nobody_looks as nobody_looks
from tests.venue_contract.replay import Reply
from tests.venue_contract.sockets import messages, talking

#: Quick, and otherwise as it is.
QUICK = Patience(
    look=0.05,
    first_pause=0.05,
    longest_pause=0.3,
    stands=5.0,
    least_silence=30.0,
    write=0.25,
    hints=0.02,
    round=0.05,
    holdings=0.3,
    standing=0.2,
)
AT_BINANCE, AT_ZERODHA = Market(BINANCE, LIVE), Market(ZERODHA, LIVE)
TOLD = messages("binance")


def json_reply(body, status=200) -> Reply:
    return Reply(status, json.dumps(body).encode())


def list_pairs(*bases, facts=BINANCE, now):
    """Has the venue list these against USDT, and nothing else."""
    told = [Listing(f"{one}USDT", one, "USDT", "spot", is_tradable=True, rules=RULES) for one in bases]
    refresh_listings(venue=facts.name, listings=[listing_facts(one, facts) for one in told], now=now)


@pytest.fixture
def bitcoin(db, now) -> Row:
    """BTCUSDT at Binance."""
    list_pairs("BTC", now=now)
    return Row.objects.get()


@pytest.fixture(autouse=True)
def _nobody_looks(nobody_looks):
    """Looks of other tests are none here."""


class Rest:
    """What Binance's REST answers, by path; everything that is asked is kept."""

    def __init__(self) -> None:
        self.answers = {
            "/api/v3/openOrders": [],
            "/api/v3/allOrders": [],
            "/api/v3/myTrades": [],
        }

    def __call__(self, request):
        answer = self.answers[request.path]
        body = answer(request) if callable(answer) else answer
        return body if isinstance(body, Reply) else json_reply(body)


@pytest.fixture
def rest():
    return Rest()


@pytest.fixture
def venue(settings, rest):
    with talking() as replay:
        settings.VENUE_ADDRESSES = {"binance": replay.address}
        replay.route = rest
        yield replay


class Heard:
    """What `orders_told` told, and in whose scope."""

    def __init__(self) -> None:
        self.orders, self.fills, self.scopes, self.accounts = [], [], [], []
        self.fail_times = 0

    def __call__(self, *, account_id, orders, fills, **_):
        if self.fail_times:
            self.fail_times -= 1
            raise RuntimeError("the receiver fails")
        assert Account.objects.filter(pk=account_id).exists()
        self.orders += orders
        self.fills += fills
        self.scopes.append(current_workspace_id())
        self.accounts.append(account_id)

    @property
    def words(self):
        return [one.status_word for one in self.orders]

    @property
    def trades(self):
        return [one.trade_id for one in self.fills]


@pytest.fixture
def heard():
    listener = Heard()
    orders_told.connect(listener, weak=False)
    yield listener
    orders_told.disconnect(listener)


def checked(team, person, *, now, **more):
    """A connection whose key was found good."""
    connection = connect(team, person, now=now, **more)
    with tenant(team.pk):
        Connection.objects.filter(pk=connection.pk).update(checked_at=now)
        return Connection.objects.get(pk=connection.pk)


@pytest.fixture
def connection(team, alice, now):
    return checked(team, alice, now=now)


def room_of(connection, *, facts=BINANCE, patience=QUICK, **more):
    thread = StreamThread("test")
    return AccountRoom(facts, connection.workspace_id, connection.pk, thread=thread, patience=patience, **more)


def keep(room, until, *, seconds=25.0):
    """Runs the room in a thread of its own until this is so, then ends it as a supervisor would."""
    end, failed = asyncio.Event(), []
    loop = asyncio.new_event_loop()

    async def go():
        running, ending = asyncio.ensure_future(room.run()), asyncio.ensure_future(end.wait())
        await asyncio.wait({running, ending}, return_when=asyncio.FIRST_COMPLETED)
        for one in (running, ending):
            one.cancel()
        [ended, _] = await asyncio.gather(running, ending, return_exceptions=True)
        if isinstance(ended, Exception):
            failed.append(ended)

    thread = threading.Thread(target=loop.run_until_complete, args=(go(),))
    thread.start()
    try:
        deadline = clock.monotonic() + seconds
        while not (done := until()) and thread.is_alive() and clock.monotonic() < deadline:
            threading.Event().wait(0.02)
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(end.set)
        thread.join(10)
        loop.close()
        if isinstance(room, AccountRoom):
            room.thread.close()
    if failed:
        raise failed[0]
    return done


def granting(*told, end=None, after=None):
    """A life of the account's socket: it is granted, tells this, and ends or stays."""

    def life(talk):
        talk.hear()
        talk.say(TOLD["account_subscribed"], *told)
        if after is not None:
            after(talk)
        if end is not None:
            getattr(talk, end)()
        else:
            talk.hold()

    return life


def standing_of(connection):
    with tenant(connection.workspace_id):
        return Listening.objects.filter(connection=connection).first()


def paths(venue):
    return [urlsplit(one.path).path for one in venue.requests]
