"""The middleware that closes the house while MAINTENANCE is set: everybody is told so, health checks go on."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.views.errors import maintenance

#: A load balancer and a graph must go on seeing the process.
OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/static/")
RETRY_AFTER_SECONDS = 300


class Maintenance:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.MAINTENANCE and not request.path.startswith(OPEN_PATHS):
            return maintenance(request, retry_after=RETRY_AFTER_SECONDS)
        return self.get_response(request)
