"""Proves again who is there: the page that a step-up leads to."""

from typing import cast

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.doors import person_page
from accounts.models import Person
from accounts.proofs import record_password
from accounts.suspended import resume
from kernel import clock


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="Your password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def confirm(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if get_adapter(request).reauthenticate(person, form.cleaned_data["password"]):
            record_password(request, person)
            return resume(request, person, now=clock.now()) or redirect(_way_back(request))
        form.add_error("password", "This is not your password.")
    status = 422 if form.errors else 200
    return render(request, "accounts/confirm.html", {"form": form, "next": _way_back(request)}, status=status)


def _way_back(request: HttpRequest) -> str:
    given = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if given.startswith("/") and is_ours else "/account/security/"
