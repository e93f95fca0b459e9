"""Lists as plain rows: `values()` and a cursor, half the work of a model serializer (PERFORMANCE, 4)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.api.pagination import Cursor


def page_of_rows(view: APIView, rows: QuerySet[Any], fields: Sequence[str], *, ordering: str = "-id") -> Response:
    """One page of these columns, with the addresses of the next and the previous one."""
    cursor = Cursor()
    cursor.ordering = ordering
    page = cursor.paginate_queryset(rows.values(*fields), view.request, view=view)
    return cursor.get_paginated_response(page)


def page_shape(row: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """The shape of one page of such rows, for the schema."""
    return inline_serializer(
        f"{row.__name__}Page",
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": row(many=True),
        },
    )
