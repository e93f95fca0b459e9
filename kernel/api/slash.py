"""A path of the API means the same with a slash at its end: what is sent to it is answered, not sent away."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

API = "/api/"


class NoSlashAtTheEnd:
    """The middleware. It stands first, so that keys of idempotency, limits and logs know one path alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(API) and request.path_info.endswith("/"):
            request.path_info = request.path_info.rstrip("/")
            request.path = request.path.rstrip("/")
        return self.get_response(request)
