"""What can be made to go wrong, by name. Whoever orders a fault says how often, how likely and for whom.

What fired is told. Durations are the venue's, and scaled like all of them.
"""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

from exchanges.sandbox.clock import Clock

_LOGGED = 10_000


class Point(StrEnum):
    """Where on a request's way, or a message's, a fault bites."""

    #: Before the venue does anything.
    ARRIVAL = "arrival"
    #: After it did what was asked.
    ANSWER = "answer"
    #: An order was taken or a cancel done, and something else comes of it.
    ORDER = "order"
    #: What was asked about is not told as it is.
    READ = "read"
    #: On a socket.
    NEWS = "news"
    #: As soon as it is ordered, by nobody's request.
    AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    point: Point
    words: str
    #: What else it may be told, each with what it is by default.
    given: Mapping[str, Any] = field(default_factory=dict)


def _kinds(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


P = Point
KINDS = _kinds(
    Kind("timeout_before", P.ARRIVAL, "nothing is done, and no answer ever comes", {"seconds": 60}),
    Kind("slow_accept", P.ARRIVAL, "it is done so many seconds late, whoever still waits", {"seconds": 12}),
    Kind("error_before", P.ARRIVAL, "nothing is done, and the answer is an error of the server", {"status": 503}),
    Kind("reset_before", P.ARRIVAL, "the connection is torn down and nothing is done"),
    Kind("html", P.ARRIVAL, "something before the venue answers with a page", {"status": 403}),
    Kind("too_many", P.ARRIVAL, "429: asked too often", {"seconds": 5}),
    Kind("banned", P.ARRIVAL, "418: this address is banned", {"seconds": 120}),
    Kind("outage", P.ARRIVAL, "the venue is down: nothing is done, sockets end", {"seconds": 600}),
    Kind("timeout_after", P.ANSWER, "it is done, and no answer ever comes", {"seconds": 60}),
    Kind("error_after", P.ANSWER, "it is done, and the answer is an error of the server", {"status": 503}),
    Kind("reset_after", P.ANSWER, "it is done, and the connection is torn down"),
    Kind("truncated", P.ANSWER, "it is done, and the answer ends in the middle"),
    Kind("duplicate_refused", P.ORDER, "the order is taken, and refused as a duplicate of itself"),
    Kind("hidden", P.ORDER, "an order that was taken is shown by no read for so long", {"seconds": 60}),
    Kind("partly_then_cancelled", P.ORDER, "a part is filled, and the venue ends the rest", {"share": 0.5}),
    Kind("filled_after_cancel", P.ORDER, "a cancel is done, and a fill comes after it", {"share": 0.5}),
    Kind("half_autoslice", P.ORDER, "of an order in slices every second one is refused"),
    Kind("funds_refused", P.ORDER, "the order is refused for want of funds"),
    Kind("denied", P.READ, "a read says that there is no such order, and lists none"),
    Kind("stale_balance", P.READ, "balances are told as they were before the last order"),
    Kind("gap", P.NEWS, "so many messages of an account's socket are never sent", {"messages": 50}),
    Kind("reordered", P.NEWS, "fills come in the other order", {"messages": 2}),
    Kind("doubled", P.NEWS, "a message comes twice"),
    Kind("altered", P.NEWS, "a fill comes again under the same number with another quantity"),
    Kind("closed", P.AT_ONCE, "the sockets are closed, as they are after a day"),
    Kind("token_death", P.AT_ONCE, "every access token dies, as in the morning"),
    Kind("elsewhere", P.AT_ONCE, "the account is logged in to elsewhere: its token dies"),
    Kind("clock_offset", P.AT_ONCE, "the venue's clock is off by so many seconds", {"by": 2.0}),
    Kind("delisted", P.AT_ONCE, "a symbol is traded no more, and what stands there expires", {"symbol": ""}),
    Kind("spike", P.AT_ONCE, "a price moves by a factor for so long", {"symbol": "", "factor": 0.8, "seconds": 60}),
    Kind("altered_postback", P.NEWS, "a postback comes forged: its checksum is of another secret"),
    Kind("doubled_postback", P.NEWS, "a postback comes twice"),
)


class UnknownFault(LookupError):
    """Nobody knows a fault of this name, or not what it was told."""


@dataclass(slots=True)
class Fault:
    """One that was ordered. None where anybody and anything is meant."""

    id: int
    kind: Kind
    venue: str | None
    act: str | None
    mark: str | None
    account: str | None
    #: How often it still fires; None: until it is taken back.
    times: int | None
    chance: float
    given: dict[str, Any]
    ordered_at: int
    draw: random.Random
    fired: int = 0

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.fired >= self.times


@dataclass(frozen=True, slots=True)
class Fired:
    at: int
    fault: int
    name: str
    venue: str
    act: str
    mark: str
    account: str


class Faults:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ordered: dict[int, Fault] = {}
        self._ids = count(1)
        self.fired: deque[Fired] = deque(maxlen=_LOGGED)
        #: What is done at once, by name. Every wire that knows how puts it here, and looks whose venue is meant.
        self.at_once: defaultdict[str, list[Callable[[Fault], None]]] = defaultdict(list)

    def order(
        self,
        name: str,
        *,
        venue: str | None = None,
        act: str | None = None,
        mark: str | None = None,
        account: str | None = None,
        times: int | None = 1,
        chance: float = 1.0,
        seed: str = "",
        **given: Any,
    ) -> Fault:
        kind = KINDS.get(name)
        if kind is None:
            raise UnknownFault(f"no fault is called {name}; there are {', '.join(sorted(KINDS))}")
        strange = set(given) - set(kind.given)
        if strange:
            raise UnknownFault(f"{name} is told {', '.join(sorted(kind.given)) or 'nothing'}, not {', '.join(strange)}")
        if not 0 < chance <= 1 or (times is not None and times < 1):
            raise UnknownFault("a chance is above 0 and at most 1, and a number of times is at least 1")
        if name == "outage":
            # It is a span of time, which being met does not use up.
            times = None
        number = next(self._ids)
        fault = Fault(
            id=number,
            kind=kind,
            venue=venue,
            act=act,
            mark=mark,
            account=account,
            times=times,
            chance=chance,
            given={**kind.given, **given},
            ordered_at=self._clock.now(),
            draw=random.Random(f"{seed}:{name}"),  # noqa: S311 - which request is hit, not a secret
        )
        if kind.point is Point.AT_ONCE:
            for do in self.at_once[name]:
                do(fault)
            self._note(fault, venue or "", "", "", account or "")
            return fault
        self._ordered[number] = fault
        return fault

    def hear(self, name: str, venue: str, do: Callable[[Fault], None]) -> None:
        """Has this done when a fault of that name is ordered for the venue, or for any."""

        def heard(fault: Fault) -> None:
            if fault.venue in (None, venue):
                do(fault)

        self.at_once[name].append(heard)

    def take_back(self, number: int | None = None) -> None:
        """One, or all."""
        for one in [number] if number is not None else list(self._ordered):
            self._ordered.pop(one, None)

    def ordered(self) -> list[Fault]:
        return list(self._ordered.values())

    def meets(
        self, point: Point, *, venue: str, act: str, mark: str = "", account: str = "", name: str | None = None
    ) -> Fault | None:
        """The fault that bites here, if one does; it has fired then. `name`: only this one can."""
        for fault in list(self._ordered.values()):
            if fault.kind.point is not point or name not in (None, fault.name):
                continue
            if not self._is_meant(fault, venue, act, mark, account) or fault.draw.random() >= fault.chance:
                continue
            self._note(fault, venue, act, mark, account)
            if fault.is_spent:
                self._ordered.pop(fault.id, None)
            return fault
        return None

    # ---- within ----

    def _is_meant(self, fault: Fault, venue: str, act: str, mark: str, account: str) -> bool:
        if fault.name == "outage" and self._clock.now() > fault.ordered_at + self._clock.milliseconds(
            float(fault.given["seconds"])
        ):
            self._ordered.pop(fault.id, None)
            return False
        return all(
            wanted is None or wanted == given
            for wanted, given in (
                (fault.venue, venue),
                (fault.act, act),
                (fault.mark, mark),
                (fault.account, account),
            )
        )

    def _note(self, fault: Fault, venue: str, act: str, mark: str, account: str) -> None:
        fault.fired += 1
        self.fired.append(Fired(self._clock.now(), fault.id, fault.name, venue, act, mark, account))
