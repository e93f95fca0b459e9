"""Counts and times requests by the view's name, which has few values, never by path."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.health.metrics import REQUEST_SECONDS, REQUESTS


class RequestMetrics:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = clock.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name if match else None) or "unmatched"
        REQUEST_SECONDS.labels(view).observe(clock.monotonic() - started)
        REQUESTS.labels(request.method or "", view, str(response.status_code)).inc()
        return response
