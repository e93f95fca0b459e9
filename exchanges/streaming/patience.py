"""How long the streams wait for what. One object, so that a test can be quick."""

import datetime as dt
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds, where nothing else is said."""

    #: Between two looks for what is to be listened to.
    look: float = 5.0
    #: Between two looks for whose book is looked at, and between two askings of one that no socket tells.
    look_at_books: float = 1.0
    ask_for_books: float = 2.0
    #: After so long without a word from its socket a book is asked for, until the socket tells it again.
    book_silence: float = 6.0
    #: After the first failure; each further one doubles it, up to the longest.
    first_pause: float = 1.0
    longest_pause: float = 60.0
    #: A socket that lived as long as this ended by itself, and not because it cannot stand.
    stands: float = 60.0
    #: How many of the venue's heartbeats may be missed, and the least silence that means anything.
    beats: int = 3
    least_silence: float = 10.0
    #: Of the life that the venue gives a socket, how much is used.
    life: float = 0.97
    #: Between two writes of prices: four a second.
    write: float = 0.25
    #: Hints that come together are asked for together.
    hints: float = 0.5
    #: Between two rounds of asking for what was missed.
    round: float = 5.0
    #: Between two looks at what an account holds.
    holdings: float = 2.0
    #: How often it is written down how a stream stands, while nothing changes.
    standing: float = 30.0
    #: How far behind the last word one asks: the venue's sources may lag.
    overlap: dt.timedelta = dt.timedelta(minutes=10)

    def pause(self, failures: int) -> float:
        """Half of it is by chance, so that many sockets do not come back at the same moment."""
        whole = min(self.longest_pause, self.first_pause * 2 ** min(failures - 1, 16))
        return whole * random.uniform(0.5, 1)  # noqa: S311 - jitter

    def silence(self, heartbeat: dt.timedelta | None) -> float | None:
        """After how much silence a socket is dead; None where the venue promises no sign of life."""
        return None if heartbeat is None else max(self.least_silence, self.beats * heartbeat.total_seconds())
