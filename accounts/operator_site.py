"""The admin site: staff only, every view in the operator's scope."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from kernel.tenancy.scope import operator


class OperatorSite(AdminSite):
    site_header = "Plumbline, operators"
    site_title = "Plumbline operators"
    index_title = "What runs here"
    enable_nav_sidebar = False

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        inner = super().admin_view(view, cacheable)

        def in_operator_scope(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                return inner(request, *args, **kwargs)
            with operator():
                response = inner(request, *args, **kwargs)
                if hasattr(response, "render"):
                    response.render()
                return response

        return in_operator_scope
