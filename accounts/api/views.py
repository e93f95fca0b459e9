"""Accounts' API."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.shapes import AuditShape, JobShape, NewJob, NotificationShape, WhoAmI
from accounts.forms.trail import TrailForm
from accounts.models import Notification, Workspace
from accounts.selectors import audit_entries
from accounts.services.notifications import mark_read
from kernel import clock
from kernel.api.problems import Problem
from kernel.api.rows import page_of_rows, page_shape
from kernel.api.views import WorkspaceView
from kernel.idempotency.api import idempotent
from kernel.jobs.models import Job
from kernel.jobs.services import request_cancel, start_job
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

JOB_FIELDS = tuple(JobShape().fields)
AUDIT_FIELDS = tuple(AuditShape().fields)
NOTIFICATION_FIELDS = tuple(NotificationShape().fields)


def _job_body(job: Job) -> dict[str, object]:
    return {name: getattr(job, name) for name in JOB_FIELDS}


class Me(WorkspaceView):
    @extend_schema(summary="Who the token stands for", responses=WhoAmI)
    def get(self, request: Request) -> Response:
        workspace = Workspace.objects.get(pk=self.access.workspace_id)
        return Response(
            {
                "person": self.access.person_id,
                "workspace": workspace.pk,
                "workspace_slug": workspace.slug,
                "workspace_name": workspace.name,
                "role": self.access.role,
                "may_trade": self.access.may(Right.TRADE),
                "scopes": sorted(self.access.scopes),
            }
        )


class Jobs(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, "POST": Right.EDIT}

    @extend_schema(summary="Jobs, newest first", responses=page_shape(JobShape))
    def get(self, request: Request) -> Response:
        return page_of_rows(self, Job.objects.all(), JOB_FIELDS)

    @extend_schema(summary="Begin a job", request=NewJob, responses={202: JobShape})
    @idempotent(is_money=False)
    def post(self, request: Request) -> Response:
        wanted = NewJob(data=request.data)
        wanted.is_valid(raise_exception=True)
        job = start_job(wanted.validated_data["kind"], now=clock.now(), requested_by=self.access.person_id)
        return Response(_job_body(job), status=202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class OneJob(WorkspaceView):
    @extend_schema(summary="One job", responses=JobShape)
    def get(self, request: Request, job: UUID) -> Response:
        return Response(_job_body(load(self.access, Job.objects.all(), job)))


class CancelJob(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {"POST": Right.EDIT}

    @extend_schema(summary="Stop a job", request=None, responses={202: JobShape})
    def post(self, request: Request, job: UUID) -> Response:
        row = load(self.access, Job.objects.all(), job, Right.EDIT)
        if not request_cancel(row, now=clock.now()):
            raise Problem(409, "JOB_ENDED", f"The job had already ended: {row.state}.", state=row.state)
        row.refresh_from_db()
        return Response(_job_body(row), status=202)


class AuditTrail(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {"GET": Right.MANAGE, "HEAD": Right.MANAGE}

    @extend_schema(
        summary="The audit trail, newest first",
        parameters=[
            OpenApiParameter("action", str, description="What the action begins with, such as `member.`"),
            OpenApiParameter("person", OpenApiTypes.UUID, description="Who did it"),
            OpenApiParameter("since", OpenApiTypes.DATE, description="The first day, UTC"),
            OpenApiParameter("until", OpenApiTypes.DATE, description="The last day, UTC"),
            OpenApiParameter("target", str, description="A part of what it was done to"),
        ],
        responses=page_shape(AuditShape),
    )
    def get(self, request: Request) -> Response:
        """Takes the filters of the audit page."""
        form = TrailForm(request.query_params)
        if not form.is_valid():
            raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})
        return page_of_rows(self, audit_entries(form.asked), AUDIT_FIELDS, ordering="-sequence")


class Notifications(WorkspaceView):
    @extend_schema(summary="What you were told here, newest first", responses=page_shape(NotificationShape))
    def get(self, request: Request) -> Response:
        own = Notification.objects.filter(person_id=self.access.person_id)
        return page_of_rows(self, own, NOTIFICATION_FIELDS)


class ReadNotification(WorkspaceView):
    #: Reading takes nothing from anybody: who may look may also have read.
    rights: ClassVar[dict[str, Right]] = {"POST": Right.VIEW}

    @extend_schema(summary="Mark as read", request=None, responses=NotificationShape)
    def post(self, request: Request, notification: UUID) -> Response:
        own = Notification.objects.filter(person_id=self.access.person_id)
        found = load(self.access, own, notification)
        mark_read(access=self.access, notification=found, now=clock.now())
        found.refresh_from_db()
        return Response({name: getattr(found, name) for name in NOTIFICATION_FIELDS})
