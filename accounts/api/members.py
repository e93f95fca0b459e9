"""Who is in the token's workspace."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.shapes import MemberShape
from accounts.models import Membership
from kernel.api.rows import page_of_rows, page_shape
from kernel.api.views import WorkspaceView


class Members(WorkspaceView):
    @extend_schema(summary="Who is in the workspace, and as what", responses=page_shape(MemberShape))
    def get(self, request: Request) -> Response:
        columns = ("id", "person_id", "person__name", "person__email", "role", "can_trade", "joined_at")
        answer = page_of_rows(self, Membership.objects.all(), columns)
        answer.data["results"] = [
            {
                "id": row["id"],
                "person": row["person_id"],
                "name": row["person__name"],
                "email": row["person__email"],
                "role": row["role"],
                "can_trade": row["can_trade"],
                "joined_at": row["joined_at"],
            }
            for row in answer.data["results"]
        ]
        return answer
