"""Connections and their accounts. The credential has no table here, and what an account holds is its owner's."""

from django.contrib import admin

from accounts.operator_site import ReadOnly
from exchanges.models import Account, Connection
from kernel import clock


@admin.register(Connection)
class ConnectionAdmin(ReadOnly):
    group, title = "Venues", "Connections"
    list_display = ("name", "workspace", "venue", "mode", "standing", "checked_at", "ends_at", "closed_at")
    list_filter = ("venue", "mode", "met")
    list_select_related = ("workspace",)
    search_fields = ("name", "workspace__name")
    fields = (
        "name",
        "workspace",
        "venue",
        "mode",
        "egress",
        "standing",
        "met",
        "met_words",
        "can_read",
        "can_trade",
        "withdrawal",
        "is_address_bound",
        "attested_at",
        "key_ends_at",
        "token_ends_at",
        "checked_at",
        "asked_at",
        "added_by",
        "added_at",
        "closed_at",
    )

    @admin.display(description="standing")
    def standing(self, connection: Connection) -> str:
        return connection.standing(now=clock.now()).value

    @admin.display(description="ends")
    def ends_at(self, connection: Connection) -> object:
        return connection.ends_at


@admin.register(Account)
class AccountAdmin(ReadOnly):
    group, title = "Venues", "Accounts"
    list_display = ("name", "workspace", "connection", "mode", "follows", "opened_at")
    list_filter = ("mode", "follows")
    list_select_related = ("workspace", "connection")
    search_fields = ("name", "workspace__name")
    fields = ("name", "workspace", "connection", "number", "mode", "follows", "opened_at", "opening_at")
