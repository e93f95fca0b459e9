"""Venues, connections and what they hold. Keys are written on the page alone: that asks for a second factor."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges.api.shapes import AccountBalance, ConnectionShape, ExchangeShape
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.rights import RightsQuery
from exchanges.domain.venues import VENUES
from exchanges.models import Account, Connection
from exchanges.selectors import accounts_with_snapshots, listed_connections
from kernel import clock
from kernel.api.views import WorkspaceView
from kernel.tenancy.loader import load


class Exchanges(WorkspaceView):
    @extend_schema(summary="The venues, and what each of them can do", responses=ExchangeShape(many=True))
    def get(self, request: Request) -> Response:
        return Response([_venue(facts) for facts in VENUES.values()])


class Connections(WorkspaceView):
    @extend_schema(
        summary="Open connections, how each stands and what its key may do", responses=ConnectionShape(many=True)
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        return Response([_connection(one, one.standing(now=now)) for one in listed_connections(now=now)])


class OneConnection(WorkspaceView):
    @extend_schema(summary="One connection", responses=ConnectionShape)
    def get(self, request: Request, connection: UUID) -> Response:
        found = load(self.access, Connection.objects.all(), connection)
        return Response(_connection(found, found.standing(now=clock.now())))


class Balance(WorkspaceView):
    @extend_schema(
        summary="What each venue says one has, with how old its word is", responses=AccountBalance(many=True)
    )
    def get(self, request: Request) -> Response:
        return Response([_balance(account) for account in accounts_with_snapshots()])


def _venue(facts: VenueFacts) -> dict[str, object]:
    return {
        "name": facts.name,
        "title": facts.title,
        "segments": [
            {
                "name": name,
                "orders": {kind.value: support.value for kind, support in segment.orders.items()},
                "lasting": sorted(segment.lasting),
                "products": sorted(segment.products),
                "is_fractional": segment.is_fractional,
            }
            for name, segment in facts.segments.items()
        ],
        "tells_rights": facts.rights is RightsQuery.ANSWERS,
        "has_test_market": facts.has_test_market,
        "needs_daily_log_in": facts.credentials.life.daily_end is not None,
        "candle_intervals": sorted(facts.candle_intervals),
    }


def _connection(one: Connection, standing: str) -> dict[str, object]:
    plain = ("id", "venue", "mode", "name", "last_four", "can_read", "can_trade", "withdrawal", "is_address_bound")
    times = ("ends_at", "checked_at", "added_at")
    told = {name: getattr(one, name) for name in (*plain, *times)}
    return {**told, "standing": standing, "trouble": one.met_words}


def _balance(account: Account) -> dict[str, object]:
    return {
        "account": account.pk,
        "connection": account.connection_id,
        "venue": account.connection.venue,
        "name": account.name,
        "mode": account.mode,
        "told": [
            {name: getattr(one, name) for name in ("kind", "rows", "taken_at", "failed_at", "failure")}
            for one in account.snapshots.all()
        ],
    }
