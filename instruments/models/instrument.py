"""A thing that can be traded, apart from the venues that list it: one BTC/USDT, many venues' names."""

from django.db import models

from instruments.domain.listings import LONGEST_CODE, LONGEST_CURRENCY, LONGEST_NAME, Kind, OptionRight
from kernel import clock
from kernel.ids import new_id
from kernel.money.fields import DecimalAmountField

Q_LISTED = models.Q(status="listed")


class Instrument(models.Model):
    class Status(models.TextChoices):
        LISTED = "listed"
        #: No venue lists it any more.
        GONE = "gone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Kind])
    code = models.CharField(max_length=LONGEST_CODE)
    base = models.CharField(max_length=LONGEST_CURRENCY)
    quote = models.CharField(max_length=LONGEST_CURRENCY)
    name = models.CharField(max_length=LONGEST_NAME, blank=True)
    isin = models.CharField(max_length=12, blank=True)
    expiry = models.DateField(null=True, blank=True)
    strike = DecimalAmountField(null=True, blank=True)
    right = models.CharField(max_length=4, blank=True, choices=[(one.value, one.value) for one in OptionRight])
    multiplier = DecimalAmountField(default=1)
    calendar = models.CharField(max_length=20, help_text="That of the market where it was first seen.")
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.LISTED)
    aliases = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    #: Where its price is shown from, unless somebody chooses another; kept by services.finding, like the three below.
    home = models.OneToOneField(
        "instruments.Listing", on_delete=models.SET_NULL, null=True, blank=True, related_name="home_of"
    )
    #: Symbols, codes and aliases, each between blanks; and the same with the words of its name.
    terms = models.TextField(blank=True, default="")
    search = models.TextField(blank=True, default="")
    #: At how many places it is listed now: of two that fit as well, the better known goes first.
    places = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("kind", "code")
        constraints = (
            models.UniqueConstraint(fields=("kind", "code"), name="instrument_code_once_in_its_kind"),
            models.CheckConstraint(name="instrument_multiplier_above_nought", condition=models.Q(multiplier__gt=0)),
            models.CheckConstraint(
                name="instrument_option_is_whole",
                condition=models.Q(kind="option", expiry__isnull=False, strike__isnull=False, right__in=("call", "put"))
                | (~models.Q(kind="option") & models.Q(strike__isnull=True, right="")),
            ),
        )
        indexes = (
            models.Index(fields=("isin", "kind"), name="instrument_by_isin", condition=~models.Q(isin="")),
            models.Index(fields=("base", "quote", "kind"), name="instrument_by_pair"),
            models.Index(fields=("-places", "kind", "code"), name="instrument_by_places", condition=Q_LISTED),
        )

    def __str__(self) -> str:
        return self.code
