"""When a person did a step of the checklist, for steps whose own rows do not tell."""

from django.db import models

from accounts.models.person import Person
from kernel import clock
from kernel.ids import new_id


class DoneStep(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=60)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("at", "id")
        constraints = (models.UniqueConstraint(fields=("person", "step"), name="step_done_once"),)

    def __str__(self) -> str:
        return f"{self.step} at {self.at:%Y-%m-%d %H:%M}"
