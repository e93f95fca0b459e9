"""Where Django looks for models; each lives with its mechanism."""

from kernel.health.models import WorkerHeartbeat
from kernel.jobs.models import Job, ScheduledSlot

__all__ = ["Job", "ScheduledSlot", "WorkerHeartbeat"]
