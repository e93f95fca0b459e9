"""How far the kept bars are to be trusted. The same for everybody who may ask."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from instruments.api.quality_shapes import (
    CheckedQuery,
    CheckedShape,
    FindingQuery,
    FindingShape,
    ScoreQuery,
    ScoreShape,
    SeriesQuery,
)
from instruments.models import CheckedSeries, QualityFinding, QualityScore
from kernel.api.rows import page_of_rows, page_shape
from kernel.api.views import WorkspaceView

_CHECKED = ("id", "score", "errors", "warnings", "looks", "bars", "first_start", "last_start", "checked_at")
_SCORE = ("id", "series", "day", "score")
_FINDING = ("id", "series", "kind", "severity", "start", "end", "rows", "detail")
#: Whose bars they are: the name in the answer, and where a series has it.
_WHOSE = {
    "instrument": "listing__instrument_id",
    "listing": "listing_id",
    "venue": "listing__venue",
    "symbol": "listing__symbol",
    "interval": "interval",
}


class Quality(WorkspaceView):
    @extend_schema(
        summary="The series that were checked, each with its score",
        parameters=[CheckedQuery],
        responses=page_shape(CheckedShape),
    )
    def get(self, request: Request) -> Response:
        """What is found in a series stands in `quality/findings`, and its score day by day in `quality/scores`."""
        told = _asked(CheckedQuery, request)
        rows = CheckedSeries.objects.filter(**_meant(told, ""), **_bounds(told, score_most="score__lte"))
        own = {"listing", "interval"}
        rows = rows.annotate(**{name: F(path) for name, path in _WHOSE.items() if name not in own})
        return page_of_rows(self, rows, (*_CHECKED, *_WHOSE))


class QualityScores(WorkspaceView):
    @extend_schema(
        summary="The score of each series, day by day", parameters=[ScoreQuery], responses=page_shape(ScoreShape)
    )
    def get(self, request: Request) -> Response:
        """A day without a row has no bar that was checked. Days are the market's own."""
        told = _asked(ScoreQuery, request)
        bounds = _bounds(told, score_most="score__lte", since="day__gte", until="day__lte")
        rows = QualityScore.objects.filter(**_meant(told, "series__"), **bounds)
        rows = rows.annotate(**_whose(), checked_at=F("series__checked_at"))
        return page_of_rows(self, rows, (*_SCORE, *_WHOSE, "checked_at"), ordering=_order(told, "-day"))


class QualityFindings(WorkspaceView):
    @extend_schema(
        summary="What was found in the bars: kind, severity, which bars, and why",
        parameters=[FindingQuery],
        responses=page_shape(FindingShape),
    )
    def get(self, request: Request) -> Response:
        """Findings are those of the last look: one that is no longer here was mended, or was none."""
        told = _asked(FindingQuery, request)
        bounds = _bounds(told, kind="kind", severity="severity", since="end__gte", until="start__lt")
        rows = QualityFinding.objects.filter(**_meant(told, "series__"), **bounds).annotate(**_whose())
        return page_of_rows(self, rows, (*_FINDING, *_WHOSE), ordering=_order(told, "-start"))


def _asked(shape: type[SeriesQuery], request: Request) -> dict[str, Any]:
    query = shape(data=request.query_params)
    query.is_valid(raise_exception=True)
    told: dict[str, Any] = query.validated_data
    return told


def _meant(told: dict[str, Any], series: str) -> dict[str, Any]:
    """The series that are asked for, by what was named of them."""
    named = {f"{series}{path}": told[name] for name, path in _WHOSE.items() if name in told}
    return {**named, **({"series": told["series"]} if "series" in told else {})}


def _bounds(told: dict[str, Any], **columns: str) -> dict[str, Any]:
    return {column: told[name] for name, column in columns.items() if name in told}


def _whose() -> dict[str, F]:
    return {name: F(f"series__{path}") for name, path in _WHOSE.items()}


def _order(told: dict[str, Any], by_time: str) -> str:
    """Of one series by time. Of all, thousands may share a day, and a cursor would lose its place among them."""
    return by_time if "series" in told else "-id"
