"""Where Django looks for models; each lives with its mechanism."""

from kernel.health.models import WorkerHeartbeat
from kernel.idempotency.models import IdempotencyKey
from kernel.jobs.models import Job, ScheduledSlot
from kernel.outgoing.models import Delivery, DeliveryAttempt

__all__ = ["Delivery", "DeliveryAttempt", "IdempotencyKey", "Job", "ScheduledSlot", "WorkerHeartbeat"]
