"""The kill switch of the token's workspace: what binds now, and setting it. Never a step-up."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.shapes import NewTradingState, TradingState
from accounts.kill_switch import Level, State, kill_switch
from accounts.selectors import switches
from accounts.services.kill_switch import set_kill_switch
from kernel import clock
from kernel.api.views import WorkspaceView
from kernel.idempotency.api import idempotent
from kernel.tenancy.access import Right


class TradingSwitch(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, "POST": Right.EDIT}

    @extend_schema(summary="The state of trading, and every switch that was ever set", responses=TradingState)
    def get(self, request: Request) -> Response:
        return Response(_state())

    @extend_schema(summary="Halt, reduce or let go on", request=NewTradingState, responses=TradingState)
    @idempotent(is_money=False)
    def post(self, request: Request) -> Response:
        """At the workspace's level, or narrower. Twice the same is harmless; the wider levels are the operator's."""
        wanted = NewTradingState(data=request.data)
        wanted.is_valid(raise_exception=True)
        set_kill_switch(
            level=Level(wanted.validated_data["level"]),
            key=wanted.validated_data["key"],
            state=State(wanted.validated_data["state"]),
            reason=wanted.validated_data["reason"],
            now=clock.now(),
            person_id=self.access.person_id,
        )
        return Response(_state())


def _state() -> dict[str, object]:
    verdict = kill_switch()
    return {
        "state": verdict.state,
        "level": verdict.level,
        "reason": verdict.reason,
        "switches": [
            {"level": one.level, "key": one.key, "state": one.state, "reason": one.reason, "set_at": one.set_at}
            for one in switches()
        ],
    }
