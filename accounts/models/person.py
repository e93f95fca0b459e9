"""A person: one log-in. What a person may see is decided by memberships, never by a flag here."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from kernel import clock
from kernel.ids import new_id


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        if not email:
            raise ValueError("a person needs an e-mail address")
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Theme(models.TextChoices):
    SYSTEM = "system", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class NumberFormat(models.TextChoices):
    BY_CURRENCY = "by_currency", "By currency: 10,00,000 for rupees, 1,000,000 for others"
    LAKH = "lakh", "Lakh and crore: 10,00,000"
    THOUSAND = "thousand", "Thousands: 1,000,000"


class Kyc(models.TextChoices):
    """What the operator's provider said of a person's identity. The papers themselves are never here."""

    NONE = "none", "not asked for"
    PENDING = "pending", "being checked"
    VERIFIED = "verified", "verified"
    REJECTED = "rejected", "not verified"


class Person(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="An operator of this instance. Made by a command only.")
    joined_at = models.DateTimeField(default=clock.now, editable=False)
    #: Set when a person deleted himself: the row stays, because acts refer to it, and names nobody any more.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    number_format = models.CharField(max_length=12, choices=NumberFormat.choices, default=NumberFormat.BY_CURRENCY)
    time_zone = models.CharField(max_length=64, default="UTC")
    base_currency = models.CharField(max_length=15, default="USD")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166; decides which notices apply.")
    has_single_keys = models.BooleanField(default=True)
    #: Where `home` leads, while the person is a member there.
    home_workspace_id = models.UUIDField(null=True, blank=True)
    #: When a factor was last replaced, removed or recovered; adding a live venue waits a while after it.
    factors_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    #: When he put the checklist of first steps away.
    checklist_hidden_at = models.DateTimeField(null=True, blank=True, editable=False)

    kyc = models.CharField(max_length=8, choices=Kyc.choices, default=Kyc.NONE)
    kyc_reference = models.CharField(max_length=80, blank=True)
    kyc_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        verbose_name_plural = "people"
        ordering = ("email",)
        constraints = (models.CheckConstraint(condition=models.Q(email=Lower("email")), name="person_email_lower"),)

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def grouping(self) -> str | None:
        """How his figures are grouped; None where each currency has its own way."""
        return {NumberFormat.LAKH: "lakh", NumberFormat.THOUSAND: "thousand", NumberFormat.BY_CURRENCY: None}[
            NumberFormat(self.number_format)
        ]

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()
