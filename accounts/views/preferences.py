"""How a person reads: theme, figures, time, country; and what is known of his identity check."""

from decimal import Decimal
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain.jurisdictions import notices_for
from accounts.doors import person_page
from accounts.forms.preferences import PreferencesForm, time_zones
from accounts.models import Kyc, NumberFormat, Person
from accounts.services.preferences import change_preferences
from kernel import clock

EXAMPLES = (
    (Decimal("1885588.10"), "INR"),
    (Decimal("1250000"), "USD"),
    (Decimal("-91250.55"), "EUR"),
    (Decimal("0.015"), "BTC"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def preferences(request: HttpRequest) -> HttpResponse:
    person, now = cast(Person, request.user), clock.now()
    form = PreferencesForm(request.POST) if request.method == "POST" else PreferencesForm.of(person)
    if request.method == "POST" and form.is_valid():
        changed = change_preferences(person=person, wanted=form.cleaned_data, now=now)
        messages.success(request, "Your preferences are kept." if changed else "Nothing was different.")
        return redirect("preferences")
    if form.errors:
        # The frame goes on showing what is kept, not what was typed.
        person.refresh_from_db()
    context = {
        "form": form,
        "time_zones": time_zones(),
        "kyc": Kyc(person.kyc),
        "notices": notices_for(person.country, is_self_hosted=settings.SELF_HOSTED),
        **_examples(person, person.number_format, person.time_zone),
    }
    return render(request, "accounts/preferences.html", context, status=422 if form.errors else 200)


@require_safe
@person_page
def examples(request: HttpRequest) -> HttpResponse:
    """The examples as they would read with what is chosen in the form, before it is kept."""
    person = cast(Person, request.user)
    chosen = request.GET.get("number_format", "")
    zone = request.GET.get("time_zone", "")
    context = _examples(
        person,
        chosen if chosen in NumberFormat.values else person.number_format,
        zone if zone in time_zones() else person.time_zone,
    )
    return render(request, "accounts/partials/_examples.html", context)


def _examples(person: Person, number_format: str, time_zone: str) -> dict[str, object]:
    """A stand-in for the person, for the tags that ask how he reads."""
    reader = Person(number_format=number_format, time_zone=time_zone)
    return {"reader": reader, "examples": EXAMPLES, "now": clock.now()}
