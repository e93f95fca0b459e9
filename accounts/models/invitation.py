"""An invitation into a workspace, by mail: its secret is kept as a digest, and it serves one address once."""

from django.db import models

from accounts.models.person import Person
from accounts.models.workspace import Role, WorkspaceRow
from kernel import clock


class Invitation(WorkspaceRow):
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=8, choices=Role.choices)
    can_trade = models.BooleanField(default=False)
    digest = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    #: When the mail with the present secret went out; empty while it has not, or could not.
    #: The newest mail with its link. No foreign key: mails are purged outside any tenant's scope.
    mail_id = models.UUIDField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("workspace", "created_at"), name="invitation_of_workspace"),)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "email"),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True) | models.Q(revoked_at__isnull=True),
                name="invitation_ends_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"
