"""What every page's frame shows: the workspace, the navigation, who is here."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.kill_switch import kill_switch
from accounts.registries import navigation_for


def frame(request: HttpRequest) -> dict[str, Any]:
    workspace = getattr(request, "workspace", None)
    if workspace is None:
        return {}
    return {
        "workspace": workspace,
        "access": request.access,  # type: ignore[attr-defined]
        "navigation": navigation_for(request),
        # Asked when the top bar is drawn, inside the scope; an error page is drawn outside it and does not ask.
        "trading": SimpleLazyObject(kill_switch),
    }
