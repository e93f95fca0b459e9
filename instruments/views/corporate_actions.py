"""Where an operator tells of a split or a dividend, and takes a wrong one back. In the operator's scope."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import Person
from instruments.forms.corporate_actions import ActionForm, WithdrawalForm
from instruments.models import CorporateAction
from instruments.services.corporate_actions import Contradicted, add_action, withdraw_action
from kernel import clock

#: By whom the fact is told that is typed here.
SOURCE = "operator"
_ROW = "admin:instruments_corporateaction_change"


def add(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    now = clock.now()
    form = ActionForm(request.POST if request.method == "POST" else None, today=now.date())
    if request.method == "POST" and form.is_valid():
        assert form.listing is not None
        assert form.fact is not None
        by, one = cast(Person, request.user), form.listing.instrument
        try:
            row, is_new = add_action(instrument=one, fact=form.fact, source=SOURCE, now=now, by=by.pk)
        except Contradicted as error:
            form.add_error(None, str(error))
        else:
            said = f"The {row.fact.words} of {one} on {row.ex_date} is kept." if is_new else "It was kept already."
            (messages.success if is_new else messages.info)(request, said)
            return redirect(_ROW, row.pk)
    shown = {
        **context,
        "form": form,
        "title": "Add a split or a dividend",
        "words": "Bars stay as they were told. Whoever asks for adjusted bars gets them with this in, from now on.",
        "button": "Add it",
    }
    return render(request, "admin/corporate_action_act.html", shown, status=422 if form.errors else 200)


def withdraw(request: HttpRequest, context: dict[str, Any], action: UUID) -> HttpResponse:
    found = get_object_or_404(CorporateAction.objects.select_related("instrument"), pk=action)
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        by = cast(Person, request.user)
        changed = withdraw_action(action=found, reason=form.cleaned_data["reason"], now=clock.now(), by=by.pk)
        (messages.success if changed else messages.info)(
            request, "It is withdrawn." if changed else "It was withdrawn already."
        )
        return redirect(_ROW, found.pk)
    shown = {
        **context,
        "form": form,
        "action": found,
        "title": "Withdraw it?",
        "words": f"The {found.fact.words} of {found.instrument} on {found.ex_date}, told by {found.source}, stays to "
        "be seen, and nothing is reckoned with it any more. The right one may be added after that.",
        "button": "Withdraw it",
        "is_grave": True,
    }
    return render(request, "admin/corporate_action_act.html", shown, status=422 if form.errors else 200)
