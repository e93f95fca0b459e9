"""Error answers: a page for a browser, problem+json for the API, the same words in both."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kernel.api.problems import problem_json
from kernel.durations import in_words


def answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """An error in the form its reader takes."""
    if request.path.startswith("/api/"):
        return problem_json(status, code, detail, request)
    context = {
        "status": status,
        "title": HTTPStatus(status).phrase,
        "code": code,
        "detail": detail,
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "error.html", context, status=status)


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


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(
        request,
        500,
        "SERVER_ERROR",
        "Something failed on our side and was recorded. What you sent may not have been done; look first.",
    )


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Counted by somebody's limit: nothing was looked at, and this is how long to wait."""
    response = answer(
        request, 429, "TOO_MANY_REQUESTS", f"Too many tries. Nothing was looked at. Try again in {in_words(seconds)}."
    )
    response["Retry-After"] = str(seconds)
    return response
