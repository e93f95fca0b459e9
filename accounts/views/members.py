"""The members of a workspace: who is in, as what, and how that changes."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.forms.members import StandingForm
from accounts.models import Membership, Workspace
from accounts.registries import SearchHit
from accounts.selectors import members_named, members_of_workspace, open_invitations
from accounts.services import members as services
from accounts.services.members import Changed, MemberRefused, Standing
from accounts.step_up import step_up
from kernel import clock
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load
from kernel.views.errors import answer

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_safe
@workspace_page()
def members(request: WorkspaceRequest) -> HttpResponse:
    manages = request.access.may(Right.MANAGE)
    context = {
        "members": members_of_workspace(),
        "manages": manages,
        "is_team": request.workspace.kind == Workspace.Kind.TEAM,
        "invitations": open_invitations() if manages else [],
        "now": clock.now(),
    }
    return render(request, "accounts/members.html", context)


@require_http_methods(GET_AND_POST)
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
def member(request: WorkspaceRequest, member: UUID) -> HttpResponse:
    row = _load(request, member)
    if request.method != "POST":
        return _member_page(request, row, _form_of(row))
    form = StandingForm(request.POST)
    if not form.is_valid():
        return _member_page(request, row, form, status=422)
    try:
        services.change_member(
            access=request.access,
            membership_id=row.pk,
            was=Standing.parse(request.POST.get("was", "")),
            to=form.standing,
            now=clock.now(),
        )
    except Changed as error:
        now_so = Membership.objects.select_related("person").filter(pk=row.pk).first()
        if now_so is None or not _is_owner(request):
            return _refused(request, error)
        return _member_page(request, now_so, _form_of(now_so), status=409, refusal=str(error))
    except MemberRefused as error:
        return _member_page(request, row, _form_of(row), status=409, refusal=str(error))
    messages.success(request, format_html("<bdi>{}</bdi> is {} now.", row.person, form.standing.words))
    return redirect("members", request.workspace.slug)


@require_http_methods(GET_AND_POST)
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
def remove(request: WorkspaceRequest, member: UUID) -> HttpResponse:
    row = _load(request, member)
    if request.method == "POST":
        try:
            services.remove_member(access=request.access, membership_id=row.pk, now=clock.now())
        except MemberRefused as error:
            return _refused(request, error)
        messages.success(request, format_html("<bdi>{}</bdi> is no longer in this workspace.", row.person))
        return redirect("members", request.workspace.slug)
    return render(request, "accounts/member_remove.html", {"member": row})


@require_http_methods(GET_AND_POST)
@workspace_page(read=Right.MANAGE, write=Right.MANAGE)
def hand_over(request: WorkspaceRequest, member: UUID) -> HttpResponse:
    return _hand_over(request, _load(request, member))


@step_up()
def _hand_over(request: WorkspaceRequest, row: Membership) -> HttpResponse:
    if request.method == "POST":
        try:
            services.hand_over(access=request.access, membership_id=row.pk, now=clock.now())
        except MemberRefused as error:
            return _refused(request, error)
        words = format_html("<bdi>{}</bdi> owns this workspace now. You are a trader in it.", row.person)
        messages.success(request, words)
        return redirect("members", request.workspace.slug)
    return render(request, "accounts/member_hand_over.html", {"member": row})


@require_http_methods(GET_AND_POST)
@workspace_page(read=Right.VIEW, write=Right.VIEW)
def leave(request: WorkspaceRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            services.leave_workspace(access=request.access, now=clock.now())
        except MemberRefused as error:
            return _refused(request, error)
        messages.success(request, format_html("You left <bdi>{}</bdi>.", request.workspace.name))
        return redirect("workspaces")
    return render(request, "accounts/leave.html")


def find_members(request: HttpRequest, words: str) -> list[SearchHit]:
    href = reverse("members", args=[request.workspace.slug])  # type: ignore[attr-defined]
    return [
        SearchHit(str(member.person), href, f"member, {member.person.email}", "person")
        for member in members_named(words, 5)
    ]


def _load(request: WorkspaceRequest, key: UUID) -> Membership:
    return load(request.access, Membership.objects.select_related("person"), key, Right.MANAGE)


def _form_of(row: Membership) -> StandingForm:
    return StandingForm(initial={"role": row.role, "can_trade": row.can_trade})


def _member_page(
    request: WorkspaceRequest, row: Membership, form: StandingForm, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    context = {
        "member": row,
        "form": form,
        "was": str(Standing.of(row)),
        "refusal": refusal,
        "is_self": row.person_id == request.access.person_id,
        "is_team": request.workspace.kind == Workspace.Kind.TEAM,
    }
    return render(request, "accounts/member.html", context, status=status)


def _is_owner(request: WorkspaceRequest) -> bool:
    return Membership.objects.filter(person_id=request.access.person_id, role="owner").exists()


def _refused(request: WorkspaceRequest, error: MemberRefused) -> HttpResponse:
    return answer(request, 409, "CHANGED_MEANWHILE" if isinstance(error, Changed) else "MEMBER_STAYS", str(error))
