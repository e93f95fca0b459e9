"""Every function on the way to a venue fails once, and nothing that is logged of it holds a key."""

import gc
import io
import logging
import sys
import traceback
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
from celery import current_app

import exchanges.tasks  # noqa: F401 - registers them
from exchanges.adapters.patience import Patience
from exchanges.domain.failures import VenueFailure
from exchanges.domain.orders import Lasting, OrderRef, OrderRequest, OrderType, Product, Quantity, Unit
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import venue_named
from exchanges.lines import open_line
from exchanges.models import Account, Connection
from exchanges.vault import open_credential, put_away, put_token
from instruments.domain.rules import Side
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.logs.setup import configure
from kernel.tenancy.scope import tenant
from tests.canary.marks import keys_of, word
from tests.venue_contract.replay import Reply, serving

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    # What is broken off in the middle leaves its sockets to the collector of garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

#: Not ours and not the SDKs': the machinery that every program shares.
_OURS = (
    "/exchanges/",
    "/kernel/encryption/",
    "/site-packages/ccxt/",
    "/site-packages/kiteconnect/",
    "/site-packages/requests/",
)
_AT_MOST = 40


class ForcedError(Exception):
    """Raised where nobody expects it."""


@pytest.fixture
def logs():
    """Everything that our pipeline would write at its most talkative."""
    stream = io.StringIO()
    before = logging.root.handlers[:], logging.root.level
    configure({"format": "json", "level": "DEBUG"})
    for handler in logging.root.handlers:
        handler.stream = stream
    yield stream
    logging.root.handlers[:], logging.root.level = before[0], before[1]


@contextmanager
def broken_at(wanted, seen):
    """Raises at the first call of the wanted function; notes each that is called."""

    def watch(frame, event, argument):
        if event != "call":
            return
        code = frame.f_code
        if not any(part in code.co_filename for part in _OURS) or code.co_name == "__del__":
            return
        name = f"{code.co_filename.rpartition('/')[2]}:{code.co_name}:{code.co_firstlineno}"
        seen.setdefault(name, len(seen))
        if name == wanted:
            sys.setprofile(None)
            raise ForcedError(name)

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.fixture
def connected(team, alice, settings, monkeypatch, marks):
    """A live connection of a venue with marked keys and a marked token; and the ways that open its keys."""
    monkeypatch.setattr("exchanges.lines._PATIENT", Patience())
    with serving() as replay:

        def make(venue):
            settings.VENUE_ADDRESSES = {venue: replay.address}
            keys, token = keys_of(venue), word(32)
            for name, value in {**keys, "token": token}.items():
                marks.add(name, value)
            # The worst that a venue could do: it repeats all that it knows.
            replay.answer(Reply(401, repr({**keys, "token": token}).encode()))
            with tenant(team.pk):
                connection = Connection.objects.create(
                    workspace=team, venue=venue, mode="live", name="Main", added_by=alice
                )
                Account.objects.create(workspace=team, connection=connection, name="Main", mode="live")
                put_away(connection, keys, now=clock.now())
                put_token(connection, Secret(token), now=clock.now())
            return connection

        yield make


def as_task(name, *ids):
    """As a worker runs it, whose log tells how it failed."""
    current_app.tasks[name].apply(args=[str(one) for one in ids], throw=False)


def trade(team, connection):
    """The way of an order, which has no task yet."""
    with tenant(team.pk):
        credentials, _ = open_credential(connection.pk)
    line = open_line(connection, credentials, purpose=Purpose.CANCEL)
    symbol = {"zerodha": "NSE:INFY", "coinbase": "BTC-USD"}.get(connection.venue, "BTCUSDT")
    unit = Unit.SHARES if connection.venue == "zerodha" else Unit.BASE
    lasting = Lasting.DAY if connection.venue == "zerodha" else Lasting.UNTIL_CANCELLED
    product = Product.DELIVERY if connection.venue == "zerodha" else Product.NONE
    mark = "plabcdefghijklmnop" if connection.venue != "coinbase" else "b1c0f3a2-0f4e-8abc-9def-0123456789ab"
    order = OrderRequest(
        mark=mark,
        symbol=symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Quantity(Decimal(1), unit),
        lasting=lasting,
        limit_price=Decimal(10),
        product=product,
    )
    reference = OrderRef(mark, symbol, clock.now(), ("1",))
    told = [line.place(order), line.cancel(reference)]
    with suppress(VenueFailure):
        line.find(reference)
    # An outcome is stored with its reply, and may be logged whole.
    logging.getLogger("tests.canary").warning("%r %s", told, [one.reply and one.reply.text for one in told])


WAYS = {
    "check": lambda team, connection: as_task("exchanges.check_connection", team.pk, connection.pk),
    "refresh": lambda team, connection: as_task("exchanges.refresh_accounts", team.pk, connection.pk),
    "trade": trade,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("venue", ["binance", "coinbase", "kraken", "zerodha"])
def test_whatever_breaks_on_the_way_tells_no_key(venue, way, team, connected, logs, marks, record_property, capsys):
    connection = connected(venue)
    assert venue_named(venue)
    seen = {}
    forced = run(WAYS[way], team, connection, None, seen)
    assert len(seen) > 30, "the way was not gone"
    # A spread of all functions that were called, from the first to the last.
    step = max(1, len(seen) // _AT_MOST)
    for name in list(seen)[::step]:
        forced += run(WAYS[way], team, connection, name, {})
    # What was broken off in the middle left sockets behind: they go here, and in no other test.
    gc.collect()
    hits = marks.hits("logs", logs.getvalue()) + marks.hits("output", "".join(capsys.readouterr()))
    record_property("tracebacks", forced)
    record_property("hits", len(hits))
    assert forced > 20
    assert hits == []


def run(way, team, connection, broken, seen):
    """One time on the way; how many tracebacks were written."""
    logger = logging.getLogger("tests.canary")
    began = len(seen)
    try:
        with broken_at(broken, seen):
            way(team, connection)
    except Exception as error:
        logger.exception("the way broke: %s %r", error, "".join(traceback.format_exception(error)))
    assert broken is None or len(seen) > began
    return broken is not None
