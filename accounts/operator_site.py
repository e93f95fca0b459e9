"""The admin site: for staff whose session has proven a factor, every view in the operator's scope."""

import datetime as dt
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django_otp.admin import OTPAdminSite

from accounts.models import KillSwitch
from accounts.selectors import with_workspace_name
from accounts.step_up import has_factor
from accounts.views import operators
from kernel import clock
from kernel.jobs.models import JobState
from kernel.models import Job, WorkerHeartbeat
from kernel.tenancy.scope import operator

#: In this order on the first page; further groups follow by name.
GROUPS = ("People", "Workspaces", "Messages", "Machine")


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looks and changes nothing; changes go through services, which leave a trail."""

    #: Where the first page names it, and what it is called there.
    group: ClassVar[str]
    title: ClassVar[str]

    #: A tenant's page is shut to operators, so there is nothing to lead to.
    view_on_site = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"title": self.title, "subtitle": None, **(extra_context or {})})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        named = {**context, "title": str(context["original"]), "subtitle": None, "list_title": self.title}
        return super().render_change_form(request, named, *args, **kwargs)


class OperatorSite(OTPAdminSite):
    empty_value_display = "–"
    site_header = "Plumbline, operators"
    site_title = "Plumbline operators"
    index_title = "What runs here"
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Takes tables that only look. What a package brings along would be edited past the services and the trail,
        and shows what opens doors: sessions' keys, tokens of other sites."""
        if admin_class is not None and issubclass(admin_class, ReadOnly):
            super().register(model_or_iterable, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The tables by what they are about, not by the package they live in."""
        models = [one for app in super().get_app_list(request, app_label) for one in app["models"]]
        groups: dict[str, list[Any]] = {name: [] for name in GROUPS}
        for one in models:
            table = cast(ReadOnly, self._registry[one["model"]])
            groups.setdefault(table.group, []).append({**one, "name": table.title})
        return [
            {"name": name, "app_label": "", "app_url": "", "models": sorted(tables, key=lambda one: str(one["name"]))}
            for name, tables in groups.items()
            if tables
        ]

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:index")

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one log-in. Who is inside without a factor is led to prove or to add one; others find nothing."""
        way_back = request.GET.get("next") or request.get_full_path()
        if not request.user.is_authenticated:
            return redirect(f"{reverse('account_login')}?{urlencode({'next': way_back})}")
        person = request.user
        if not person.is_staff or self.has_permission(request):
            raise Http404
        if has_factor(person):
            return redirect(f"{reverse('confirm')}?{urlencode({'next': way_back})}")
        messages.warning(request, "Operators need a second factor. Add one here, then open the operators' pages again.")
        return redirect("security")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    def get_urls(self) -> list[Any]:
        return [
            path("live/", self.admin_view(self.live), name="live"),
            path("trading/", self.admin_view(self.trading), name="trading"),
            *super().get_urls(),
        ]

    def trading(self, request: HttpRequest) -> HttpResponse:
        return operators.trading(request, self.each_context(request))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list of tables under the four figures that say whether the instance is well."""
        return super().index(request, {**(extra_context or {}), "platform": platform_figures(now=clock.now())})

    def live(self, request: HttpRequest) -> HttpResponse:
        """Every tenant's jobs and the workers that do them, read again every two seconds."""
        context = {
            **self.each_context(request),
            "title": "Jobs and workers, live",
            "jobs": with_workspace_name(Job.objects.all())[:50],
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


def platform_figures(*, now: dt.datetime) -> dict[str, Any]:
    """What the operator looks at first; inside the operator's scope."""
    jobs = Job.objects.aggregate(
        running=Count("pk", filter=Q(state=JobState.RUNNING)),
        queued=Count("pk", filter=Q(state=JobState.QUEUED)),
        failed=Count("pk", filter=Q(state=JobState.FAILED, ended_at__gte=now - dt.timedelta(days=1))),
    )
    workers = WorkerHeartbeat.objects.aggregate(workers=Count("pk"), oldest_sign=Min("seen_at"))
    stopped = KillSwitch.objects.exclude(state=KillSwitch.State.ACTIVE).count()
    return {**jobs, **workers, "stopped": stopped}
