"""A series as if splits and dividends had always been in it. Derived when read; the bars stay as they were told."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from instruments.domain.bars import Bars, Figures, Moments, moment64
from instruments.domain.calendars import BeyondCalendar, Calendar
from kernel.bars import Interval


@dataclass(frozen=True, slots=True)
class Split:
    """`ratio` new shares for one old, from `ex_date` on."""

    ex_date: dt.date
    ratio: float


@dataclass(frozen=True, slots=True)
class Dividend:
    """Who holds a share before `ex_date` gets `amount`."""

    ex_date: dt.date
    amount: float


Action = Split | Dividend


@dataclass(frozen=True, slots=True)
class Factors:
    """What each bar's prices are multiplied with, and what its volume is divided by."""

    price: Figures
    split: Figures


def factors_of(
    starts: Moments,
    actions: Sequence[Action],
    *,
    interval: Interval,
    calendar: Calendar,
    close_starts: Moments,
    closes: Figures,
) -> Factors:
    """`closes` with their starts are raw: a dividend's factor is one minus its share of the last close before it."""
    price, split = np.ones(len(starts)), np.ones(len(starts))
    for action in actions:
        before = starts < _begins(action.ex_date, interval, calendar)
        if isinstance(action, Split):
            price[before] /= action.ratio
            split[before] *= action.ratio
            continue
        at = int(np.searchsorted(close_starts, _begins(action.ex_date, Interval("1d"), calendar))) - 1
        if at >= 0 and closes[at] > action.amount:
            price[before] *= 1 - action.amount / closes[at]
    return Factors(price, split)


def adjusted(bars: Bars, factors: Factors) -> Bars:
    figures = {name: getattr(bars, name) * factors.price for name in ("open", "high", "low", "close")}
    return replace(bars, **figures, volume=bars.volume * factors.split)


def _begins(day: dt.date, interval: Interval, calendar: Calendar) -> np.datetime64:
    """From which start on a bar belongs to that day or a later one."""
    if interval.is_session_based:
        return moment64(dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC))
    try:
        session = calendar.session(day)
    except BeyondCalendar:
        session = None
    if session is not None:
        return moment64(session.opens)
    return moment64(dt.datetime.combine(day, dt.time(), tzinfo=calendar.zone))
