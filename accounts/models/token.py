"""An API token: shown once, kept as a digest, bound to one workspace and one person."""

from django.db import models

from accounts.models.person import Person
from accounts.models.workspace import WorkspaceRow
from kernel import clock


class ApiToken(WorkspaceRow):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = models.JSONField(default=list)
    addresses = models.JSONField(default=list, help_text="Networks it may be used from; none means anywhere.")
    is_paper_only = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("workspace", "person"), name="token_of_workspace"),)

    def __str__(self) -> str:
        return f"{self.name} (pl_{self.prefix}…)"
