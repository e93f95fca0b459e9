"""How a question is asked again. Questions only: an order, a cancel or a change is sent once."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Patience:
    tries: int = 1
    #: The pause after the first failure is up to this, and twice that after each further one.
    first: float = 0.5
    #: Our own manners make one wait; for longer than this nobody stands and waits.
    longest: float = 2.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, asked: int, *, held: float | None) -> float | None:
        """Seconds to wait before asking again, spread by chance so that many do not come at once; None: give up."""
        if asked >= self.tries:
            return None
        if held is not None:
            return held + _chance.uniform(0, 0.1) if held <= self.longest else None
        return _chance.uniform(0, self.first * 2 ** (asked - 1))


NONE = Patience()
