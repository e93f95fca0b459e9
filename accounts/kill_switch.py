"""The one function that answers for all levels of the kill switch (EXECUTION.md, the gate)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import KillSwitch
from kernel.tenancy.scope import current_workspace_id

Level = KillSwitch.Level
State = KillSwitch.State

#: Set by the operator; every narrower one is the workspace's own.
PLATFORM_LEVELS = (Level.PLATFORM, Level.VENUE)
OWN_LEVELS = [(level.value, level.label) for level in Level if level not in PLATFORM_LEVELS]

_STRICTNESS = {State.ACTIVE: 0, State.REDUCING: 1, State.HALTED: 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strictest state that binds, and who says so."""

    state: State
    level: Level | None = None
    key: str = ""
    reason: str = ""

    @property
    def is_active(self) -> bool:
        return self.state is State.ACTIVE


def kill_switch(
    *,
    venue: str = "",
    account: str = "",
    strategy: str = "",
    instrument: str = "",
) -> Verdict:
    """What may be done now in the scope's workspace with this venue, account, strategy and instrument.

    Reads the rows each time, inside the transaction that acts on the answer; nothing is cached.
    """
    binding = Q(level=Level.PLATFORM) | Q(level=Level.WORKSPACE, workspace_id=current_workspace_id())
    for level, key in (
        (Level.VENUE, venue),
        (Level.ACCOUNT, account),
        (Level.STRATEGY, strategy),
        (Level.INSTRUMENT, instrument),
    ):
        if key:
            binding |= Q(level=level, key=key)
    return strictest(KillSwitch.objects.filter(binding))


def strictest(switches: Iterable[KillSwitch]) -> Verdict:
    """HALTED before REDUCING before ACTIVE; among equals the widest level speaks."""
    order = list(Level)
    verdict = Verdict(State.ACTIVE)
    for switch in sorted(switches, key=lambda one: order.index(Level(one.level))):
        if _STRICTNESS[State(switch.state)] > _STRICTNESS[verdict.state]:
            verdict = Verdict(State(switch.state), Level(switch.level), switch.key, switch.reason)
    return verdict
