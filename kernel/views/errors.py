"""Error answers: a page for a browser, problem+json for the API, the same words in both."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from kernel.api.problems import problem_json
from kernel.durations import in_words

#: What a page says above the sentence; another status says its own name.
TITLES = {
    400: "That could not be read",
    401: "Log in first",
    403: "You may not do that here",
    404: "Nothing is here",
    405: "This address does not take that",
    409: "Something changed meanwhile",
    410: "This is gone",
    413: "That is too large",
    415: "That form is not taken here",
    422: "Something in it does not fit",
    429: "That was too often",
    500: "Something failed here",
    503: "Closed for maintenance",
}


def answer(
    request: HttpRequest, status: int, code: str, detail: str, *, retry_after: int | None = None, is_bare: bool = False
) -> HttpResponse:
    """An error in the form its reader takes; `retry_after` seconds are said in words and in the header.

    A bare answer asks neither the database nor the session: they may be what failed.
    """
    if request.path.startswith("/api/"):
        response = problem_json(status, code, detail, request)
    else:
        context = {
            "status": status,
            "title": TITLES.get(status) or HTTPStatus(status).phrase,
            "code": code,
            "detail": detail,
            "retry_after": None if retry_after is None else in_words(retry_after),
            "request_id": getattr(request, "request_id", ""),
        }
        page = render_to_string("error.html", context, None if is_bare else request)
        response = HttpResponse(page, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400, "BAD_REQUEST", "The request could not be read. Nothing was changed.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    code = getattr(exception, "code", "NOT_ALLOWED")
    return answer(request, 403, code, str(exception) or "You may look here, but not do this.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(
        request,
        403,
        "FORM_EXPIRED",
        "The form is older than your session, or came from another site. Load the page again and send it once more.",
    )


def not_found(request: HttpRequest, exception: Any) -> HttpResponse:
    return answer(request, 404, "NOT_FOUND", "There is nothing at this address, or it is not yours to see.")


def too_many(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    """For pages that count tries: says how long to wait."""
    return answer(
        request,
        429,
        "TOO_MANY_REQUESTS",
        "This was asked for more often than is allowed, so it was not done.",
        retry_after=retry_after,
    )


def maintenance(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    return answer(
        request,
        503,
        "MAINTENANCE",
        "The operator has closed Plumbline for a short while. Nothing was changed.",
        retry_after=retry_after,
        is_bare=True,
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(
        request,
        500,
        "SERVER_ERROR",
        "Something failed on our side and was recorded. What you sent may not have been done; look first.",
        is_bare=True,
    )
