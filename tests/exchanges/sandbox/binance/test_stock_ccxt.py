"""Unmodified ccxt trades in the sandbox: its addresses are moved, and none of our code is between."""

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise
from urllib.parse import urlsplit

import ccxt
import ccxt.pro
import pytest

from tests.exchanges.sandbox.binance.conftest import opened

SYMBOL = "BTC/USDT"


def moved(node, running):
    """The same addresses on another host."""
    if isinstance(node, dict):
        return {name: moved(one, running) for name, one in node.items()}
    if not isinstance(node, str):
        return node
    parts = urlsplit(node)
    return (running.socket_address if parts.scheme.startswith("ws") else running.address) + parts.path


def stock(kind, running, **options):
    words = opened(running).words
    exchange = kind({"apiKey": words["api_key"], "secret": words["secret"], "rateLimit": 1, **options})
    exchange.urls["api"] = moved(exchange.urls["api"], running)
    return exchange


@pytest.fixture(scope="module")
def exchange(running):
    exchange = stock(ccxt.binance, running)
    exchange.load_markets()
    return exchange


def away(exchange, share):
    return exchange.price_to_precision(SYMBOL, exchange.fetch_ticker(SYMBOL)["last"] * share)


def test_markets_are_loaded_with_a_key(exchange):
    market = exchange.markets[SYMBOL]
    assert (market["active"], market["spot"], market["precision"]["price"], market["precision"]["amount"]) == (
        True, True, 0.01, 0.00001,
    )  # fmt: skip
    assert market["limits"]["cost"] == {"min": 5.0, "max": 9_000_000.0}
    assert exchange.currencies["BTC"]["withdraw"] is False
    assert exchange.markets["ETH/BTC"]["quote"] == "BTC"


@pytest.mark.parametrize("interval", ["1s", "1m", "3m", "1h", "12h", "1d", "3d", "1w", "1M"])
def test_candles_of_every_length_follow_one_another(exchange, interval):
    rows = exchange.fetch_ohlcv(SYMBOL, interval, limit=30)
    assert len(rows) == 30
    assert all(low <= min(opened, closed) <= max(opened, closed) <= high for _, opened, high, low, closed, _ in rows)
    steps = {later[0] - sooner[0] for sooner, later in pairwise(rows)}
    days = {28, 29, 30, 31} if interval == "1M" else {exchange.parse_timeframe(interval) / 86_400}
    assert steps <= {round(one * 86_400_000) for one in days}
    again = exchange.fetch_ohlcv(SYMBOL, interval, since=rows[3][0], limit=5)
    assert [row[0] for row in again] == [row[0] for row in rows[3:8]]
    assert again[:3] == rows[3:6]


def test_book_and_ticker_agree(exchange):
    book, ticker = exchange.fetch_order_book(SYMBOL, limit=5), exchange.fetch_ticker(SYMBOL)
    assert (len(book["bids"]), len(book["asks"])) == (5, 5)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert abs(ticker["last"] / book["bids"][0][0] - 1) < 0.02
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    trades = exchange.fetch_trades(SYMBOL, limit=5)
    assert len({one["id"] for one in trades}) == 5


