"""`@idempotent` for the handlers of a WorkspaceView: the header `Idempotency-Key`, the first answer byte by byte."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.api.problems import Problem
from kernel.idempotency.keys import Answered, Asked, IdempotencyRefused, KeyMissing, answer_once

Handler = Callable[..., Any]
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"


def idempotent(*, is_money: bool, keeps: Collection[int] = ()) -> Callable[[Handler], Handler]:
    """Wraps a view's handler. For money the key is required and remembered for ever, else it is optional, for a day.

    Only 2xx answers are kept, and the refusals named in `keeps`. Any other answer, returned or raised, undoes what
    the handler wrote. The base view's scope is around this: the key, the effect and the answer are one transaction.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def once(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Any:
            key = request.headers.get(HEADER)
            if key is None and not is_money:
                return handler(view, request, *args, **kwargs)
            try:
                if key is None:
                    raise KeyMissing(f"This request needs the header {HEADER}: any text of your own, new for each act.")
                answered, is_replayed = answer_once(
                    Asked(key, request.method or "", request.get_full_path(), request.body),
                    do=lambda: _rendered(view, request, handler(view, request, *args, **kwargs)),
                    keeps=lambda status: 200 <= status < 300 or status in keeps,
                    is_money=is_money,
                    now=clock.now(),
                )
            except IdempotencyRefused as error:
                raise Problem(error.status, error.code, str(error)) from error
            response = HttpResponse(answered.body, status=answered.status, headers=answered.headers)
            if is_replayed:
                response[REPLAYED] = "true"
            return response

        once.idempotency_key_required = is_money  # type: ignore[attr-defined]  # the schema reads it
        return once

    return decorate


def _rendered(view: APIView, request: Request, response: HttpResponse) -> Answered:
    """The handler's answer as the bytes that go out."""
    if isinstance(response, Response):
        response.accepted_renderer = request.accepted_renderer
        response.accepted_media_type = request.accepted_media_type
        response.renderer_context = view.get_renderer_context()  # type: ignore[attr-defined]
        response.render()
    return Answered(response.status_code, dict(response.items()), response.content)
