"""Weights by address, orders by account: counted, told, refused, banned; and all of it on the clock's scale."""

import pytest

from exchanges.sandbox.binance.errors import Refusal
from exchanges.sandbox.binance.limits import Limits
from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.binance.conftest import opened
from tests.exchanges.sandbox.serving import serving

MINUTE = 60_000


@pytest.fixture
def clock():
    return SetClock(1_795_000_000_000 // (300 * 1000) * 300_000)


def refused(do):
    with pytest.raises(Refusal) as refusal:
        do()
    return refusal.value


def test_weight_is_counted_by_the_minute_and_by_the_address(clock):
    limits = Limits(clock)
    limits.arrive("one", 6000)
    found = refused(lambda: limits.arrive("one", 1))
    assert (found.status, found.code, found.retry_at) == (429, -1003, clock.now() + MINUTE)
    assert limits.seconds_until(found.retry_at) == 60
    limits.arrive("other", 1)
    clock.move(59.999)
    refused(lambda: limits.arrive("one", 1))
    clock.move(0.001)
    limits.arrive("one", 1)
    assert limits.used("one") == 1


def test_whoever_goes_on_is_banned_and_each_ban_is_longer(clock):
    limits = Limits(clock)
    lengths = []
    for _ in range(8):
        clock.move(-(clock.now() // 1000 % 60) + 60)
        limits.arrive("one", 6000)
        statuses = [refused(lambda: limits.arrive("one", 1)).status for _ in range(21)]
        assert statuses == [429] * 20 + [418]
        until = refused(lambda: limits.arrive("one", 1)).retry_at
        assert refused(lambda: limits.arrive("one", 1)).retry_at == until, "asking does not lengthen it"
        lengths.append((until - clock.now()) / 1000)
        clock.move(lengths[-1] + 60)
    assert lengths == [120, 480, 1920, 7680, 30_720, 122_880, 259_200, 259_200]


def test_durations_are_scaled():
    limits = Limits(SetClock(1_795_000_000_000, scale=0.01))
    limits.arrive("one", 6000)
    assert refused(lambda: limits.arrive("one", 1)).retry_at - 1_795_000_000_000 <= 600
    assert limits.ban("one", 120) - 1_795_000_000_000 == 1200


def test_raw_requests_are_counted_too(clock):
    limits = Limits(clock)
    limits.figures.raw = 3
    for _ in range(3):
        limits.arrive("one", 0)
    assert refused(lambda: limits.arrive("one", 0)).words == "Too many requests queued."


def test_orders_are_counted_until_they_are_filled(clock):
    limits = Limits(clock)
    for _ in range(50):
        limits.order("a")
    found = refused(lambda: limits.order("a"))
    assert (found.status, found.code, found.words) == (
        429, -1015, "Too many new orders; current limit is 50 orders per 10 SECOND.",
    )  # fmt: skip
    limits.give_back("a", is_maker=False)
    limits.order("a")
    limits.give_back("a", is_maker=True)
    assert limits.ordered("a") == (45, 45)
    clock.move(10)
    assert limits.ordered("a") == (0, 45)


def test_many_addresses_and_accounts_are_not_kept_for_ever(clock):
    limits = Limits(clock)
    for n in range(25_000):
        limits.arrive(f"{n}", 1)
        limits.order(f"{n}")
    assert len(limits._addresses) == len(limits._orders) == 20_000


def test_headers_tell_what_was_used():
    with serving(World(seed="limits")) as running:
        client = opened(running)
        limits = running.world.wires["binance"].limits
        first = int(client.get("ping").headers["x-mbx-used-weight-1m"])
        weights = {
            "time": 1, "exchangeInfo": 20, "depth?symbol=BTCUSDT&limit=100": 5, "depth?symbol=BTCUSDT&limit=101": 25,
            "depth?symbol=BTCUSDT&limit=1000": 50, "depth?symbol=BTCUSDT&limit=5000": 250,
            "trades?symbol=BTCUSDT": 25, "aggTrades?symbol=BTCUSDT": 4, "klines?symbol=BTCUSDT&interval=1m": 2,
            "ticker/24hr?symbol=BTCUSDT": 2, "ticker/24hr": 80, "ticker/price": 4, "ticker/price?symbol=BTCUSDT": 2,
            "ticker/bookTicker": 4, "ticker?symbol=BTCUSDT": 4,
            'ticker?symbols=["BTCUSDT","ETHUSDT"]'.replace('"', "%22"): 8, "avgPrice?symbol=BTCUSDT": 2,
        }  # fmt: skip
        for path, weight in weights.items():
            used = int(client.ask("GET", f"/api/v3/{path}").headers["x-mbx-used-weight-1m"])
            if used > weight:
                assert (path, used - first) == (path, weight)
            first = used
        made = client.limit(client.away(0.9))
        assert (made.headers["x-mbx-order-count-10s"], made.headers["x-mbx-order-count-1d"]) == ("1", "1")
        client.limit(client.away(1.02))
        counts = client.signed("GET", "rateLimit/order").told
        assert [one["count"] for one in counts][1] == 1, "the filled one gave its own back"
        running.do(lambda: setattr(limits.figures, "weight", 1))
        answer = client.get("time")
        assert (answer.status, answer.told["code"], int(answer.headers["retry-after"]) <= 60) == (429, -1003, True)
        with client.socket("/ws/btcusdt@trade") as talking:
            talking.hear()
        running.do(lambda: setattr(limits.figures, "connections", 1))
        answer = client.ask("GET", "/ws/x", headers={
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        })  # fmt: skip
        assert (answer.status, answer.told["code"]) == (429, -1034)
