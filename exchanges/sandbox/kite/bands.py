"""Between which prices a share may be traded today, and whether its market is open.

kite.trade/docs/connect/v3/market-quotes (read 2026-11-21): lower_circuit_limit and upper_circuit_limit. The band is a
fifth around yesterday's close here; a price that a fault moved beyond takes the band with it.
"""

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.kite.errors import KiteError, bad_input
from exchanges.sandbox.kite.figures import last_ticks, price, ticks_of
from exchanges.sandbox.market import Market
from exchanges.sandbox.sessions import day_at, is_open

_MOST_DAYS_SHUT = 40


def is_trading(market: Market, clock: Clock) -> bool:
    return is_open(market.series.sessions, clock.now()) and not market.is_halted


def close_before(market: Market, now: int) -> int:
    """The last price of the trading day before the one that runs or ran last, in ticks."""
    series = market.series
    day, past = day_at(series.sessions, now), 0
    for back in range(_MOST_DAYS_SHUT):
        span = series.sessions.span(day - back)
        if span is None or span.opens > now:
            continue
        past += 1
        if past == 2:
            return ticks_of(market, series.days.day(day - back)[3])
    return last_ticks(market, now)


def band(market: Market, now: int) -> tuple[int, int]:
    close, last = close_before(market, now), last_ticks(market, now)
    low, high = close - close // 5, close + close // 5
    return max(1, min(low, last - last // 10)), max(high, last + last // 10)


def check_band(market: Market, ticks: int, now: int) -> None:
    low, high = band(market, now)
    if ticks > high:
        raise _beyond(market, "higher", "upper", high)
    if ticks < low:
        raise _beyond(market, "lower", "lower", low)


def _beyond(market: Market, how: str, which: str, limit: int) -> KiteError:
    return bad_input(
        f"Your order price is {how} than the current {which} circuit limit of {price(market, limit)}. "
        "Place an order within the daily range."
    )
