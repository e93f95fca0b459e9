"""What the API says of instruments, watchlists, alerts and calendars."""

from typing import Any

from rest_framework import serializers

from instruments.domain.listings import Kind
from instruments.models import Listing, PriceAlert


class PriceShape(serializers.Serializer[Any]):
    last = serializers.CharField(allow_null=True)
    bid = serializers.CharField(allow_null=True)
    ask = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(help_text="The venue's time, or else ours when it came.")
    age_seconds = serializers.FloatField()
    source = serializers.CharField()  # type: ignore[assignment]


class FiguresShape(serializers.Serializer[Any]):
    turnover = serializers.FloatField(allow_null=True, help_text="Of the last day that is over, in the quote currency.")
    spread = serializers.FloatField(allow_null=True, help_text="A part of the price.")
    volatility = serializers.FloatField(allow_null=True, help_text="The usual move of a day, a part of the price.")
    trades_since = serializers.DateField(allow_null=True, help_text="The first bar that is known.")
    reckoned_at = serializers.DateTimeField()


class ListingShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    instrument = serializers.UUIDField()
    venue = serializers.CharField()
    symbol = serializers.CharField()
    segment = serializers.CharField()
    calendar = serializers.CharField()
    is_tradable = serializers.BooleanField()
    origin = serializers.ChoiceField(choices=Listing.Origin.choices)
    as_of = serializers.DateField(allow_null=True, help_text="Of a list: as of when it is.")
    price_tick = serializers.CharField(allow_null=True)
    lot = serializers.CharField(allow_null=True)
    quantity_least = serializers.CharField(allow_null=True)
    quantity_most = serializers.CharField(allow_null=True)
    notional_least = serializers.CharField(allow_null=True)
    freeze_quantity = serializers.CharField(allow_null=True)
    gone_at = serializers.DateTimeField(allow_null=True)
    price = PriceShape(allow_null=True)
    figures = FiguresShape(allow_null=True)


class InstrumentShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[(one.value, one.name) for one in Kind])
    code = serializers.CharField()
    name = serializers.CharField()
    base = serializers.CharField()
    quote = serializers.CharField()
    isin = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    strike = serializers.CharField(allow_null=True)
    right = serializers.CharField()
    multiplier = serializers.CharField()
    status = serializers.CharField()


class FoundShape(InstrumentShape):
    listing = ListingShape(help_text="The home listing, or the one at the venue that was asked for.")


class InstrumentPage(serializers.Serializer[Any]):
    next = serializers.IntegerField(allow_null=True, help_text="The `after` of the next page.")
    also = serializers.CharField(help_text="What was looked for besides, where a word was misspelt.")
    results = FoundShape(many=True)


class OneInstrument(InstrumentShape):
    home = serializers.UUIDField(allow_null=True)
    listings = ListingShape(many=True)


class WatchlistShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    made_at = serializers.DateTimeField()
    instruments = serializers.ListField(child=serializers.UUIDField(), help_text="In order.")


class NewWatchlist(serializers.Serializer[Any]):
    name = serializers.CharField()


class Watched(serializers.Serializer[Any]):
    instrument = serializers.UUIDField()


class FiringShape(serializers.Serializer[Any]):
    words = serializers.CharField()
    price = serializers.CharField(allow_null=True)
    price_at = serializers.DateTimeField(allow_null=True)
    age_seconds = serializers.FloatField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    fired_at = serializers.DateTimeField()


class AlertShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    instrument = serializers.UUIDField()
    listing = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=PriceAlert.Kind.choices)
    threshold = serializers.CharField(allow_null=True)
    seconds = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    state = serializers.ChoiceField(choices=PriceAlert.State.choices)
    armed_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField()


class AlertWithFirings(AlertShape):
    firings = FiringShape(many=True)


class NewAlert(serializers.Serializer[Any]):
    listing = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=PriceAlert.Kind.choices)
    threshold = serializers.CharField(required=False, help_text="The price of a crossing, or the percents of a move.")
    seconds = serializers.IntegerField(required=False, help_text="The span of a move, or the age of an old price.")
    note = serializers.CharField(required=False, allow_blank=True)


class SwitchAlert(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["armed", "paused"])


class SessionShape(serializers.Serializer[Any]):
    day = serializers.DateField()
    opens = serializers.DateTimeField()
    closes = serializers.DateTimeField()
    pauses = serializers.ListField(child=serializers.ListField(child=serializers.DateTimeField()))


class CalendarShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    zone = serializers.CharField()
    is_always_open = serializers.BooleanField()
    is_open = serializers.BooleanField(allow_null=True, help_text="Null: nobody here knows.")
    until = serializers.DateTimeField(allow_null=True, help_text="When that ends, as far as is known.")


class CalendarWithSessions(CalendarShape):
    sessions = SessionShape(many=True)
