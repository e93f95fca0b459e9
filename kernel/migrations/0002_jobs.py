"""Row-level security on jobs, and the look-ups that workers need before they know whose job it is."""

from django.db import migrations

from kernel.tenancy.policies import Locator, TenantTable


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        TenantTable("kernel_job", null_workspace="hidden"),
        Locator(
            "locate_waiting_jobs",
            takes="queue text, at_most integer",
            returns="workspace_id uuid, job_id uuid",
            # A quota that is used up is left out here; the claim counts again under a lock.
            query="SELECT j.workspace_id, j.id FROM kernel_job j WHERE j.queue = $1 AND j.state = 'QUEUED' "
            "AND (SELECT count(*) FROM kernel_job r WHERE r.state = 'RUNNING' AND r.quota_key = j.quota_key "
            "AND r.workspace_id IS NOT DISTINCT FROM j.workspace_id) < j.quota_limit "
            "ORDER BY j.priority DESC, j.created_at, j.id LIMIT $2",
            reads=["kernel_job"],
        ),
        Locator(
            "locate_lost_jobs",
            takes="moment timestamptz, at_most integer",
            returns="workspace_id uuid, job_id uuid",
            query="SELECT j.workspace_id, j.id FROM kernel_job j WHERE j.state = 'RUNNING' AND j.lease_until < $1 "
            "ORDER BY j.lease_until LIMIT $2",
            reads=["kernel_job"],
        ),
    ]
