"""What a workspace may use, and what it used. Unlimited until billing registers the real functions.

Every app calls these from its first day; none names a plan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether one more is allowed; if not, the limit, what was asked for, and the sentence for the person."""

    is_allowed: bool
    limit: int | None = None
    used: int = 0
    reason: str = ""


UNLIMITED = Allowance(is_allowed=True)

May = Callable[[UUID, str, int], Allowance]
RecordUsage = Callable[[UUID, str, int], None]


def _unlimited(workspace_id: UUID, what: str, how_many: int) -> Allowance:
    return UNLIMITED


def _unmetered(workspace_id: UUID, what: str, how_many: int) -> None:
    """Nothing is counted until billing is there."""


_may: May = _unlimited
_record_usage: RecordUsage = _unmetered


def register(*, may: May, record_usage: RecordUsage) -> None:
    """Billing brings the real functions in its `ready()`."""
    global _may, _record_usage
    _may, _record_usage = may, record_usage


def may(workspace_id: UUID, what: str, how_many: int = 1) -> Allowance:
    """Whether the workspace may use so many more of it, such as `connections`, `backtests`, `seats`."""
    if how_many < 1:
        raise ValueError(f"asked whether {how_many} of {what} are allowed; at least one is needed")
    return _may(workspace_id, what, how_many)


def record_usage(workspace_id: UUID, what: str, how_many: int = 1) -> None:
    """Counts what was used."""
    _record_usage(workspace_id, what, how_many)
