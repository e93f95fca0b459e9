"""Second factors. allauth's Authenticator is the one store of which there are; what proves them lies here.

An authenticator's secret is sealed, recovery codes are digests; what stops a code from being used twice is a column.
"""

from typing import ClassVar

from allauth.mfa.models import Authenticator
from django.db import models
from django_otp.models import Device, DeviceManager

from accounts.models.person import Person
from kernel.encryption.fields import EncryptedField
from kernel.ids import new_id


class TotpSecret(models.Model):
    """The secret that an authenticator app shares with us."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    authenticator = models.OneToOneField(Authenticator, on_delete=models.CASCADE, related_name="totp_secret")
    secret = EncryptedField(bound_to=("authenticator_id",))
    #: The last 30-second step whose code was taken; none up to it is taken again.
    last_step = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"secret of authenticator {self.authenticator_id}"


class RecoveryCode(models.Model):
    """One code of a set, as a digest; used once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    authenticator = models.ForeignKey(Authenticator, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("authenticator", "digest"), name="recovery_code_once"),)

    def __str__(self) -> str:
        return f"recovery code {self.id}"


class Factor(Device):
    """A factor as django-otp knows devices: a read-only view of allauth's rows, so that both see the same."""

    user = models.ForeignKey(Person, on_delete=models.DO_NOTHING, related_name="+")

    objects: ClassVar[DeviceManager] = DeviceManager()

    class Meta:
        managed = False
        db_table = "accounts_factor"
        default_permissions = ()
