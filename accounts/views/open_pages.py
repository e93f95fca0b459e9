"""Pages for everybody: what Plumbline is, and what it costs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    return render(
        request, "accounts/landing.html", {"version": settings.VERSION, "may_sign_up": settings.SIGN_UP == "open"}
    )


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/pricing.html")
