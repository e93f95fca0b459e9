"""Pages for everybody: what Plumbline is, and what it costs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve, reverse
from django.views.decorators.http import require_safe


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    sign_up = reverse("account_signup")
    is_open = resolve(sign_up).view_name == "account_signup"
    context = {"version": settings.VERSION, "sign_up_url": sign_up if is_open else ""}
    return render(request, "accounts/landing.html", context)


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/pricing.html")
