"""What a person agreed to, which version of it, and when."""

from django.db import models

from accounts.models.person import Person
from kernel import clock
from kernel.ids import new_id


class Consent(models.Model):
    """One acceptance. Rows are never edited; a newer version of the document asks anew."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    document = models.CharField(max_length=40, help_text="Which document, such as terms or risk-disclosure.")
    version = models.CharField(max_length=20)
    at = models.DateTimeField(default=clock.now, editable=False)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (models.UniqueConstraint(fields=("person", "document", "version"), name="consent_once"),)

    def __str__(self) -> str:
        return f"{self.document} {self.version}"
