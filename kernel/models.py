"""Where Django looks for models; each lives with its mechanism."""

from kernel.health.models import WorkerHeartbeat

__all__ = ["WorkerHeartbeat"]
