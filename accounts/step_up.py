"""Asks again, whoever is logged in, before an act that could harm: a factor, proven in the last five minutes.

@workspace_page(write=Right.MANAGE)
@step_up(needs_factor=True)
def create_token(request): ...
"""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import Factor, Person
from accounts.proofs import factor_proof, password_proof
from accounts.suspended import suspend
from kernel import clock
from kernel.api.problems import Problem

View = Callable[..., HttpResponse]
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def step_up(*, needs_factor: bool = False, methods: Collection[str] = UNSAFE) -> Callable[[View], View]:
    """Lets the view run for who has just proven a factor; others confirm first, and what they sent is kept.

    Who has no factor confirms with the password, unless the act `needs_factor`: then he is led to add one.
    A view that shows a secret names GET among the methods.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                return view(request, *args, **kwargs)
            if needs_factor and not has_factor(cast(Person, request.user)):
                messages.warning(request, "This needs a second factor. Add one here, then do it again.")
                return _lead(request, reverse("security"))
            return view(request, *args, **kwargs) if has_stepped_up(request) else _ask_to_confirm(request)

        guarded.step_up = True  # type: ignore[attr-defined]
        return guarded

    return decorate


class NeverByToken(BasePermission):
    """For API methods that ask for a step-up: no token satisfies it, whatever its scopes."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in getattr(view, "step_up_methods", UNSAFE):
            raise Problem(
                403, "STEP_UP_REQUIRED", "This asks for a second factor, which a token cannot give. Do it on the page."
            )
        return True


def has_stepped_up(request: HttpRequest) -> bool:
    """True when the session proved a factor, or for who has none the password, in the last five minutes."""
    person = cast(Person, request.user)
    proof = factor_proof(request, person) if has_factor(person) else password_proof(request, person)
    return proof is not None and proof.is_fresh(clock.now())


def has_factor(person: Person) -> bool:
    return Factor.objects.filter(user=person).exists()


def _ask_to_confirm(request: HttpRequest) -> HttpResponse:
    way_back = request.get_full_path()
    if request.method not in {"GET", "HEAD"} and not suspend(request, cast(Person, request.user), now=clock.now()):
        messages.warning(request, "Nothing was changed yet. Confirm, then send the form again.")
    return _lead(request, f"{reverse('confirm')}?{urlencode({'next': way_back})}")


def _lead(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
