"""What is known of sign-ins and of guesses, so that it survives whatever else is flushed."""

from django.db import models

from accounts.models.person import Person
from kernel import clock
from kernel.ids import new_id


class SignIn(models.Model):
    """One sign-in that succeeded: kept half a year, to tell a new device from a known one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now, editable=False)
    address = models.GenericIPAddressField()
    user_agent = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=40, help_text="Such as password, passkey, or password and authenticator.")
    was_new = models.BooleanField(default=False)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("person", "at"), name="sign_in_of_person"),)

    def __str__(self) -> str:
        return f"{self.person_id} at {self.at:%Y-%m-%d %H:%M}"


class GuessWindow(models.Model):
    """How often something was guessed at since the window began. The subject is a digest: it names nobody."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=24)
    subject = models.BinaryField(max_length=32)
    began_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("began_at", "id")
        constraints = (models.UniqueConstraint(fields=("kind", "subject"), name="guess_window_once"),)
        indexes = (models.Index(fields=("began_at",), name="guess_window_began"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"
