"""What outlives a start of the sandbox when its accounts were used over the wires."""

import hashlib
import hmac
from urllib.parse import urlencode

import pytest

from exchanges.sandbox.server import Request
from exchanges.sandbox.store import Store
from tests.exchanges.sandbox.kite.asking import BUY, SELL, Refused, User, Venue, tick


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept.db"


def begin(path, at=None):
    venue = Venue(**({} if at is None else {"at": at}))
    return venue, Store(path, venue.world)


def ask(world, words, method, path, **fields):
    """One signed question to Binance, in this process."""
    payload = urlencode(fields | {"timestamp": world.clock.told()})
    signature = hmac.new(words["secret"].encode(), payload.encode(), hashlib.sha256).hexdigest()
    request = Request(
        method=method,
        path=path,
        query=f"{payload}&signature={signature}",
        headers={"x-mbx-apikey": words["api_key"]},
        body=b"",
        address="127.0.0.1",
    )
    return world.wires["binance"].answer(request)


def test_shares_cash_and_positions_are_there_again_and_the_days_orders_are_over(path):
    venue, store = begin(path)
    user = venue.open().log_in()
    last = user.last()
    user.place(**BUY, price=tick(last, 100))
    short = SELL | {"product": "MIS", "quantity": "5", "tradingsymbol": "SBIN"}
    user.place(**short, price=tick(user.last("NSE:SBIN"), -5))
    user.place(**BUY, price=tick(last, -200))
    before = user.ask("GET", "/portfolio/positions"), user.ask("GET", "/portfolio/holdings")
    free = user.ask("GET", "/user/margins/equity")["available"]["live_balance"]
    store.close()

    again, store = begin(path, at=venue.clock.at)
    [account] = again.house.accounts.values()
    assert account.words == user.account.words
    back = User(again, account)
    back.token = user.token
    with pytest.raises(Refused, match="TokenException"):
        back.ask("GET", "/orders")
    back.log_in()
    assert back.token != user.token
    assert _figures(back.ask("GET", "/portfolio/positions")) == _figures(before[0])
    assert _figures(back.ask("GET", "/portfolio/holdings")) == _figures(before[1])
    assert back.ask("GET", "/orders") == []
    # What the order that stood had held is free again.
    assert back.ask("GET", "/user/margins/equity")["available"]["live_balance"] > free
    assert again.sums() == {}
    back.place(**BUY, price=tick(back.last(), 100))
    assert again.sums() == {}
    store.close()


def _figures(told):
    """Without what a price of the moment decides."""
    if isinstance(told, dict):
        moving = {
            "last_price",
            "pnl",
            "m2m",
            "unrealised",
            "value",
            "close_price",
            "day_change",
            "day_change_percentage",
        }
        return {name: _figures(one) for name, one in told.items() if name not in moving}
    return [_figures(one) for one in told] if isinstance(told, list) else told


def test_pair_stands_again_as_a_list_and_one_still_cancels_the_other(path):
    venue, store = begin(path)
    wire, house = venue.world.wires["binance"], venue.world.binance
    account = wire.open_account(name="one", balances=None)
    last = house.look(house.markets["BTCUSDT"]).last
    made = ask(
        venue.world, account.words, "POST", "/api/v3/orderList/oco", symbol="BTCUSDT", side="SELL", quantity="0.1",
        aboveType="LIMIT_MAKER", abovePrice=f"{last * 1.1 / 100:.2f}", belowType="STOP_LOSS_LIMIT",
        belowStopPrice=f"{last * 0.9 / 100:.2f}", belowPrice=f"{last * 0.89 / 100:.2f}", belowTimeInForce="GTC",
    )  # fmt: skip
    assert made.status == 200, made.body
    store.close()

    again, store = begin(path, at=venue.clock.at + 1000)
    words = again.world.binance.accounts[account.id].words
    told = ask(again.world, words, "GET", "/api/v3/openOrderList")
    assert told.body == ask(venue.world, words, "GET", "/api/v3/openOrderList").body
    number = next(iter(again.world.binance.accounts[account.id].orders))
    gone = ask(again.world, words, "DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=str(number))
    assert gone.status == 200, gone.body
    assert ask(again.world, words, "GET", "/api/v3/openOrderList").body == b"[]"
    other = again.world.wires["binance"].open_account(name="two", balances=None)
    assert other.id != account.id
    assert set(again.world.sums().values()) == {0}
    store.close()
