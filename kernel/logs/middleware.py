"""Gives each request an id, binds it to every log line, answers with it, and writes one line when it ends."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.ids import new_id
from kernel.logs.context import bind_ids, forget_ids
from kernel.logs.setup import get_logger

HEADER = "X-Request-ID"
_SAFE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")

log = get_logger(__name__)


class RequestLog:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if _SAFE.fullmatch(given) else new_id().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        forget_ids()
        bind_ids(request=request_id)
        started = clock.monotonic()
        try:
            response = self.get_response(request)
            response[HEADER] = request_id
            if not request.path.startswith(_QUIET):
                log.info(
                    "request.ended",
                    method=request.method,
                    path=request.path,
                    status=response.status_code,
                    milliseconds=round((clock.monotonic() - started) * 1000, 1),
                )
            return response
        finally:
            forget_ids()
