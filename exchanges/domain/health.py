"""How venues answered of late, as arithmetic over counts: per act, how many were answered and how long it took."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exchanges.domain.limits import Act

#: Seconds up to which a call counts into a box; what took longer counts into one more.
BOXES = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def box_of(seconds: float) -> int:
    return next((at for at, top in enumerate(BOXES) if seconds <= top), len(BOXES))


@dataclass(frozen=True, slots=True)
class ActHealth:
    act: Act
    calls: int
    #: Answered, whatever the answer said: a refusal is an answer too.
    answered: int
    boxes: Mapping[int, int] = field(default_factory=dict)
    #: All answers took so long together.
    seconds: float = 0.0

    @property
    def share_answered(self) -> float | None:
        return self.answered / self.calls if self.calls else None

    def within(self, share: float) -> float | None:
        """In how many seconds that share of the answers was there, told upwards; infinite when it took longer than the
        last box holds, None when there was no answer.
        """
        due, counted = share * sum(self.boxes.values()), 0
        if not due:
            return None
        for at, top in enumerate(BOXES):
            counted += self.boxes.get(at, 0)
            if counted >= due:
                return top
        return math.inf


def counted(call: Act, seconds: float, *, is_answered: bool) -> dict[str, int]:
    """What a call adds to. How long nobody answered is no time of an answer."""
    if not is_answered:
        return {f"{call}:silent": 1}
    return {f"{call}:answered": 1, f"{call}:box{box_of(seconds)}": 1, f"{call}:microseconds": int(seconds * 1_000_000)}


def acts_of(minutes: Iterable[Mapping[str, int]]) -> list[ActHealth]:
    """The minutes' counters together, the act that was asked most first."""
    kinds: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for minute in minutes:
        for name, number in minute.items():
            act, kind = name.split(":")
            kinds[act][kind] = kinds[act].get(kind, 0) + number
    found = [
        ActHealth(
            act=Act(act),
            calls=counts.get("answered", 0) + counts.get("silent", 0),
            answered=counts.get("answered", 0),
            boxes={int(kind[3:]): number for kind, number in counts.items() if kind.startswith("box")},
            seconds=counts.get("microseconds", 0) / 1_000_000,
        )
        for act, counts in kinds.items()
    ]
    return sorted(found, key=lambda one: (-one.calls, one.act))


def together(acts: Iterable[ActHealth]) -> tuple[float | None, float | None, float | None]:
    """The share that was answered, and within how many seconds the middle and the 95th of 100 answers came."""
    boxes: defaultdict[int, int] = defaultdict(int)
    calls = answered = 0
    for one in acts:
        calls, answered = calls + one.calls, answered + one.answered
        for at, number in one.boxes.items():
            boxes[at] += number
    if not calls:
        return None, None, None
    whole = ActHealth(Act.CLOCK, calls, answered, boxes)
    return whole.share_answered, whole.within(0.5), whole.within(0.95)
