"""What the API says of venues and connections."""

from typing import Any

from rest_framework import serializers

from exchanges.domain.standing import Standing
from exchanges.models import Connection, Snapshot


class SegmentShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    orders = serializers.DictField(
        child=serializers.CharField(), help_text="Type to native or emulated; what is not named is not done."
    )
    lasting = serializers.ListField(child=serializers.CharField())
    products = serializers.ListField(child=serializers.CharField())
    is_fractional = serializers.BooleanField()


class ExchangeShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    segments = SegmentShape(many=True)
    tells_rights = serializers.BooleanField(help_text="Whether the venue can be asked what a key may do.")
    has_test_market = serializers.BooleanField()
    needs_daily_log_in = serializers.BooleanField()
    candle_intervals = serializers.ListField(child=serializers.CharField())


class ConnectionShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    venue = serializers.CharField()
    mode = serializers.ChoiceField(choices=Connection.Mode.choices)
    name = serializers.CharField()
    standing = serializers.ChoiceField(choices=[one.value for one in Standing])
    trouble = serializers.CharField(help_text="What the last check met, in words; empty when it met nothing.")
    last_four = serializers.CharField(help_text="Of the key; the key itself is never told.")
    can_read = serializers.BooleanField(allow_null=True)
    can_trade = serializers.BooleanField(allow_null=True)
    withdrawal = serializers.ChoiceField(choices=Connection.Withdrawal.choices)
    is_address_bound = serializers.BooleanField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    added_at = serializers.DateTimeField()


class SnapshotShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Snapshot.Kind.choices)
    rows = serializers.ListField(child=serializers.DictField())
    taken_at = serializers.DateTimeField(allow_null=True)
    failed_at = serializers.DateTimeField(allow_null=True, help_text="When it was asked since, without an answer.")
    failure = serializers.CharField()


class AccountBalance(serializers.Serializer[Any]):
    account = serializers.UUIDField()
    connection = serializers.UUIDField()
    venue = serializers.CharField()
    name = serializers.CharField()
    mode = serializers.ChoiceField(choices=Connection.Mode.choices)
    told = SnapshotShape(many=True)
