"""The admin site: staff only, every view in the operator's scope."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from kernel import clock
from kernel.models import Job, WorkerHeartbeat
from kernel.tenancy.scope import operator


class OperatorSite(AdminSite):
    site_header = "Plumbline, operators"
    site_title = "Plumbline operators"
    index_title = "What runs here"
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        return [path("live/", self.admin_view(self.live), name="live"), *super().get_urls()]

    def live(self, request: HttpRequest) -> HttpResponse:
        """Every tenant's jobs and the workers that do them, read again every two seconds."""
        context = {
            **self.each_context(request),
            "title": "Jobs and workers, live",
            "jobs": Job.objects.all()[:50],
            "workers": WorkerHeartbeat.objects.all(),
            "now": clock.now(),
        }
        return render(request, "admin/live.html", context)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
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
