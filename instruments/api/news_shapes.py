"""What is asked of news, and how it is told."""

from typing import Any

from rest_framework import serializers


class NewsQuery(serializers.Serializer[Any]):
    instrument = serializers.UUIDField(required=False, help_text="What trades the same asset or share finds the same.")
    source = serializers.CharField(  # type: ignore[assignment]  # a filter, not DRF's source
        required=False, max_length=80, help_text="By its name."
    )
    since = serializers.DateTimeField(required=False, help_text="From this moment on, by `at`.")
    until = serializers.DateTimeField(required=False, help_text="Before this moment, by `at`.")
    known_by = serializers.DateTimeField(
        required=False, help_text="As it was known at this moment: nothing that came later, and no later revision."
    )
    min_score = serializers.FloatField(required=False, min_value=-1, max_value=1)
    max_score = serializers.FloatField(required=False, min_value=-1, max_value=1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="Rows of a page; 50.")
    cursor = serializers.CharField(required=False, help_text="As `next` says.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for first, last in (("since", "until"), ("min_score", "max_score")):
            if first in attrs and last in attrs and attrs[first] > attrs[last]:
                raise serializers.ValidationError({last: [f"This is before {first}, where the span begins."]})
        return attrs


class AboutShape(serializers.Serializer[Any]):
    instrument = serializers.UUIDField(help_text="The best known that trades it.")
    code = serializers.CharField()
    subject = serializers.CharField(help_text="The asset or company: coin:BTC, share:AAPL:USD, goods:gold.")
    how = serializers.CharField(help_text="told, exchange, cashtag, pair, name, symbol or weak")
    words = serializers.CharField(help_text="Which words say so.")
    in_title = serializers.BooleanField()
    sure = serializers.FloatField(help_text="0.5 to 1; a rule's weight, not a measured probability.")


class WeighedShape(serializers.Serializer[Any]):
    words = serializers.CharField()
    weight = serializers.FloatField(help_text="On VADER's scale, -4 to 4.")
    turned = serializers.BooleanField(help_text="Said of a thing whose rise is bad.")


class NewsShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Of this revision.")
    source = serializers.CharField()  # type: ignore[assignment]  # a column, not DRF's source
    title = serializers.CharField()
    link = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField(allow_null=True, help_text="As the source says.")
    known_at = serializers.DateTimeField(help_text="From when on it could be known here.")
    at = serializers.DateTimeField(help_text="What it is ordered by: published_at, and never after known_at.")
    revision = serializers.IntegerField()
    is_backfilled = serializers.BooleanField(help_text="Out of a file of the past: known_at is reckoned.")
    story = serializers.UUIDField(help_text="The same for items of one title within two days.")
    score = serializers.FloatField(allow_null=True, help_text="-1 to 1; null for a language that is not scored.")
    tone = serializers.CharField(allow_blank=True, help_text="positive, neutral or negative")
    scorer = serializers.CharField(allow_blank=True)
    because = WeighedShape(many=True)
    about = AboutShape(many=True)
