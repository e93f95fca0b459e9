"""One listing's market: a book by price and time, and a crowd that quotes and trades around the price of the series.

The crowd moves in steps of a quarter of a second, and only while somebody looks or has an order standing. What it does
depends on the seed, the listing and the step alone. It is SYNTHETIC, whatever the series is.
"""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from exchanges.domain.matching import Event, Matching, Order, SelfTrade, Stay, Trade
from exchanges.sandbox.listings import ATOMS, Listing
from exchanges.sandbox.series import Series
from exchanges.sandbox.sessions import DAY, MINUTE, is_open

STEP = 250
#: Steps that are gone through when somebody looks for the first time: then a tape is there.
_WARM = 12
_LEVELS = 20
_TAPE = 1000
#: What nobody looked at for longer than a month is gone through for the last month alone.
_MOST_MISSED = 30 * DAY
#: The owner of what the crowd has in the book.
CROWD = ""


@dataclass(frozen=True, slots=True)
class Print:
    """A trade on the tape."""

    number: int
    price: int
    lots: int
    at: int
    taker_is_buy: bool


class Market:
    def __init__(self, listing: Listing, series: Series, *, seed: str) -> None:
        self.listing, self.series = listing, series
        self.matching = Matching()
        self.tape: deque[Print] = deque(maxlen=_TAPE)
        #: Says how often the book was changed, as a venue counts it.
        self.changes = 0
        self.is_halted = False
        #: A price step times a lot, in atoms of the quote.
        self.worth = listing.tick_atoms * listing.lot_atoms // ATOMS
        self.lot_atoms = listing.lot_atoms
        self._tick = float(listing.tick)
        self._seed = f"{seed}:{listing.symbol}"
        self._step = -1
        self._looked_at = 0
        self._quotes: dict[bool, dict[int, str]] = {True: {}, False: {}}
        self._count = 0

    # ---- time ----

    def look(self, now: int, *, is_waited_for: bool = False) -> list[Event]:
        """Brings the crowd to this moment. `is_waited_for`: somebody's order stands here, so nothing is skipped."""
        step = now // STEP
        if step <= self._step or self.is_halted or not is_open(self.series.sessions, now):
            return []
        events: list[Event] = []
        if is_waited_for and self._step >= 0 and step - self._step > _WARM:
            for at, price in self._missed(self._looked_at, now):
                events += self._move(at // STEP, price)
        for one in range(max(self._step + 1, step - _WARM + 1), step + 1):
            events += self._move(one, self.series.price(one * STEP))
        self._step, self._looked_at = step, now
        self.note(events, now)
        return events

    def note(self, events: Iterable[Event], now: int) -> None:
        """What came of an order, onto the tape."""
        for event in events:
            self.changes += 1
            if isinstance(event, Trade):
                price, lots = int(event.price), int(event.quantity)
                self.tape.append(Print(event.number, price, lots, now, event.taker_is_buy))
                if not (_is_crowds(event.maker) and _is_crowds(event.taker)):
                    self.note_traded(now, price, lots)

    def note_traded(self, at: int, price: int, lots: int) -> None:
        """An account had a part in it: bars tell of it."""
        self.series.note(at, float(self.listing.tick * price), float(self.listing.lot * lots))

    @property
    def last(self) -> int:
        """The last price, in ticks."""
        return int(self.matching.last) if self.matching.last is not None else 0

    # ---- beyond one run ----

    def kept(self) -> list[int | None]:
        """What another run must know to go on: the crowd's own orders are made anew."""
        last = None if self.matching.last is None else int(self.matching.last)
        return [self.matching.number, last, self._step, self._looked_at, self.changes, int(self.is_halted)]

    def go_on(self, kept: list[int | None]) -> None:
        number, last, step, looked_at, changes, is_halted = kept
        self.matching.number, self.matching.last = number or 0, last
        # Its last step is gone through again, for the book is empty.
        self._step, self._looked_at, self.changes = (step or 0) - 1, looked_at or 0, changes or 0
        self.is_halted = bool(is_halted)

    # ---- the crowd ----

    def _missed(self, begin: int, until: int) -> Iterable[tuple[int, float]]:
        """The turning points of what nobody looked at: an order that stood there was met on the way."""
        begin = max(begin, until - _MOST_MISSED)
        length = until - begin
        step = 1 if length <= 240 * MINUTE else 60
        for bar in self.series.made_bars(step, begin, until, now=until):
            for figure in (bar.open, bar.high, bar.low, bar.close):
                yield bar.at, figure

    def _move(self, step: int, price: float) -> list[Event]:
        draw = random.Random(f"{self._seed}:{step}")  # noqa: S311 - a market, not a secret
        middle = max(2, round(price / self._tick))
        half = max(1, round(middle * self.listing.spread / 2))
        bid, ask = max(1, middle - half), middle + half
        events: list[Event] = []
        self._draw_back(bid, ask)
        # Whoever stands where the price has gone is met first.
        events += self._take(is_buy=True, limit=bid, lots=self._size(draw, 3.0))
        events += self._take(is_buy=False, limit=ask, lots=self._size(draw, 3.0))
        gap = _gap(middle)
        self._quote(draw, bid, gap, is_buy=True)
        self._quote(draw, ask, gap, is_buy=False)
        if draw.random() < 0.75:
            is_buy = draw.random() < 0.5
            events += self._take(is_buy=is_buy, limit=ask if is_buy else bid, lots=self._size(draw, 0.5))
        if self.matching.last is None or not bid <= self.matching.last <= ask:
            events += self.matching.move_last(middle)
        return events

    def _draw_back(self, bid: int, ask: int) -> None:
        """Quotes on the wrong side of the price are taken away."""
        for price in [one for one in self._quotes[True] if one > bid]:
            self.matching.cancel(self._quotes[True].pop(price))
        for price in [one for one in self._quotes[False] if one < ask]:
            self.matching.cancel(self._quotes[False].pop(price))

    def _quote(self, draw: random.Random, touch: int, gap: int, *, is_buy: bool) -> None:
        """At the touch, and behind it at every multiple of the gap: what stands elsewhere was a touch before."""
        quotes, sign = self._quotes[is_buy], -1 if is_buy else 1
        first = touch // gap * gap
        wanted = [touch, *(first + sign * n * gap for n in range(1, _LEVELS))]
        for price in quotes.keys() - set(wanted):
            self.matching.cancel(quotes.pop(price))
        against = self.matching.ask if is_buy else self.matching.bid
        for n, price in enumerate(wanted):
            if price < 1 or (against is not None and (price >= against if is_buy else price <= against)):
                continue
            standing = quotes.get(price)
            if standing is not None and self.matching.left(standing) is not None:
                continue
            order = Order(
                id=self._name(), owner=CROWD, is_buy=is_buy, quantity=self._size(draw, 1.0 + n / 4), price=price,
                self_trade=SelfTrade.ALLOWED,
            )  # fmt: skip
            self.matching.submit(order)
            quotes[price] = order.id

    def _take(self, *, is_buy: bool, limit: int, lots: int) -> list[Event]:
        best = self.matching.ask if is_buy else self.matching.bid
        if best is None or (best > limit if is_buy else best < limit):
            return []
        order = Order(
            id=self._name(), owner=CROWD, is_buy=is_buy, quantity=lots, price=limit,
            stay=Stay.IMMEDIATE_OR_CANCEL, self_trade=SelfTrade.ALLOWED,
        )  # fmt: skip
        return self.matching.submit(order)

    def _size(self, draw: random.Random, times: float) -> int:
        return max(1, round(self.listing.level * times * (0.2 + draw.random())))

    def _name(self) -> str:
        self._count += 1
        return f"c{self._count}"


def _gap(middle: int) -> int:
    """One, two or five of a power of ten, at most 0.02 percent: it stays while the price moves a little."""
    wanted, power = middle * 0.0002, 1
    while power * 10 <= wanted:
        power *= 10
    return max((one * power for one in (1, 2, 5) if one * power <= wanted), default=1)


def _is_crowds(name: str) -> bool:
    return name.startswith("c")
