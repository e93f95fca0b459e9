"""`@idempotent_form` for pages: the hidden field that `{% idempotency_key %}` writes makes a double click one act."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.idempotency.keys import Answered, Asked, IdempotencyRefused, KeyMissing, answer_once
from kernel.views.errors import answer

FIELD = "idempotency_key"
#: A browser shows the answer to the second click and drops the first one's: so the second waits for it.
WAIT_SECONDS = 3.0
_NOT_COMPARED = {FIELD, "csrfmiddlewaretoken"}

View = TypeVar("View", bound=Callable[..., HttpResponse])


def idempotent_form(*, is_money: bool) -> Callable[[View], View]:
    """Wraps a page's view, inside its door. A POST is carried out once for each key; success (2xx, 3xx) is kept.

    A form with mistakes must be answered with 4xx: that is forgotten, and the same key may come with better values.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def once(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != "POST":
                return view(request, *args, **kwargs)
            key = request.POST.get(FIELD, "")
            if not key and not is_money:
                return view(request, *args, **kwargs)
            try:
                if not key:
                    raise KeyMissing("The form came without its key. Load the page again and send it once more.")
                answered, _ = answer_once(
                    Asked(key, "POST", request.get_full_path(), fields_of(request)),
                    do=lambda: _rendered(view(request, *args, **kwargs)),
                    keeps=lambda status: 200 <= status < 400,
                    is_money=is_money,
                    now=clock.now(),
                    wait_seconds=WAIT_SECONDS,
                )
            except IdempotencyRefused as error:
                return answer(request, error.status, error.code, str(error))
            return HttpResponse(answered.body, status=answered.status, headers=answered.headers)

        return once  # type: ignore[return-value]

    return decorate


def _rendered(response: HttpResponse) -> Answered:
    if hasattr(response, "render"):
        response = response.render()
    return Answered(response.status_code, dict(response.items()), response.content)


def fields_of(request: HttpRequest) -> bytes:
    """The form's fields in a fixed order. The CSRF token is masked anew on each page and says nothing."""
    sent = [(name, value) for name, values in sorted(request.POST.lists()) for value in values]
    return urlencode([pair for pair in sent if pair[0] not in _NOT_COMPARED]).encode()
