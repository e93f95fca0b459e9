"""A new paper account. No key, no factor, no wait, no plan: it moves no money."""

from typing import cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.models import Person
from exchanges.domain.paper_account import OLDEST
from exchanges.forms.paper import PaperForm
from exchanges.services.connections import NotAllowed
from exchanges.services.paper import add_paper
from kernel import clock
from kernel.idempotency.forms import idempotent_form
from kernel.tenancy.access import Right


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(read=Right.EDIT, write=Right.EDIT)
@idempotent_form(is_money=False)
def add(request: WorkspaceRequest) -> HttpResponse:
    form = PaperForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_paper(
                access=request.access, person=cast(Person, request.user), now=clock.now(), **form.cleaned_data
            )
        except NotAllowed as error:
            form.add_error(None, str(error))
        else:
            return redirect("connection", request.workspace.slug, made.pk)
    context = {"form": form, "oldest": int(OLDEST.total_seconds())}
    return render(request, "exchanges/add_paper.html", context, status=422 if form.errors else 200)
