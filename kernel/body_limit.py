"""Refuses a request body that is too large before a byte of it is parsed."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.views.errors import answer


class BodyLimit:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit():
            return answer(request, 400, "BAD_CONTENT_LENGTH", "The request's Content-Length is not a number.")
        if int(length) > limit:
            return answer(
                request,
                413,
                "BODY_TOO_LARGE",
                f"The request has {int(length):,} bytes; at most {limit:,} are taken. Nothing was changed.",
            )
        return self.get_response(request)
