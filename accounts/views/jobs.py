"""The workspace's jobs: look, begin one, stop one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.doors import WorkspaceRequest, workspace_page
from accounts.selectors import newest_jobs
from kernel import clock
from kernel.jobs.models import Job
from kernel.jobs.services import request_cancel, start_job
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def jobs(request: WorkspaceRequest) -> HttpResponse:
    if request.method == "POST":
        start_job("accounts.check_audit", now=clock.now(), requested_by=request.access.person_id)
        return redirect("jobs", request.workspace.slug)
    return render(request, "accounts/jobs.html", {"jobs": newest_jobs(50)})


@require_POST
@workspace_page()
def cancel(request: WorkspaceRequest, job: UUID) -> HttpResponse:
    row = load(request.access, Job.objects.all(), job, Right.EDIT)
    if not request_cancel(row, now=clock.now()):
        messages.info(request, f"“{row.title}” had already ended.")
    return redirect("jobs", request.workspace.slug)


def newest_jobs_card(request: HttpRequest) -> dict[str, object]:
    return {"jobs": newest_jobs(5)}
