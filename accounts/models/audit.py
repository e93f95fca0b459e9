"""The audit trail: append-only entries in one hash chain per workspace, personal data in a side row."""

from typing import ClassVar

from django.db import models

from kernel.tenancy.rows import TenantRow

#: The chain of what concerns no workspace (operators, platform). Its rows have no workspace of their own.
PLATFORM_CHAIN = "00000000-0000-0000-0000-000000000000"


class AuditHead(TenantRow):
    """The last link of a chain; locked while the next one is added. The key is the workspace's, or the platform's."""

    null_workspace: ClassVar[str] = "hidden"

    workspace_id = models.UUIDField(null=True)
    sequence = models.BigIntegerField(default=0)
    entry_hash = models.BinaryField(max_length=32)
    anchored_sequence = models.BigIntegerField(default=0, help_text="Only saves work; verifying never believes it.")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("workspace_id",), nulls_distinct=False, name="audit_one_head"),)

    def __str__(self) -> str:
        return f"{self.workspace_id or 'platform'} at {self.sequence}"


class AuditEntry(TenantRow):
    """One act. Rows are never edited or deleted: the grant is taken away, and the chain would show it."""

    null_workspace: ClassVar[str] = "hidden"

    workspace_id = models.UUIDField(null=True)
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)
    detail_digest = models.BinaryField(max_length=32)
    previous_hash = models.BinaryField(max_length=32)
    entry_hash = models.BinaryField(max_length=32)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-sequence",)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace_id", "sequence"), nulls_distinct=False, name="audit_sequence_once"
            ),
        )
        indexes = (models.Index(fields=("workspace_id", "action", "sequence"), name="audit_by_action"),)

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class AuditDetail(TenantRow):
    """Who and from where: personal data, bound to its entry by a salted digest and shredded on deletion."""

    null_workspace: ClassVar[str] = "hidden"

    workspace_id = models.UUIDField(null=True)
    entry = models.OneToOneField(AuditEntry, on_delete=models.CASCADE, related_name="detail")
    person_id = models.UUIDField(null=True)
    salt = models.BinaryField(max_length=16)
    personal = models.JSONField(default=dict)

    class Meta:
        ordering = ("entry_id",)
        indexes = (models.Index(fields=("workspace_id", "person_id"), name="audit_detail_of_person"),)

    def __str__(self) -> str:
        return f"detail of {self.entry_id}"
