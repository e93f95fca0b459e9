"""Every component in every state, for the operators: the sheet to build from. Its figures are samples and say so."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated or not request.user.is_staff:
        raise Http404
    return render(request, "accounts/styleguide.html", {})
