"""API tokens, seen from a token: listed and revoked. Making one asks for a second factor, which is the page's."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.shapes import TokenShape
from accounts.models import ApiToken
from accounts.selectors import tokens_seen_by
from accounts.services.tokens import revoke_token
from accounts.step_up import NeverByToken
from kernel import clock
from kernel.api.permissions import HasRight
from kernel.api.rows import page_of_rows, page_shape
from kernel.api.views import WorkspaceView
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

COLUMNS = (
    "id",
    "person_id",
    "name",
    "prefix",
    "scopes",
    "addresses",
    "is_paper_only",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "last_used_from",
)


def _body(row: dict[str, object]) -> dict[str, object]:
    shown = dict(row)
    return {"id": shown.pop("id"), "person": shown.pop("person_id"), **shown}


class Tokens(WorkspaceView):
    permission_classes = (HasRight, NeverByToken)
    step_up_methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, "POST": Right.VIEW}

    @extend_schema(
        summary="Your tokens; all of the workspace's with the right to manage", responses=page_shape(TokenShape)
    )
    def get(self, request: Request) -> Response:
        answer = page_of_rows(self, tokens_seen_by(self.access), COLUMNS)
        answer.data["results"] = [_body(row) for row in answer.data["results"]]
        return answer

    @extend_schema(summary="Refused: a token is made on the page", request=None, responses={403: None})
    def post(self, request: Request) -> Response:
        """Always 403 STEP_UP_REQUIRED: no token may make another one."""
        raise AssertionError("the permission refuses it before")


class OneToken(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, "DELETE": Right.VIEW}

    @extend_schema(summary="One token, without its text", responses=TokenShape)
    def get(self, request: Request, token: UUID) -> Response:
        row = load(self.access, tokens_seen_by(self.access), token)
        return Response(_body({name: getattr(row, name) for name in COLUMNS}))

    @extend_schema(summary="Revoke a token", responses={204: None})
    def delete(self, request: Request, token: UUID) -> Response:
        """At once, and for good. Revoking twice changes nothing; a token may revoke itself."""
        row: ApiToken = load(self.access, tokens_seen_by(self.access), token)
        revoke_token(access=self.access, token=row, now=clock.now())
        return Response(status=204)
