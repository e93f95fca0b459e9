"""What is asked of the quality of bars, and how it is told."""

from typing import Any

from rest_framework import serializers

from instruments.models import QualityFinding
from kernel.bars import Interval

_BY_TIME = "With it the rows are ordered by time, the newest first; without it by when they were written."


class SeriesQuery(serializers.Serializer[Any]):
    """Which series are meant; the pages' own `limit` and `cursor` stand beside it."""

    instrument = serializers.UUIDField(required=False)
    listing = serializers.UUIDField(required=False)
    venue = serializers.CharField(required=False, max_length=40)
    symbol = serializers.CharField(required=False, max_length=80, help_text="As the venue writes it.")
    interval = serializers.CharField(required=False, max_length=20, help_text="1m, 1h, 1d")
    limit = serializers.IntegerField(required=False, help_text="Rows of a page, 1 to 200; 50 when not given.")
    cursor = serializers.CharField(required=False, help_text="As `next` of the page before says.")

    def validate_interval(self, value: str) -> str:
        try:
            return Interval(value).name
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class CheckedQuery(SeriesQuery):
    score_most = serializers.FloatField(required=False, min_value=0, max_value=100, help_text="No better than this.")


class ScoreQuery(CheckedQuery):
    series = serializers.UUIDField(required=False, help_text=_BY_TIME)
    since = serializers.DateField(required=False, help_text="The first day.")
    until = serializers.DateField(required=False, help_text="The last day.")


class FindingQuery(SeriesQuery):
    series = serializers.UUIDField(required=False, help_text=_BY_TIME)
    kind = serializers.ChoiceField(required=False, choices=QualityFinding.KINDS)
    severity = serializers.ChoiceField(required=False, choices=QualityFinding.SEVERITIES)
    since = serializers.DateTimeField(required=False, help_text="Found in bars from this start on.")
    until = serializers.DateTimeField(required=False, help_text="Found in bars that start before this.")


class _OfSeries(serializers.Serializer[Any]):
    instrument = serializers.UUIDField()
    listing = serializers.UUIDField()
    venue = serializers.CharField()
    symbol = serializers.CharField()
    interval = serializers.CharField()


class CheckedShape(_OfSeries):
    id = serializers.UUIDField(help_text="The series.")
    score = serializers.FloatField(help_text="The mean of its days; 100 is nothing found.")
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a column, not the serializer's errors
    warnings = serializers.IntegerField()
    looks = serializers.IntegerField()
    bars = serializers.IntegerField()
    first_start = serializers.DateTimeField()
    last_start = serializers.DateTimeField()
    checked_at = serializers.DateTimeField()


class ScoreShape(_OfSeries):
    id = serializers.UUIDField()
    series = serializers.UUIDField()
    day = serializers.DateField()
    score = serializers.FloatField(help_text="Of the bars of this day; 100 is nothing found.")
    checked_at = serializers.DateTimeField(help_text="When the series was looked at last.")


class FindingShape(_OfSeries):
    id = serializers.UUIDField()
    series = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=QualityFinding.KINDS)
    severity = serializers.ChoiceField(
        choices=QualityFinding.SEVERITIES,
        help_text="error: cannot be true. warning: probably wrong. look: odd and possibly true, never repaired.",
    )
    start = serializers.DateTimeField(help_text="The first bar concerned; of a gap, the first that is missing.")
    end = serializers.DateTimeField(help_text="The last bar concerned.")
    rows = serializers.IntegerField(help_text="How many bars are concerned; of a gap none.")
    detail = serializers.CharField(help_text="The finding in words.")
