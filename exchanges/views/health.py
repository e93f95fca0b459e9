"""How venues answer: the same for everybody here, and no count from which another's business could be read."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from exchanges.lines import markets_here
from exchanges.manners.health import MINUTES
from exchanges.selectors import health_of_markets
from kernel import clock


@require_safe
@workspace_page()
def health(request: WorkspaceRequest) -> HttpResponse:
    now = clock.now()
    context = {"markets": health_of_markets(markets_here(), now=now), "minutes": MINUTES, "now": now}
    return render(request, "exchanges/health.html", context)
