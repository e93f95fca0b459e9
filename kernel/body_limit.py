"""Refuses a request body that is too large before a byte of it is parsed."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.views.errors import answer

_TOO_LARGE = "plumbline.body_too_large"


class BodyLimit:
    """The middleware that answers. Under WSGI the length is declared; under ASGI see `AsgiBodyLimit`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return answer(request, 400, "BAD_CONTENT_LENGTH", "The request's Content-Length is not a number.")
        if int(length) > limit or getattr(request, "scope", {}).get(_TOO_LARGE):
            return answer(
                request,
                413,
                "BODY_TOO_LARGE",
                f"The request is larger than the {limit:,} bytes that are taken. Nothing was changed.",
            )
        return self.get_response(request)


class AsgiBodyLimit:
    """Stops reading at the limit, declared or not: Django would first collect a chunked body of any size."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        read = 0

        async def limited() -> dict[str, Any]:
            nonlocal read
            message: dict[str, Any] = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                    scope[_TOO_LARGE] = True
                    return {"type": "http.request", "body": b"", "more_body": False}
            return message

        await self.app(scope, limited, send)
