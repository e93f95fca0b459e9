"""Candles, as arrays. They are the same for everybody who may ask."""

import datetime as dt
from typing import Any

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from instruments.api.candle_shapes import CandleQuery, CandlesShape
from instruments.candle_pages import Asked, mark_of, page_of_candles
from instruments.domain.bars import BrokenFile
from instruments.models import CandleSeries, Listing
from instruments.selectors import AmbiguousSymbol, UnknownListing, listing_of
from kernel.api.problems import Problem
from kernel.api.rows import page_of_rows
from kernel.api.views import WorkspaceView

_NAMES_A_LISTING = {"listing", "venue", "symbol"}
_SERIES = ("listing", "listing__venue", "listing__symbol", "interval", "first", "last", "count", "sources")


class Candles(WorkspaceView):
    @extend_schema(
        summary="Bars of a listing, oldest first, in columns", parameters=[CandleQuery], responses=CandlesShape
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Paged by time: `next` leads to the bars after these. The ETag changes with the series alone: send it as
        `If-None-Match`, and 304 says that nothing has changed. A bar is told once it is over. Without a listing the
        series are told that there are, in `results`."""
        if not request.query_params.keys() & _NAMES_A_LISTING:
            return page_of_rows(self, CandleSeries.objects.exclude(first=None), _SERIES)
        query = CandleQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        told: dict[str, Any] = query.validated_data
        listing = _listing(told)
        asked = Asked(
            told["interval"],
            told["limit"],
            told.get("since"),
            told.get("until"),
            told["adjusted"],
            told.get("as_known_at"),
        )
        mark = mark_of(listing, asked)
        headers = {"ETag": f'"{mark}"', "Cache-Control": "private, no-cache"}
        if f'"{mark}"' in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers=headers)
        try:
            page = page_of_candles(listing, asked, mark=mark)
        except BrokenFile as error:
            raise Problem(503, "CANDLES_BROKEN", str(error)) from error
        further = _next(request, page.after) if page.after is not None else None
        # The columns are bytes already; only where the next page is differs by how it was asked.
        body = page.body[:-1] + b',"next":' + orjson.dumps(further) + b"}"
        return HttpResponse(body, content_type="application/json", headers=headers)


def _listing(told: dict[str, Any]) -> Listing:
    rows = Listing.objects.select_related("instrument")
    if "listing" in told:
        found = rows.filter(pk=told["listing"]).first()
        if found is None:
            raise Problem(404, "NOT_FOUND", "There is no listing of this id.")
        return found
    try:
        return listing_of(told["venue"], told["symbol"])
    except (UnknownListing, AmbiguousSymbol) as error:
        raise Problem(404, "NOT_FOUND", str(error)) from error


def _next(request: Request, after: dt.datetime) -> str:
    query = {**request.query_params.dict(), "since": after.isoformat()}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
