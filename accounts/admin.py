"""What operators see of tenants: read-only, and never a secret."""

from typing import Any, cast
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from accounts.forms.kyc import KycForm
from accounts.models import (
    ApiToken,
    AuditEntry,
    Consent,
    DataExport,
    Invitation,
    KillSwitch,
    Kyc,
    Mail,
    Membership,
    NoticeMessage,
    NotificationChannel,
    Person,
    SignIn,
    Workspace,
)
from accounts.operator_site import ReadOnly
from accounts.services.people import set_kyc
from kernel import clock
from kernel.models import Job, WorkerHeartbeat


@admin.register(Person)
class PersonAdmin(ReadOnly):
    list_display = ("email", "name", "is_active", "is_staff", "joined_at", "last_login")
    list_filter = ("kyc", "is_staff", "is_active")
    search_fields = ("email", "name")
    exclude = ("password", "groups", "user_permissions")
    change_form_template = "admin/person.html"

    def get_urls(self) -> list[Any]:
        kyc = self.admin_site.admin_view(self.kyc)
        return [path("<uuid:person>/kyc/", kyc, name="person-kyc"), *super().get_urls()]

    def kyc(self, request: HttpRequest, person: UUID) -> HttpResponse:
        """The one thing that operators change of a person: what their provider said of his identity."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = get_object_or_404(Person, pk=person, deleted_at=None)
        form = KycForm(
            request.POST if request.method == "POST" else None,
            initial={"status": found.kyc, "reference": found.kyc_reference},
        )
        if request.method == "POST" and form.is_valid():
            set_kyc(
                person=found,
                status=Kyc(form.cleaned_data["status"]),
                reference=form.cleaned_data["reference"],
                set_by=cast(Person, request.user),
                now=clock.now(),
            )
            self.message_user(request, "The identity check is set; the person is told.")
            return redirect("admin:accounts_person_change", found.pk)
        context = {**self.admin_site.each_context(request), "title": f"Identity check of {found}", "form": form}
        return render(request, "admin/kyc.html", context, status=422 if form.errors else 200)


@admin.register(Workspace)
class WorkspaceAdmin(ReadOnly):
    list_display = ("name", "slug", "kind", "networks", "created_at")
    search_fields = ("name", "slug")

    @admin.display(description="open to")
    def networks(self, workspace: Workspace) -> str:
        return ", ".join(workspace.allowed_networks) or "every address"


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("person", "workspace", "role", "can_trade", "joined_at")
    list_select_related = ("person", "workspace")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    list_display = ("name", "prefix", "person", "workspace", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("person", "workspace")
    exclude = ("digest",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("email", "workspace", "role", "can_trade", "created_at", "expires_at", "accepted_at")
    list_select_related = ("workspace",)
    search_fields = ("email",)
    exclude = ("digest",)


@admin.register(SignIn)
class SignInAdmin(ReadOnly):
    list_display = ("person", "at", "address", "way", "was_new")
    list_select_related = ("person",)
    list_filter = ("was_new",)
    search_fields = ("person__email", "address")


@admin.register(SocialAccount)
class LogInAdmin(ReadOnly):
    """Whose log-in another site opens."""

    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    fields = ("user", "provider", "uid", "date_joined", "last_login")


@admin.register(UserSession)
class SessionAdmin(ReadOnly):
    """Never the key, which is all that its cookie carries."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    list_select_related = ("user",)
    search_fields = ("user__email", "ip")
    exclude = ("session_key", "data")


@admin.register(Authenticator)
class FactorAdmin(ReadOnly):
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    exclude = ("data",)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnly):
    list_display = ("email", "user", "primary", "verified")
    list_select_related = ("user",)
    search_fields = ("email",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("sequence", "workspace_id", "at", "action", "target")
    list_filter = ("action",)
    exclude = ("detail_digest", "previous_hash", "entry_hash")


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnly):
    list_display = ("level", "key", "workspace", "state", "reason", "set_at")
    list_select_related = ("workspace",)


@admin.register(Mail)
class MailAdmin(ReadOnly):
    """State and error; the words are sealed, and nobody's here."""

    list_display = ("subject", "to", "state", "attempts", "last_error", "next_attempt_at", "created_at", "finished_at")
    list_filter = ("state",)
    exclude = ("body",)


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    list_display = ("person", "document", "version", "at", "address")
    list_filter = ("document", "version")
    list_select_related = ("person",)


@admin.register(DataExport)
class DataExportAdmin(ReadOnly):
    """That a copy was packed, never where it lies."""

    list_display = ("person", "state", "rows", "size", "created_at", "expires_at", "downloaded_at", "failure")
    list_filter = ("state",)
    list_select_related = ("person",)
    exclude = ("file",)


@admin.register(NotificationChannel)
class NotificationChannelAdmin(ReadOnly):
    list_display = ("kind", "workspace", "person", "is_active", "failed_at", "failure")
    list_filter = ("kind", "is_active")
    list_select_related = ("person", "workspace")
    exclude = ("address", "secret", "label")


@admin.register(NoticeMessage)
class NoticeMessageAdmin(ReadOnly):
    list_display = ("kind", "state", "attempts", "last_error", "next_attempt_at", "created_at", "finished_at")
    list_filter = ("kind", "state")
    fields = ("kind", "state", "attempts", "last_error", "next_attempt_at", "created_at", "finished_at")


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("title", "workspace_id", "state", "queue", "done", "total", "attempts", "created_at")
    list_filter = ("state", "queue", "kind")


@admin.register(WorkerHeartbeat)
class WorkerHeartbeatAdmin(ReadOnly):
    list_display = ("name", "queues", "started_at", "seen_at")
