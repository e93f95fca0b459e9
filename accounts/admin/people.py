"""People, where they are signed in, and what operators do about it."""

from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.formats import date_format

from accounts.domain.browsers import browser_in_words
from accounts.models import Consent, DataExport, Person, SignIn
from accounts.operator_site import ReadOnly
from accounts.selectors import Known, known_of_person
from accounts.services.lock_outs import lock_outs_of
from accounts.views import operators
from kernel import clock


class IdentityCheck(admin.ChoicesFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "identity check"


class State(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "may log in"), ("suspended", "suspended"), ("deleted", "deleted"), ("operator", "operator")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked: dict[str, dict[str, Any]] = {
            "open": {"is_active": True},
            "suspended": {"is_active": False, "deleted_at": None},
            "deleted": {"deleted_at__isnull": False},
            "operator": {"is_staff": True},
        }
        return queryset.filter(**asked.get(self.value() or "", {}))


@admin.register(Person)
class PersonAdmin(ReadOnly):
    group, title = "People", "People"
    list_display = ("email", "name", "state", "joined_at", "last_login")
    list_filter = (State, ("kyc", IdentityCheck))
    search_fields = ("email", "name")
    change_form_template = "admin/person.html"
    fieldsets = (
        (None, {"fields": ("name", "email", "addresses", "state", "joined_at", "last_login")}),
        ("Log-in", {"fields": ("factors", "sessions", "lock_outs")}),
        ("Identity check", {"fields": ("kyc_status", "reference", "set_at")}),
        ("Workspaces", {"fields": ("rooms",)}),
        ("Preferences", {"fields": ("country", "time_zone", "base_currency", "number_format")}),
    )

    def get_urls(self) -> list[Any]:
        ours = [
            path("<uuid:person>/kyc/", self.admin_site.admin_view(self.kyc), name="person-kyc"),
            path("<uuid:person>/do/<slug:act>/", self.admin_site.admin_view(self.act), name="person-act"),
        ]
        return [*ours, *super().get_urls()]

    def kyc(self, request: HttpRequest, person: UUID) -> HttpResponse:
        self._refuse_who_may_not_look(request)
        return operators.kyc(request, self.admin_site.each_context(request), person)

    def act(self, request: HttpRequest, person: UUID, act: str) -> HttpResponse:
        self._refuse_who_may_not_look(request)
        return operators.act_on_person(request, self.admin_site.each_context(request), person, act)

    def _refuse_who_may_not_look(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Person | None:
        person: Person | None = super().get_object(request, object_id, from_field)
        if person is not None:
            person.known = known_of_person(person)  # type: ignore[attr-defined]
            person.locked = lock_outs_of(person, now=clock.now())  # type: ignore[attr-defined]
        return person

    @admin.display(description="state")
    def state(self, person: Person) -> str:
        if person.deleted_at:
            return "deleted"
        return ("operator" if person.is_staff else "may log in") if person.is_active else "suspended"

    @admin.display(description="addresses")
    def addresses(self, person: Person) -> str:
        return "; ".join(_known(person).addresses)

    @admin.display(description="second factors")
    def factors(self, person: Person) -> str:
        return ", ".join(_known(person).factors) or "none"

    @admin.display(description="signed in at")
    def sessions(self, person: Person) -> str:
        places = [f"{browser_in_words(one.user_agent)}, {one.ip}" for one in _known(person).sessions]
        return "; ".join(places) or "nowhere"

    @admin.display(description="locked out of")
    def lock_outs(self, person: Person) -> str:
        return "; ".join(one.words for one in person.locked) or "nothing"  # type: ignore[attr-defined]

    @admin.display(description="status")
    def kyc_status(self, person: Person) -> str:
        return str(person.get_kyc_display())

    @admin.display(description="reference")
    def reference(self, person: Person) -> str:
        return person.kyc_reference or "–"

    @admin.display(description="set")
    def set_at(self, person: Person) -> str:
        return date_format(person.kyc_at, "DATETIME_FORMAT") if person.kyc_at else "never"

    @admin.display(description="member of")
    def rooms(self, person: Person) -> str:
        return "; ".join(f"{one.workspace.name} ({one.role})" for one in _known(person).memberships) or "none"


@admin.register(UserSession)
class SessionAdmin(ReadOnly):
    """Where people are signed in. Its key opens the session, so it is on no page."""

    group, title = "People", "Sessions"
    list_display = ("person", "browser", "address", "created_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")
    change_form_template = "admin/session.html"
    fields = ("person", "browser", "address", "created_at", "last_seen_at")

    def get_urls(self) -> list[Any]:
        end = self.admin_site.admin_view(self.end)
        return [path("<int:session>/end/", end, name="session-end"), *super().get_urls()]

    def end(self, request: HttpRequest, session: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return operators.end_session(request, self.admin_site.each_context(request), session)

    @admin.display(description="person", ordering="user__email")
    def person(self, session: UserSession) -> str:
        return str(session.user.email)

    @admin.display(description="address", ordering="ip")
    def address(self, session: UserSession) -> str:
        return str(session.ip)

    @admin.display(description="browser")
    def browser(self, session: UserSession) -> str:
        return browser_in_words(session.user_agent)


@admin.register(SocialAccount)
class OtherSiteAdmin(ReadOnly):
    """Whose log-in the other site opens."""

    group, title = "People", "Other site's log-ins"
    list_display = ("person", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("person", "provider", "uid", "date_joined", "last_login")

    @admin.display(description="person", ordering="user__email")
    def person(self, log_in: SocialAccount) -> str:
        return str(log_in.user.email)


@admin.register(SignIn)
class SignInAdmin(ReadOnly):
    group, title = "People", "Sign-ins"
    list_display = ("person", "at", "address", "way", "newness")
    list_select_related = ("person",)
    list_filter = ("was_new",)
    search_fields = ("person__email", "address")
    fields = ("person", "at", "address", "browser", "way", "newness")

    @admin.display(description="device")
    def newness(self, sign_in: SignIn) -> str:
        return "new then" if sign_in.was_new else "known"

    @admin.display(description="browser")
    def browser(self, sign_in: SignIn) -> str:
        return browser_in_words(sign_in.user_agent)


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    group, title = "People", "Consents"
    list_display = ("person", "document", "version", "at", "address")
    list_filter = ("document", "version")
    list_select_related = ("person",)
    search_fields = ("person__email",)


@admin.register(DataExport)
class DataExportAdmin(ReadOnly):
    """That a copy was packed, never where it lies."""

    group, title = "People", "Copies of data"
    list_display = ("person", "state", "rows", "size", "created_at", "expires_at", "downloaded_at", "failure")
    list_filter = ("state",)
    list_select_related = ("person",)
    fields = ("person", "state", "rows", "size", "created_at", "ready_at", "expires_at", "downloaded_at", "failure")


def _known(person: Person) -> Known:
    known: Known = person.known  # type: ignore[attr-defined]
    return known
