"""What every page's frame shows: the workspace, the navigation, the state of trading, who is here and how he reads."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.domain.documents import Moment
from accounts.kill_switch import kill_switch
from accounts.registries import mode_in_play, navigation_for
from accounts.selectors import documents_waiting, unread_count
from kernel.tenancy.scope import scope_or_none, tenant


def frame(request: HttpRequest) -> dict[str, Any]:
    person = getattr(request, "user", None)
    shown: dict[str, Any] = {"look": person} if person is not None and person.is_authenticated else {}
    shown["other_site"] = settings.OIDC_NAME
    workspace = getattr(request, "workspace", None)
    # A person's page stands in the frame of his home; who is in no workspace has none.
    shown["shell"] = "workspace.html" if workspace else "open.html"
    if workspace is None:
        return shown
    shown |= {
        "workspace": workspace,
        "access": request.access,  # type: ignore[attr-defined]
        "navigation": navigation_for(request),
        "waiting_documents": documents_waiting(request.user, Moment.SIGN_UP),  # type: ignore[arg-type]
    }
    # A workspace's page is drawn inside its scope; a person's is not, and neither is the page of an error.
    if scope_or_none() is not None:
        return shown | _state(request)
    with tenant(workspace.pk):
        return shown | _state(request)


def _state(request: HttpRequest) -> dict[str, Any]:
    # A page of one account names that account's own mode instead.
    unread = unread_count(request.access.person_id)  # type: ignore[attr-defined]
    return {"trading": kill_switch(), "unread": unread, "mode": mode_in_play()}
