"""Published payloads of the crypto venues are read without contradiction, a few figures to the last digit."""

import datetime as dt
from decimal import Decimal

import pytest

from exchanges.adapters.kraken import Kraken
from exchanges.domain.catalogue import GivenCatalogue
from exchanges.domain.market import Book, Level, Listing, Ticker
from exchanges.domain.orders import OrderRef, OrderType, Quantity, Unit
from exchanges.domain.outcomes import Accepted, Done, Found
from exchanges.domain.reports import Status
from instruments.domain.candles import Candle
from instruments.domain.rules import TradingRules
from kernel.money.amount import Amount
from tests.shared_data import shared
from tests.venue_contract import binance, kraken
from tests.venue_contract.replay import Reply, serving

D = Decimal
LONG_AGO = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def replay():
    with serving() as server:
        yield server


def utc(stamp: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(stamp, tz=dt.UTC)


# ---- Binance ----


@pytest.fixture
def at_binance(replay):
    folder = shared("wire/nautilus/binance/spot/http_json")

    def told(name):
        replay.answer(Reply(200, (folder / f"{name}.json").read_bytes()))
        return binance.BINANCE_KIT.venue(replay.address)

    return told


def test_binance_orders(at_binance):
    taken = at_binance("new_order_full_response").place(binance.order(OrderType.MARKET))
    assert isinstance(taken, Accepted)
    assert (taken.report.status, taken.report.filled, taken.report.average_price) == (Status.FILLED, 10, 1)
    assert {one.fee.currency for one in taken.report.fills} == {"USDT"}
    assert isinstance(at_binance("cancel_order_response").cancel(binance.REF), Done)
    assert isinstance(at_binance("order_response").find(binance.REF), Found)
    [one] = at_binance("open_orders_response").open_orders()
    assert (one.mark, one.limit_price, one.quantity) == ("myOrder1", D("0.1"), Quantity(D(1), Unit.BASE))
    assert at_binance("all_orders_response").orders_since(LONG_AGO, "LTCBTC") == [one]


def test_binance_money(at_binance):
    [fill] = at_binance("account_trades_response").trades_since(LONG_AGO, "BNBBTC")
    assert (str(fill.price), fill.fee) == ("4.00000100", Amount(D("10.1"), "BNB"))
    assert at_binance("account_response").balances()


def test_binance_market(at_binance):
    [listing] = at_binance("exchange_info_response").listings()
    assert (listing.symbol, listing.base, listing.quote, listing.is_tradable) == ("ETHBTC", "ETH", "BTC", True)
    assert at_binance("ticker_24hr_response").ticker("BNBBTC").last == D("4.000002")
    assert at_binance("depth_response").book("LTCBTC", 5) == Book(
        "LTCBTC", (Level(D(4), D(431)),), (Level(D("4.000002"), D(12)),), None, 1027024
    )
    [candle] = at_binance("klines_response").candles("X", "1w", LONG_AGO, 5)
    assert candle == Candle(utc(1499040000), 0.01634790, 0.8, 0.015758, 0.015771, 148976.11427815)
    assert at_binance("server_time_response").clock() == utc(1499827319.559)


# ---- Kraken ----


@pytest.fixture
def at_kraken(replay):
    folder = shared("wire/nautilus/kraken")
    facts = {"key": "", "base_id": "", "quote_id": "USDT"}
    listings = [
        Listing(one, one[:3], "USDT", "spot", True, TradingRules(), facts={**facts, "key": one})
        for one in ("XBTUSDT", "ETHUSDT")
    ]

    def told(*answers):
        replay.answer(*(Reply(200, of(one)) for one in answers))
        wire = kraken.KRAKEN_KIT.venue(replay.address).wire
        return Kraken(
            credentials=kraken.CREDENTIALS,
            wire=wire,
            clock=lambda: kraken.NOW,
            catalogue=GivenCatalogue(listings),
            base_url=replay.address,
        )

    def of(answer):
        return answer if isinstance(answer, bytes) else (folder / f"{answer}.json").read_bytes()

    return told


def test_kraken_orders(at_kraken):
    taken = at_kraken("http_add_order_spot").place(kraken.order(OrderType.LIMIT))
    assert isinstance(taken, Accepted)
    assert taken.report.venue_id == "OUF4EM-FRGI2-MQMWZD"
    assert isinstance(at_kraken("http_cancel_order_spot").cancel(kraken.REF), Done)
    first, second = at_kraken("http_open_orders").open_orders()
    assert (first.symbol, first.limit_price, first.placed_at) == ("XBTUSDT", D(29500), utc(1688583840.8648))
    assert (second.type_word, second.is_dormant) == ("stop-loss", True)
    none_open = b'{"error": [], "result": {"open": {}}}'
    [bought] = at_kraken(none_open, "http_closed_orders").orders_since(LONG_AGO, "XBTUSDT")
    assert (bought.status, bought.filled, bought.average_price) == (Status.FILLED, D("0.5"), D(29500))
    ref = OrderRef("", "XBTUSDT", kraken.NOW, ("O26VBY-ISGAE-JP5TLU",))
    # A list of open orders is no answer about one of them.
    assert not isinstance(at_kraken("http_open_orders").find(ref), Found)


def test_kraken_trades(at_kraken):
    [bought] = at_kraken("http_trades_history").trades_since(LONG_AGO, "XBTUSDT")
    assert (str(bought.price), bought.fee, bought.is_maker) == ("29500.50", Amount(D("23.6"), "USDT"), True)
    assert bought.at == dt.datetime(2023, 7, 5, 19, 37, 20, 892_100, tzinfo=dt.UTC)
    [sold] = at_kraken("http_trades_history").trades_since(LONG_AGO, "ETHUSDT")
    assert (sold.trade_id, sold.quantity) == ("TDCVFQ-TPEG4-6X7LSZ", Quantity(D(1), Unit.BASE))


def test_kraken_market(at_kraken):
    assets = b'{"error": [], "result": {"XXBT": {"altname": "XBT"}, "USDT": {"altname": "USDT"}}}'
    [listing] = at_kraken(assets, "http_asset_pairs").listings()
    assert (listing.symbol, listing.base, listing.quote, listing.is_tradable) == ("XBTUSDT", "XBT", "USDT", True)
    assert (listing.rules.price.step, listing.rules.quantity.least) == (D("0.1"), D("0.00005"))
    [stock] = at_kraken(assets, "http_asset_pairs_tokenized").listings()
    assert (stock.symbol, stock.is_tradable) == ("AAPLxUSD", False)
    assert at_kraken("http_ticker").ticker("XBTUSDT") == Ticker(
        "XBTUSDT", D("105899.4"), D("105944.2"), D("105944.3"), None, D("163.28908096")
    )
    book = at_kraken("http_order_book").book("XBTUSDT", 5)
    assert (book.bids[0], book.asks[-1]) == (Level(D("105944.2"), D("0.002")), Level(D("105963.6"), D("0.024")))
    candles = at_kraken("http_ohlc").candles("XBTUSDT", "1m", LONG_AGO, 1000)
    assert len(candles) == 721
    assert candles[3] == Candle(utc(1762777200), 106038.1, 106044.3, 106038.1, 106040.1, 0.08317981)
    assert at_kraken("http_server_time").clock() == utc(1762820224)
