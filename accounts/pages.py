"""What every page's frame shows: the workspace, the navigation, who is here."""

from typing import Any

from django.http import HttpRequest

from accounts.registries import navigation_for


def frame(request: HttpRequest) -> dict[str, Any]:
    workspace = getattr(request, "workspace", None)
    if workspace is None:
        return {}
    return {
        "workspace": workspace,
        "access": request.access,  # type: ignore[attr-defined]
        "navigation": navigation_for(request),
    }
