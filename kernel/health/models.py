"""The heartbeat of each worker, in PostgreSQL, so that readiness needs no broker to tell."""

from django.db import models


class WorkerHeartbeat(models.Model):
    name = models.CharField(max_length=200, primary_key=True)
    queues = models.JSONField(default=list)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
