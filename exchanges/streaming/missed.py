"""Asks over REST for what a socket did not tell. One question at a time, so that a budget that is used up is waited for
between two of them, and nothing that was answered is asked again.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from exchanges.domain.failures import Refused
from exchanges.domain.limits import Act
from exchanges.domain.orders import OrderRef
from exchanges.domain.outcomes import Found
from exchanges.domain.reports import FillReport, OrderReport
from exchanges.venue import Venue
from kernel.logs.setup import get_logger

log = get_logger(__name__)

#: Puts one question, waits out what forbids it, and gives the answer.
Ask = Callable[..., Awaitable[Any]]
Reports = list[OrderReport | FillReport]


async def ask_for_missed(
    line: Venue, ask: Ask, *, since: dt.datetime, known: Mapping[str, OrderRef], symbols: Collection[str]
) -> Reports:
    """Everything since then: what stands open, what was placed, what was traded, and what became of the orders that
    stood open before and stand nowhere now.
    """
    standing: list[OrderReport] = list(await ask(line.open_orders))
    found = {one.venue_id: one for one in standing}
    fills: list[FillReport] = []
    touched = {*symbols, *(one.symbol for one in standing), *(ref.symbol for ref in known.values())}
    for symbol in sorted(touched - {""}):
        # What was told as open a moment ago has moved on since, if at all.
        found |= {one.venue_id: one for one in await _of_symbol(line, ask, Act.ORDERS_SINCE, since, symbol)}
        fills += await _of_symbol(line, ask, Act.TRADES_SINCE, since, symbol)
    gone = [ref for name, ref in known.items() if name not in found]
    return [*found.values(), *await _by_id(line, ask, gone), *sorted(fills, key=lambda one: one.at)]


async def ask_for_hints(
    line: Venue, ask: Ask, *, since: dt.datetime, hints: Iterable[OrderRef], filled: Mapping[str, Decimal]
) -> Reports:
    """What became of these orders, and the trades of those of which more was filled than fills have told."""
    orders = await _by_id(line, ask, hints)
    fills: list[FillReport] = []
    for symbol in sorted({one.symbol for one in orders if one.filled != filled.get(one.venue_id, 0)}):
        fills += await _of_symbol(line, ask, Act.TRADES_SINCE, since, symbol)
    return [*orders, *sorted(fills, key=lambda one: one.at)]


async def _of_symbol(line: Venue, ask: Ask, act: Act, since: dt.datetime, symbol: str) -> list[Any]:
    if act not in line.facts.acts:
        return []
    try:
        return list(await ask(line.orders_since if act is Act.ORDERS_SINCE else line.trades_since, since, symbol))
    except Refused as error:
        # A symbol that is gone holds up no other.
        log.warning("fills.symbol_refused", venue=line.facts.name, symbol=symbol, error=type(error).__name__)
        return []


async def _by_id(line: Venue, ask: Ask, refs: Iterable[OrderRef]) -> list[OrderReport]:
    answers = [await ask(line.find, ref) for ref in refs]
    return [one.report for one in answers if isinstance(one, Found)]
