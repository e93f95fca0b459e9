"""An instrument at one venue: what the venue calls it, and which orders it takes there."""

from django.db import models

from instruments.domain.calendars import Calendar, calendar_named
from instruments.domain.listings import LONGEST_SEGMENT, LONGEST_SYMBOL
from instruments.domain.listings import Origin as OriginWord
from instruments.domain.rules import Band, Steps, TradingRules
from instruments.models.instrument import Instrument
from kernel.ids import new_id
from kernel.money.fields import DecimalAmountField


def _number() -> DecimalAmountField:
    return DecimalAmountField(null=True, blank=True)


class Listing(models.Model):
    """Numbers of None are bounds that the venue does not set.

    A symbol that a venue gives to another thing is another row: what was kept of the first stays the first's.
    """

    class Origin(models.TextChoices):
        VENUE = OriginWord.VENUE.value, "told by the venue"
        LIST = OriginWord.LIST.value, "from a list"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="listings")
    venue = models.CharField(max_length=40)
    symbol = models.CharField(max_length=LONGEST_SYMBOL)
    segment = models.CharField(max_length=LONGEST_SEGMENT)
    calendar = models.CharField(max_length=20)
    price_tick, price_least, price_most = _number(), _number(), _number()
    lot, quantity_least, quantity_most = _number(), _number(), _number()
    market_lot, market_quantity_least, market_quantity_most = _number(), _number(), _number()
    notional_least, notional_most = _number(), _number()
    notional_least_binds_market = models.BooleanField(default=True)
    notional_most_binds_market = models.BooleanField(default=True)
    buy_band_lowest, buy_band_highest = _number(), _number()
    sell_band_lowest, sell_band_highest = _number(), _number()
    order_types = models.JSONField(null=True, blank=True, help_text="None: whatever the segment allows.")
    facts = models.JSONField(default=dict, blank=True)
    freeze_quantity = _number()
    origin = models.CharField(max_length=5, choices=Origin.choices, default=Origin.VENUE)
    #: Of a list: as of when it is.
    as_of = models.DateField(null=True, blank=True)
    is_tradable = models.BooleanField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)
    #: When those who hold or watch it were told that it is gone.
    gone_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("venue", "segment", "symbol", "-first_seen_at")
        constraints = (
            models.UniqueConstraint(
                fields=("venue", "symbol", "segment"),
                condition=models.Q(gone_at__isnull=True),
                name="listing_symbol_means_one_thing",
            ),
            models.UniqueConstraint(
                fields=("venue", "symbol", "segment", "instrument"), name="listing_once_for_each_meaning"
            ),
            models.CheckConstraint(
                name="listing_gone_is_not_tradable",
                condition=models.Q(gone_at__isnull=True) | models.Q(is_tradable=False),
            ),
            models.CheckConstraint(
                name="listing_of_a_list_is_not_tradable",
                condition=models.Q(origin="venue") | models.Q(is_tradable=False),
            ),
            models.CheckConstraint(name="listing_origin_known", condition=models.Q(origin__in=("venue", "list"))),
        )
        indexes = (
            models.Index(
                fields=("gone_at",),
                name="listing_gone_untold",
                condition=models.Q(gone_at__isnull=False, gone_told_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.symbol} at {self.venue}"

    @property
    def rules(self) -> TradingRules:
        return TradingRules(
            price=Steps(self.price_tick, self.price_least, self.price_most),
            quantity=Steps(self.lot, self.quantity_least, self.quantity_most),
            market_quantity=Steps(self.market_lot, self.market_quantity_least, self.market_quantity_most),
            least_notional=self.notional_least,
            most_notional=self.notional_most,
            least_binds_market=self.notional_least_binds_market,
            most_binds_market=self.notional_most_binds_market,
            buy_band=Band(self.buy_band_lowest, self.buy_band_highest),
            sell_band=Band(self.sell_band_lowest, self.sell_band_highest),
        )

    @property
    def sessions(self) -> Calendar:
        return calendar_named(self.calendar)
