"""Jobs of this app. Their work brings numpy with it, which no process needs that only starts them."""

from typing import Any

from instruments.domain.work import COLLECT, KEEP_UP
from kernel.jobs.kinds import Kind, register_kind
from kernel.jobs.run import Run


def register() -> None:
    register_kind(Kind(COLLECT, "Collect candles", _collect, queue="data"))
    register_kind(Kind(KEEP_UP, "Keep candles up to date", _keep_up, queue="data"))


def _collect(run: Run) -> dict[str, Any] | None:
    from instruments.services.collecting import collect  # noqa: PLC0415 - numpy, in workers alone

    return collect(run)


def _keep_up(run: Run) -> dict[str, Any] | None:
    from instruments.services.collecting import keep_up  # noqa: PLC0415 - numpy, in workers alone

    return keep_up(run)
