"""Where Django looks for models; each lives with its mechanism."""

from kernel.health.models import WorkerHeartbeat
from kernel.jobs.models import Job, ScheduledSlot
from kernel.outgoing.models import Delivery, DeliveryAttempt

__all__ = ["Delivery", "DeliveryAttempt", "Job", "ScheduledSlot", "WorkerHeartbeat"]
