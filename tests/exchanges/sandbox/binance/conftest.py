import datetime as dt

import pytest

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.binance.asking import Asking
from tests.exchanges.sandbox.serving import serving

#: Prices of the replayed days are what they are on a date; here it is always this one.
ALWAYS = int(dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC).timestamp() * 1000)


class Redated(Clock):
    """Runs as time does, begun on that date, and tells what a client's own clock tells."""

    def __init__(self) -> None:
        super().__init__()
        self.skew = super().now() - ALWAYS
        self._since = self.skew

    def now(self) -> int:
        return super().now() - self._since


@pytest.fixture(scope="module")
def running():
    """One sandbox for a file's tests; limits are high, but where a test is of limits."""
    with serving(World(seed="binance-tests", clock=Redated())) as running:
        running.do(lambda: raise_limits(running.world))
        yield running


def raise_limits(world):
    figures = world.wires["binance"].limits.figures
    figures.weight = figures.raw = figures.orders_short = figures.connections = 10**9


@pytest.fixture
def client(running):
    """An account of its own."""
    yield opened(running)
    running.do(running.world.faults.take_back)


def opened(running, *, rights=None, **told):
    given = {"name": "one", "balances": None, "words": {"rights": rights} if rights else None, **told}
    return Asking(running, running.do(lambda: running.world.wires["binance"].open_account(**given)).words)


@pytest.fixture
def order_fault(running):
    return lambda name, **told: running.do(lambda: running.world.faults.order(name, venue="binance", **told))


@pytest.fixture
def fired(running):
    return lambda: running.do(lambda: [one.name for one in running.world.faults.fired])


FAULTY = {"symbol": "BTCUSDT", "origClientOrderId": "faulty"}


def placed(client, **told):
    return client.limit(client.away(0.9), newClientOrderId="faulty", **told)


def found(client):
    return client.signed("GET", "order", **FAULTY)


@pytest.fixture
def truth(running, client):
    """What really became of the order."""

    def tell():
        account = running.world.wires["binance"].keys.account_of(client.words["api_key"])
        return [(one.state.value, one.filled) for one in account.orders.values() if one.ask.mark == "faulty"]

    return lambda: running.do(tell)


@pytest.fixture
def talking(client):
    with client.socket("/ws-api/v3") as talking:
        talking.listen()
        yield talking
