"""A book that can be traded under a connection, what it held when it came, and what was last heard of it."""

from django.db import models

from accounts.models.workspace import WorkspaceRow
from exchanges.models.connection import Connection
from kernel import clock
from kernel.money.fields import DecimalAmountField


class Account(WorkspaceRow):
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="accounts")
    #: The venue's own name of it; empty where a login has one account alone.
    number = models.CharField(max_length=80, blank=True)
    name = models.CharField(max_length=120)
    #: Never changed: an account of pretended money does not become one of real money.
    mode = models.CharField(max_length=8, choices=Connection.Mode.choices)
    #: Of a paper account: whose prices, filters and fees it goes by.
    follows = models.CharField(max_length=24, blank=True)
    opened_at = models.DateTimeField(default=clock.now, editable=False)
    #: When what it held already was written down.
    opening_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("opened_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "connection", "number"), name="account_once"),
            models.CheckConstraint(condition=models.Q(mode__in=["paper", "sandbox", "live"]), name="account_mode"),
        )

    def __str__(self) -> str:
        return self.name


class Opening(WorkspaceRow):
    """What the account held before we came: an adjustment whose cost may be unknown, and is shown as unknown."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="openings")
    #: A currency or coin by its code, or a security by the venue's symbol.
    asset = models.CharField(max_length=80)
    is_security = models.BooleanField(default=False)
    quantity = DecimalAmountField()
    average_price = DecimalAmountField(null=True, blank=True)
    source = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        ordering = ("asset", "id")
        constraints = (
            models.UniqueConstraint(fields=("workspace", "account", "asset", "is_security"), name="opening_once"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.asset}"


class Snapshot(WorkspaceRow):
    """The last answer of one kind, and the last failure to get another: a failure is no empty answer."""

    class Kind(models.TextChoices):
        BALANCES = "balances"
        HOLDINGS = "holdings"
        POSITIONS = "positions"
        MARGINS = "margins"
        ORDERS = "orders", "open orders"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="snapshots")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    rows = models.JSONField(default=list)
    taken_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("kind", "id")
        constraints = (models.UniqueConstraint(fields=("workspace", "account", "kind"), name="snapshot_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.account_id}"
