"""News, the same for everybody who may ask."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from instruments.api.news_shapes import NewsQuery, NewsShape
from instruments.models import Instrument, NewsItem
from instruments.news import NewsAsked, news_rows, subject_for, with_matches
from kernel import clock
from kernel.api.pagination import Cursor
from kernel.api.problems import Problem
from kernel.api.rows import page_shape
from kernel.api.views import WorkspaceView

_COLUMNS = ("title", "link", "summary", "language", "published_at", "known_at", "at", "revision", "is_backfilled")


class News(WorkspaceView):
    @extend_schema(summary="News, newest first", parameters=[NewsQuery], responses=page_shape(NewsShape))
    def get(self, request: Request) -> Response:
        """Each item as it is known now, or as it was known at `known_by`. Whether you may show what a source tells to
        others is between its owner and the operator of this instance."""
        query = NewsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        told: dict[str, Any] = query.validated_data
        asked = NewsAsked(
            subjects=_subjects(told),
            source=told.get("source", ""),
            since=told.get("since"),
            until=told.get("until"),
            known_by=told.get("known_by"),
            least=told.get("min_score"),
            most=told.get("max_score"),
        )
        cursor = Cursor()
        cursor.ordering = ("-at", "-id")  # type: ignore[assignment]  # DRF takes several
        page = cursor.paginate_queryset(with_matches(news_rows(asked, now=clock.now())), request, view=self)
        return cursor.get_paginated_response([_row(one) for one in page or []])


def _subjects(told: dict[str, Any]) -> frozenset[str] | None:
    if "instrument" not in told:
        return None
    found = Instrument.objects.filter(pk=told["instrument"]).first()
    if found is None:
        raise Problem(404, "NOT_FOUND", "There is no instrument of this id.")
    return frozenset({subject_for(found)})


def _row(one: NewsItem) -> dict[str, Any]:
    return {
        "id": one.pk,
        "source": one.source.name,
        **{name: getattr(one, name) for name in _COLUMNS},
        "story": one.story,
        "score": one.score,
        "tone": one.tone,
        "scorer": one.scorer,
        "because": [{"words": words, "weight": weight, "turned": turned} for words, weight, turned in one.because],
        "about": [
            {
                "instrument": match.instrument_id,
                "code": match.instrument.code,
                "subject": match.subject,
                "how": match.how,
                "words": match.words,
                "in_title": match.is_in_title,
                "sure": match.sure,
            }
            for match in one.matches.all()
        ],
    }