def test_order_stands_is_found_and_is_cancelled(exchange):
    made = exchange.create_order(SYMBOL, "limit", "buy", 0.01, away(exchange, 0.9), {"clientOrderId": "stands-1"})
    assert (made["status"], made["clientOrderId"]) == ("open", "stands-1")
    assert exchange.fetch_order(made["id"], SYMBOL)["status"] == "open"
    assert made["id"] in [one["id"] for one in exchange.fetch_open_orders(SYMBOL)]
    assert exchange.cancel_order(made["id"], SYMBOL)["status"] == "canceled"
    assert exchange.fetch_order(None, SYMBOL, {"clientOrderId": "stands-1"})["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(made["id"], SYMBOL)


def test_what_is_bought_and_sold_is_paid_to_the_last_place(exchange):
    before = exchange.fetch_balance()
    bought = exchange.create_order(SYMBOL, "market", "buy", 0.01)
    sold = exchange.create_order(SYMBOL, "limit", "sell", 0.004, away(exchange, 0.98))
    spent = exchange.create_order(SYMBOL, "market", "buy", None, None, {"cost": 100})
    raised = exchange.create_order(SYMBOL, "market", "sell", None, None, {"quoteOrderQty": 50})
    orders = (bought, sold, spent, raised)
    assert [(one["status"], one["type"]) for one in orders] == [
        ("closed", "market"), ("closed", "limit"), ("closed", "market"), ("closed", "market"),
    ]  # fmt: skip
    assert 99 < spent["cost"] <= 100
    assert 49 < raised["cost"] <= 50
    after = exchange.fetch_balance()
    trades = [one for order in orders for one in exchange.fetch_order_trades(order["id"], SYMBOL)]
    assert {one["fee"]["currency"] for one in trades} == {"BTC", "USDT"}
    sign = {"buy": 1, "sell": -1}
    base = sum(sign[one["side"]] * one["amount"] for one in trades)
    quote = -sum(sign[one["side"]] * one["cost"] for one in trades)
    for code, moved_by in (("BTC", base), ("USDT", quote)):
        fees = sum(one["fee"]["cost"] for one in trades if one["fee"]["currency"] == code)
        assert after[code]["total"] - before[code]["total"] == pytest.approx(moved_by - fees, abs=2e-8)


def test_stop_and_its_taking_profit_sleep_and_are_cancelled(exchange):
    stop = exchange.create_order(
        SYMBOL, "limit", "sell", 0.01, away(exchange, 0.89), {"stopLossPrice": away(exchange, 0.9)}
    )
    profit = exchange.create_order(SYMBOL, "market", "sell", 0.01, None, {"takeProfitPrice": away(exchange, 1.1)})
    found = [exchange.fetch_order(one["id"], SYMBOL) for one in (stop, profit)]
    assert [one["info"]["type"] for one in found] == ["STOP_LOSS_LIMIT", "TAKE_PROFIT"]
    assert [one["info"]["isWorking"] for one in found] == [False, False]
    assert exchange.fetch_balance()["BTC"]["used"] == pytest.approx(0.02)
    assert len(exchange.cancel_all_orders(SYMBOL)) == 2
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        exchange.create_order(SYMBOL, "limit", "sell", 0.01, 9000, {"stopLossPrice": away(exchange, 1.05)})
    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(SYMBOL, "limit", "sell", 5, away(exchange, 1.01))


@asynccontextmanager
async def professional(running):
    exchange = stock(ccxt.pro.binance, running)
    try:
        await exchange.load_markets()
        yield exchange
    finally:
        await exchange.close()


def played(running, play):
    async def run():
        async with professional(running) as exchange:
            return await asyncio.wait_for(play(exchange), 30)

    return asyncio.run(run())


def test_market_is_watched(running):
    async def play(exchange):
        ticker = await exchange.watch_ticker(SYMBOL)
        books = [(await exchange.watch_order_book(SYMBOL))["nonce"] for _ in range(4)]
        book = await exchange.watch_order_book(SYMBOL)
        trades = await exchange.watch_trades(SYMBOL)
        candles = await exchange.watch_ohlcv(SYMBOL, "1m")
        return ticker, books, book, trades, candles

    ticker, books, book, trades, candles = played(running, play)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert books == sorted(books)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert trades[0]["symbol"] == SYMBOL
    assert candles[-1][0] % 60_000 == 0


def test_account_is_watched(running):
    async def play(exchange):
        balances, orders, trades = (
            asyncio.create_task(one)
            for one in (exchange.watch_balance(), exchange.watch_orders(SYMBOL), exchange.watch_my_trades(SYMBOL))
        )
        await asyncio.sleep(0.5)
        made = await exchange.create_order(SYMBOL, "market", "buy", 0.01)
        seen = await orders
        while seen[-1]["status"] != "closed":
            seen = await exchange.watch_orders(SYMBOL)
        balance = await balances
        while balance["BTC"]["total"] <= 0.5:
            balance = await exchange.watch_balance()
        return made, seen[-1], await trades, balance

    made, seen, trades, balance = played(running, play)
    assert (seen["id"], seen["filled"]) == (made["id"], 0.01)
    assert trades[0]["order"] == made["id"]
    assert balance["BTC"]["total"] == pytest.approx(0.50999)


def test_order_is_placed_and_cancelled_on_the_socket(running):
    async def play(exchange):
        price = exchange.price_to_precision(SYMBOL, (await exchange.fetch_ticker(SYMBOL))["last"] * 0.9)
        made = await exchange.create_order_ws(SYMBOL, "limit", "buy", 0.01, price)
        found = await exchange.fetch_order_ws(made["id"], SYMBOL)
        opened_ones = await exchange.fetch_open_orders_ws(SYMBOL)
        gone = await exchange.cancel_order_ws(made["id"], SYMBOL)
        return found, opened_ones, gone

    found, opened_ones, gone = played(running, play)
    assert (found["status"], len(opened_ones), gone["status"]) == ("open", 1, "canceled")
