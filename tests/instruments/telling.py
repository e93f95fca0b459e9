"""What a venue might tell, made short to write."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from instruments.domain.candles import Candle
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts
from instruments.domain.rules import Band, Steps, TradingRules

D = Decimal
RULES = TradingRules(
    price=Steps(D("0.01"), D("0.01"), D(1_000_000)),
    quantity=Steps(D("0.00001"), D("0.00001"), D(9000)),
    market_quantity=Steps(None, None, D("51.5")),
    least_notional=D(5),
    most_notional=D(9_000_000),
    least_binds_market=True,
    most_binds_market=False,
    buy_band=Band(D("0.2"), D("1.2")),
    sell_band=Band(D("0.8"), D(5)),
)


def spot(base="BTC", quote="USDT", *, symbol=None, segment="spot", rules=RULES, is_tradable=True, **changes):
    instrument = InstrumentFacts(Kind.SPOT, base, quote, **changes)
    return ListingFacts(symbol or base + quote, segment, instrument, rules, is_tradable, "always")


def share(base="INFY", *, segment="NSE", symbol=None, isin="", name="", code="", calendar="XBOM", quote="INR"):
    instrument = InstrumentFacts(Kind.EQUITY, base, quote, isin=isin, name=name, code=code)
    return ListingFacts(symbol or f"{segment}:{base}", segment, instrument, RULES, True, calendar)


def listed_share(base: str) -> ListingFacts:
    """Of a list: a share in New York that no venue here lists."""
    return replace(share(base, segment="equity", symbol=base, calendar="XNAS", quote="USD"), is_tradable=False)


def bars(first: dt.datetime, count: int, *, every: dt.timedelta, price: float = 100.0) -> list[Candle]:
    return [
        Candle(first + every * number, price, price + 2, price - 1, price + number / 8, 10.0 + number)
        for number in range(count)
    ]
