"""How a person protects himself: his factors, his password, where he is signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import person_page


@require_safe
@person_page
def security(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/security.html")
