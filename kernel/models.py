"""Where Django looks for models; each lives with its mechanism."""

from kernel.health.models import WorkerHeartbeat
from kernel.outgoing.models import Delivery, DeliveryAttempt

__all__ = ["Delivery", "DeliveryAttempt", "WorkerHeartbeat"]
