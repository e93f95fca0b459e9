"""What was asked under a key, and what was answered."""

from django.db import models

from kernel import clock
from kernel.encryption.fields import EncryptedField
from kernel.tenancy.rows import TenantRow


class IdempotencyKey(TenantRow):
    workspace_id = models.UUIDField()
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    route = models.CharField(max_length=300)
    #: SHA-256 over method, address and body: the same key with anything else is refused.
    request_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    #: Sealed: an answer may hold what is shown once. Bytes as latin-1, so that they come back exactly.
    answer = EncryptedField()
    is_money = models.BooleanField()
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: When it is forgotten; never for money.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("expires_at",), condition=models.Q(expires_at__isnull=False), name="idempotency_expiring"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("workspace_id", "key"), name="idempotency_key_once"),
            models.CheckConstraint(
                name="idempotency_money_never_expires",
                condition=models.Q(is_money=True, expires_at__isnull=True)
                | models.Q(is_money=False, expires_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.route} → {self.status}"
