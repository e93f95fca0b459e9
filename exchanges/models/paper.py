"""A paper account's own books: what it holds, its orders and their fills. Written by `paper_store` alone."""

from django.db import models

from accounts.models.workspace import WorkspaceRow
from exchanges.domain.orders import Lasting, OrderType, Product, Unit
from exchanges.domain.reports import Status
from exchanges.models.account import Account
from instruments.domain.rules import Side
from kernel.money.fields import DecimalAmountField


class PaperBook(WorkspaceRow):
    """One for each paper account; whoever changes the account holds this row locked."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="paper_book")
    next_order = models.PositiveBigIntegerField(default=1)
    next_fill = models.PositiveBigIntegerField(default=1)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("workspace",), name="paper_book_of_workspace"),)

    def __str__(self) -> str:
        return f"paper book of {self.account_id}"


class PaperBalance(WorkspaceRow):
    """What the account has of one asset, what its orders hold back included."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    asset = models.CharField(max_length=80)
    is_security = models.BooleanField(default=False)
    total = DecimalAmountField()

    class Meta:
        ordering = ("asset", "id")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "account", "asset", "is_security"), name="paper_asset_once"),
            models.CheckConstraint(condition=models.Q(total__gte=0), name="paper_balance_not_below_nought"),
        )

    def __str__(self) -> str:
        return f"{self.total} {self.asset}"


class PaperOrder(WorkspaceRow):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveBigIntegerField()
    mark = models.CharField(max_length=36)
    symbol = models.CharField(max_length=80)
    segment = models.CharField(max_length=20, blank=True)
    base = models.CharField(max_length=80)
    is_security = models.BooleanField(default=False)
    quote = models.CharField(max_length=40, blank=True)
    side = models.CharField(max_length=4, choices=[(one.value, one.value) for one in Side])
    type = models.CharField(max_length=20, choices=[(one.value, one.value) for one in OrderType])
    lasting = models.CharField(max_length=4, choices=[(one.value, one.value) for one in Lasting])
    product = models.CharField(max_length=4, choices=[(one.value, one.value) for one in Product])
    unit = models.CharField(max_length=6, choices=[(one.value, one.value) for one in Unit])
    quantity = DecimalAmountField()
    limit_price = DecimalAmountField(null=True, blank=True)
    trigger_price = DecimalAmountField(null=True, blank=True)
    is_maker_only = models.BooleanField(default=False)
    status = models.CharField(max_length=9, choices=[(one.value, one.value) for one in Status])
    filled = DecimalAmountField(default=0)
    moved = DecimalAmountField(default=0, help_text="Money paid or got for what is filled, without fees.")
    held = DecimalAmountField(default=0, help_text="Kept back for what is left: a buyer's money, a seller's goods.")
    placed_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    priced_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_asleep = models.BooleanField(default=False)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("account", "number")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "account", "number"), name="paper_order_once"),
            # Whatever became of the first.
            models.UniqueConstraint(fields=("workspace", "account", "mark"), name="paper_mark_once"),
            models.CheckConstraint(
                condition=models.Q(filled__gte=0, filled__lte=models.F("quantity"), held__gte=0),
                name="paper_order_adds_up",
            ),
        )
        indexes = (
            models.Index(
                fields=("workspace", "account"),
                name="paper_orders_that_stand",
                condition=models.Q(status__in=["accepted", "partial"]),
            ),
            models.Index(fields=("workspace", "account", "symbol", "changed_at"), name="paper_orders_by_time"),
        )

    def __str__(self) -> str:
        return f"paper order {self.number} of {self.account_id}"


class PaperFill(WorkspaceRow):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveBigIntegerField()
    order = models.ForeignKey(PaperOrder, on_delete=models.CASCADE, related_name="fills")
    price = DecimalAmountField()
    quantity = DecimalAmountField()
    moved = DecimalAmountField()
    fee = DecimalAmountField()
    fee_in = models.CharField(max_length=80)
    is_maker = models.BooleanField()
    at = models.DateTimeField()
    made_from = models.JSONField(help_text="Of which price, how old and by whom told, it was made.")

    class Meta:
        ordering = ("account", "number")
        constraints = (models.UniqueConstraint(fields=("workspace", "account", "number"), name="paper_fill_once"),)
        indexes = (models.Index(fields=("workspace", "account", "at"), name="paper_fills_by_time"),)

    def __str__(self) -> str:
        return f"paper fill {self.number} of {self.account_id}"
