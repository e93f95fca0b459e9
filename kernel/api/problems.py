"""problem+json (RFC 9457) with a stable code: one table from exception to answer."""

from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """An answer with a status and a stable code of our own. `facts` are further members of the problem."""

    def __init__(self, status: int, code: str, detail: str, **facts: Any) -> None:
        super().__init__(detail, code)
        self.status_code, self.code, self.facts = status, code, facts


#: DRF's own exceptions and the code each one is known by.
_CODES: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "NOT_AUTHENTICATED",
    exceptions.AuthenticationFailed: "BAD_TOKEN",
    exceptions.PermissionDenied: "NOT_ALLOWED",
    exceptions.NotFound: "NOT_FOUND",
    exceptions.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    exceptions.NotAcceptable: "NOT_ACCEPTABLE",
    exceptions.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    exceptions.ParseError: "UNREADABLE_BODY",
    exceptions.ValidationError: "INVALID",
    exceptions.Throttled: "TOO_MANY_REQUESTS",
}


def _body(status: int, code: str, detail: str, request_id: str, **facts: Any) -> dict[str, Any]:
    return {
        "type": f"/api/v1/docs/#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request": request_id,
        **facts,
    }


def problem_json(status: int, code: str, detail: str, request: HttpRequest) -> HttpResponse:
    """A problem answered outside the API's views: a middleware's refusal, an address that is not there."""
    body = _body(status, code, detail, getattr(request, "request_id", ""))
    return HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What is not in the table is a 500 and goes on to the log."""
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing by that key, or it is not yours to see.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    if not isinstance(error, exceptions.APIException):
        return None
    facts: dict[str, Any] = {}
    if isinstance(error, Problem):
        code, detail, facts = error.code, str(error.detail), error.facts
    else:
        code, detail = _CODES[type(error)], str(getattr(error, "detail", error))
    headers = {}
    if isinstance(error, exceptions.ValidationError):
        detail, facts = "Some fields are not right; each one says why.", {"fields": error.get_full_details()}
    if isinstance(error, exceptions.Throttled):
        seconds = int(getattr(error, "wait", 0) or 0) + 1
        headers["Retry-After"] = str(seconds)
        detail = f"Too many requests. Try again in {seconds} s."
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    request_id = getattr(context["request"], "request_id", "")
    body = _body(error.status_code, code, detail, request_id, **facts)
    return Response(body, status=error.status_code, headers=headers, content_type=CONTENT_TYPE)
