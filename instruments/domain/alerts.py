"""What a price alert waits for, and whether a price is it.

A crossing is a passage: the price was on one side since the alert was armed, and is on the other now. A price that is
too old decides nothing of that; silence is a condition of its own.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kernel.durations import in_words
from kernel.money.display import exact_text

#: An older price is no news: it neither fires a crossing nor a move, nor is it remembered.
OLDEST = dt.timedelta(seconds=60)
#: Into so many parts the span of a move is cut; of each the lowest and the highest price is remembered.
PARTS = 60


class Condition(StrEnum):
    ABOVE = "above"
    BELOW = "below"
    MOVES = "moves"
    SILENT = "silent"


class State(StrEnum):
    ARMED = "armed"
    FIRED = "fired"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An armed alert, and what it has seen so far."""

    condition: Condition
    threshold: Decimal | None
    seconds: int | None
    armed_at: dt.datetime
    seen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """The last price of the listing; None where none was ever heard."""

    price: Decimal | None
    at: dt.datetime | None

    def age(self, now: dt.datetime) -> dt.timedelta | None:
        return None if self.at is None else max(now - self.at, dt.timedelta(0))


@dataclass(frozen=True, slots=True)
class Fires:
    words: str


@dataclass(frozen=True, slots=True)
class WaitsOn:
    """Nothing yet; `seen` is what is to be remembered."""

    seen: Mapping[str, Any]


def look(alert: Waiting, heard: Heard, *, now: dt.datetime) -> Fires | WaitsOn:
    """Whether the alert fires on this price."""
    if alert.condition is Condition.SILENT:
        return _silence(alert, heard, now)
    age = heard.age(now)
    if heard.price is None or age is None or age > OLDEST:
        return WaitsOn(alert.seen)
    if alert.condition is Condition.MOVES:
        return _move(alert, heard.price, heard.at or now)
    return _crossing(alert, heard.price)


def _crossing(alert: Waiting, price: Decimal) -> Fires | WaitsOn:
    threshold = _needed(alert.threshold)
    is_up = alert.condition is Condition.ABOVE
    is_there = price >= threshold if is_up else price <= threshold
    if not is_there:
        return WaitsOn({"side": "before"})
    if alert.seen.get("side") == "before":
        verb = "rose" if is_up else "fell"
        return Fires(f"It {verb} through {_figure(threshold)} and stood at {_figure(price)}.")
    # It is beyond already: it has to come back before it can pass.
    return WaitsOn({"side": "beyond"})


def _move(alert: Waiting, price: Decimal, at: dt.datetime) -> Fires | WaitsOn:
    threshold, seconds = _needed(alert.threshold), alert.seconds or 0
    since = at - dt.timedelta(seconds=seconds)
    length = max(seconds / PARTS, 1.0)
    number = int(at.timestamp() // length)
    parts = [
        (part, Decimal(low), Decimal(high))
        for part, low, high in alert.seen.get("parts", ())
        # A part counts while its end lies within the span.
        if (part + 1) * length > since.timestamp()
    ]
    lows = [low for _, low, _ in parts] or [price]
    highs = [high for _, _, high in parts] or [price]
    for start, sign in ((min(lows), 1), (max(highs), -1)):
        percent = (price - start) / start * 100 if start > 0 else Decimal(0)
        if percent * sign >= threshold:
            verb = "rose" if sign > 0 else "fell"
            words = (
                f"It {verb} {abs(percent):.2f} % within {in_words(seconds)}, from {_figure(start)} to {_figure(price)}."
            )
            return Fires(words)
    if parts and parts[-1][0] == number:
        _, low, high = parts.pop()
        parts.append((number, min(low, price), max(high, price)))
    elif not parts or number > parts[-1][0]:
        parts.append((number, price, price))
    return WaitsOn({"parts": [[part, str(low), str(high)] for part, low, high in parts[-PARTS - 1 :]]})


def _silence(alert: Waiting, heard: Heard, now: dt.datetime) -> Fires | WaitsOn:
    most = dt.timedelta(seconds=alert.seconds or 0)
    # Armed after the last price: what counts is the silence since then, so that it does not fire at once again.
    since = max(heard.at, alert.armed_at) if heard.at is not None else alert.armed_at
    if now - since <= most:
        return WaitsOn(alert.seen)
    if heard.at is None:
        return Fires(f"No price was ever heard, in {in_words((now - alert.armed_at).total_seconds())} of waiting.")
    return Fires(f"The last price is {in_words((now - heard.at).total_seconds())} old; it was {_figure(heard.price)}.")


def condition_words(condition: Condition, threshold: Decimal | None, seconds: int | None) -> str:
    """What it waits for, as a person says it."""
    within = in_words(seconds or 0)
    return {
        Condition.ABOVE: lambda: f"rises through {_figure(threshold)}",
        Condition.BELOW: lambda: f"falls through {_figure(threshold)}",
        Condition.MOVES: lambda: f"moves by {_figure(threshold)} % within {within}",
        Condition.SILENT: lambda: f"price is older than {within}",
    }[condition]()


def _needed(value: Decimal | None) -> Decimal:
    if value is None:
        raise ValueError("a crossing and a move have a threshold")
    return value


def _figure(value: Decimal | None) -> str:
    return exact_text(value) or "not told"
