"""Where an operator puts a bar right, or back. Called in the operator's scope, for staff who have proven a factor."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import Person
from accounts.views.acts import Act
from instruments.models import RepairProposal
from instruments.services.candles import BarMoved
from instruments.services.repairs import accept_repair, undo_repair
from kernel import clock

ACTS = {
    "accept": Act(
        accept_repair,
        "Put this bar right?",
        "The proposed figures become a further revision of the bar, marked as repaired, known from now on. The raw bar "
        "stays kept, and you can put it back.",
        "Put it right",
        "The bar is put right.",
        "It was put right already.",
    ),
    "undo": Act(
        undo_repair,
        "Put the raw bar back?",
        "The raw figures become a further revision of the bar, by the source that told them.",
        "Put the raw bar back",
        "The raw bar is back.",
        "The raw bar stood there already.",
    ),
}


def decide(request: HttpRequest, context: dict[str, Any], repair: UUID, act: str) -> HttpResponse:
    if act not in ACTS:
        raise Http404
    found = get_object_or_404(RepairProposal.objects.select_related("series__listing"), pk=repair)
    asked, status = ACTS[act], 200
    if request.method == "POST":
        try:
            changed = asked.do(repair=found, by=cast(Person, request.user).pk, now=clock.now())
        except BarMoved as error:
            messages.error(request, str(error))
            status = 422
        else:
            asked.tell(request, is_done=changed)
            return redirect("admin:instruments_repairproposal_change", found.pk)
    shown = {**context, "title": asked.question, "words": asked.words, "button": asked.button, "repair": found}
    return render(request, "admin/repair_act.html", shown, status=status)
