"""What is left of a budget, as arithmetic: for the share that a process keeps to alone, and to check the shared one."""

from dataclasses import dataclass

from exchanges.domain.limits import Budget, Refill


@dataclass(frozen=True, slots=True)
class Meter:
    """How much was used. In a window `since` is the window's start; of a steady budget it is the last reckoning."""

    used: float = 0.0
    since: float = 0.0


def reckoned(meter: Meter, budget: Budget, *, now: float) -> Meter:
    """The meter as it stands now, before anything is paid."""
    match budget.refill:
        case Refill.WINDOW:
            start = now - now % budget.seconds
            return meter if meter.since == start else Meter(0.0, start)
        case Refill.STEADY:
            drained = max(0.0, now - meter.since) * budget.amount / budget.seconds
            return Meter(max(0.0, meter.used - drained), max(now, meter.since))


def wait_for(meter: Meter, budget: Budget, cost: float, *, share: float, now: float) -> float:
    """Seconds until so much can be paid of the share; nought when it can be now."""
    meter = reckoned(meter, budget, now=now)
    # A share may be less than one call costs: then it goes when nothing else was used.
    over = meter.used + cost - max(cost, budget.amount * share)
    if over <= 0:
        return 0.0
    if budget.refill is Refill.WINDOW:
        return meter.since + budget.seconds - now
    return over * budget.seconds / budget.amount


def paid(meter: Meter, budget: Budget, cost: float, *, now: float) -> Meter:
    meter = reckoned(meter, budget, now=now)
    return Meter(meter.used + cost, meter.since)
