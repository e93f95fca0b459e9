"""A person on the way to the venue's log-in page and back."""

from django.db import models

from accounts.models import Person
from accounts.models.workspace import WorkspaceRow
from exchanges.models.connection import Connection
from kernel import clock
from kernel.encryption.fields import EncryptedField


class VenueLogin(WorkspaceRow):
    class State(models.TextChoices):
        AWAY = "away", "at the venue's page"
        BACK = "back", "came back"
        DONE = "done"
        FAILED = "failed"

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="logins")
    begun_by = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    #: Of the session that set out: only the same browser brings the answer back.
    session_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=6, choices=State.choices, default=State.AWAY)
    #: What the venue gave the browser, to be exchanged for the token; gone as soon as it was tried.
    sealed = EncryptedField(bound_to=("workspace_id", "pk"), null=True)
    #: Why it failed, for whoever looks.
    words = models.CharField(max_length=400, blank=True)
    began_at = models.DateTimeField(default=clock.now)
    back_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-began_at", "-id")
        indexes = (models.Index(fields=("workspace", "connection"), name="login_of_workspace"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="back") | models.Q(sealed=None), name="login_token_only_on_the_way"
            ),
        )

    def __str__(self) -> str:
        return f"a log-in for {self.connection_id}"
