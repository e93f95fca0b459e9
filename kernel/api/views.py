"""The base of every API view: authenticated by a token, inside its workspace's scope, refused in problems."""

from typing import Any, ClassVar

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api.limits import AddressRate
from kernel.tenancy.access import Access, Right
from kernel.tenancy.scope import tenant


class WorkspaceView(APIView):
    """Runs its handler inside `with tenant(...)`: one transaction, undone when the handler raises."""

    rights: ClassVar[dict[str, Right]] = {"GET": Right.VIEW, "HEAD": Right.VIEW}

    @property
    def access(self) -> Access:
        return self.request.auth  # type: ignore[return-value]

    def perform_authentication(self, request: Request) -> None:
        """Calls without a good token are counted by address, before anything else is done for them."""
        try:
            super().perform_authentication(request)
        except APIException:
            self._count_guess(request)
            raise
        if request.auth is None:
            self._count_guess(request)

    def _count_guess(self, request: Request) -> None:
        guesses = AddressRate()
        if not guesses.allow_request(request, self):
            self.throttled(request, guesses.wait())

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        method = (request.method or "").lower()
        handler = getattr(self, method, None)
        if handler is not None:
            setattr(self, method, self._in_scope(handler))

    def _in_scope(self, handler: Any) -> Any:
        def scoped(request: Request, *args: Any, **kwargs: Any) -> Response:
            with tenant(self.access.workspace_id):
                return handler(request, *args, **kwargs)

        return scoped

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        rate = getattr(getattr(request, "_request", request), "rate_limit", None)
        if rate:
            response["RateLimit-Limit"], response["RateLimit-Remaining"], response["RateLimit-Reset"] = map(str, rate)
        return response
