"""The last bars of the series that this process was asked for of late: bounded, and never older than the database."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from instruments.domain.bars import Bars

BARS = 500
#: 500 bars have some 30 kB.
SERIES = 512


@dataclass(frozen=True, slots=True)
class _Kept:
    #: The series' count of changes before these bars were read: a higher one says that they are old.
    changes: int
    #: From here on to its end the series is here whole.
    since: np.datetime64
    bars: Bars


class Ring:
    def __init__(self, *, series: int = SERIES) -> None:
        self._most = series
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: UUID, *, changes: int, since: np.datetime64) -> Bars | None:
        """The bars from `since` on, None when they are not all here or were changed meanwhile."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.changes != changes or since < kept.since:
                return None
            self._kept.move_to_end(key)
        return kept.bars.between(since, None)

    def put(self, key: UUID, *, changes: int, since: np.datetime64, bars: Bars) -> None:
        """Keeps the last of `bars`, which reach from `since` to the end of the series."""
        if len(bars) > BARS:
            # A copy: a view would keep the whole of what was read.
            bars = bars.at(np.arange(len(bars) - BARS, len(bars)))
            since = bars.start[0]
        with self._lock:
            self._kept[key] = _Kept(changes, since, bars)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


RING = Ring()
