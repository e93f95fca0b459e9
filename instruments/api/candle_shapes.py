"""What is asked of candles, and how they are told."""

from typing import Any

from rest_framework import serializers

from kernel.bars import Interval

MOST = 10_000


class CandleQuery(serializers.Serializer[Any]):
    listing = serializers.UUIDField(required=False, help_text="The listing's id; or its venue and symbol.")
    venue = serializers.CharField(required=False, max_length=40)
    symbol = serializers.CharField(required=False, max_length=80)
    interval = serializers.CharField(max_length=20, help_text="1m, 5m, 1h, 1d")
    since = serializers.DateTimeField(required=False, help_text="The first start. Without it: the last bars.")
    until = serializers.DateTimeField(required=False, help_text="The start that is no longer told.")
    limit = serializers.IntegerField(required=False, default=1000, min_value=1, max_value=MOST)
    adjusted = serializers.BooleanField(required=False, default=False, help_text="Splits and dividends reckoned in.")
    as_known_at = serializers.DateTimeField(required=False, help_text="As they stood at that moment.")

    def validate_interval(self, value: str) -> Interval:
        try:
            return Interval(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "listing" not in attrs and not {"venue", "symbol"} <= attrs.keys():
            raise serializers.ValidationError("Name a listing by its id, or by venue and symbol.")
        return attrs


class CandlesShape(serializers.Serializer[Any]):
    listing = serializers.UUIDField()
    venue = serializers.CharField()
    symbol = serializers.CharField()
    interval = serializers.CharField()
    adjusted = serializers.BooleanField()
    start = serializers.ListField(child=serializers.IntegerField(), help_text="Milliseconds since 1970, UTC.")
    open = serializers.ListField(child=serializers.FloatField())
    high = serializers.ListField(child=serializers.FloatField())
    low = serializers.ListField(child=serializers.FloatField())
    close = serializers.ListField(child=serializers.FloatField())
    volume = serializers.ListField(child=serializers.FloatField())
    known_at = serializers.ListField(child=serializers.IntegerField(), help_text="From when on each could be read.")
    source = serializers.ListField(  # type: ignore[assignment]  # a column, not DRF's source
        child=serializers.IntegerField(), help_text="Who gave each, by place in `sources`."
    )
    sources = serializers.ListField(child=serializers.CharField())
    next = serializers.CharField(allow_null=True, help_text="Where the bars after these are.")
