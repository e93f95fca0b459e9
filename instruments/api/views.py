"""Instruments, calendars, watchlists and price alerts."""

import datetime as dt
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from instruments.api import shapes
from instruments.api.rows import alert_row, exact, instrument_row, listing_row, watchlist_row
from instruments.domain.calendars import BeyondCalendar, Calendar, UnknownCalendar, calendar_named, sessions, standing
from instruments.forms.universe import UniverseForm
from instruments.forms.watching import AlertForm, NameForm
from instruments.markets import find
from instruments.models import Instrument, Listing, PriceAlert, Watchlist
from instruments.selectors import calendars_in_use
from instruments.services.alerts import TooManyAlerts, arm_alert, delete_alert, make_alert, pause_alert
from instruments.services.watchlists import (
    NotKept,
    delete_watchlist,
    make_watchlist,
    rename_watchlist,
    unwatch_instrument,
    watch_instrument,
)
from instruments.watched import alerts, firings
from kernel import clock
from kernel.api.problems import Problem
from kernel.api.views import WorkspaceView
from kernel.idempotency.api import idempotent
from kernel.tenancy.access import Right
from kernel.tenancy.loader import load

Row = TypeVar("Row", bound=Model)
_MOST, _DEEPEST = 200, 5_000
_MOST_DAYS = 366
_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
_EDIT = dict.fromkeys(("POST", "PATCH", "DELETE"), Right.EDIT)
_FILTERS = [
    OpenApiParameter(name, str, description=str(field.label)) for name, field in UniverseForm.base_fields.items()
]


class Instruments(WorkspaceView):
    @extend_schema(
        summary="What can be traded: searched by `q`, filtered, best first",
        parameters=[
            *_FILTERS,
            OpenApiParameter("limit", int, description=f"1 to {_MOST}; 50 when not given"),
            OpenApiParameter("after", int, description="Where the page begins, as `next` of the one before says"),
        ],
        responses=shapes.InstrumentPage,
    )
    def get(self, request: Request) -> Response:
        form, now = UniverseForm(request.query_params), clock.now()
        _valid(form)
        limit = _number(request, "limit", least=1, most=_MOST, default=50)
        after = _number(request, "after", least=0, most=_DEEPEST, default=0)
        found = find(form.asked, form.words, now=now, at_most=limit, after=after)
        rows = [{**instrument_row(one.instrument), "listing": listing_row(one, now=now)} for one in found.listings]
        following = after + limit if found.has_more and after + limit <= _DEEPEST else None
        return Response({"next": following, "also": found.also, "results": rows})


class OneInstrument(WorkspaceView):
    @extend_schema(summary="One instrument with its listings, the home one first", responses=shapes.OneInstrument)
    def get(self, request: Request, instrument: UUID) -> Response:
        found, now = load(self.access, Instrument.objects.all(), instrument), clock.now()
        rows = list(found.listings.select_related("last_price", "figures"))
        rows.sort(key=lambda one: (one.gone_at is not None, one.pk != found.home_id, one.venue, one.segment))
        told = [listing_row(one, now=now) for one in rows]
        return Response({**instrument_row(found), "home": found.home_id, "listings": told})


class Calendars(WorkspaceView):
    @extend_schema(
        summary="The calendars of what is listed: is it open, and until when", responses=shapes.CalendarShape(many=True)
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        return Response([_calendar(calendar_named(name), now) for name in calendars_in_use()])


class OneCalendar(WorkspaceView):
    @extend_schema(
        summary="One calendar, with the sessions of a range",
        parameters=[
            OpenApiParameter("since", OpenApiTypes.DATE, description="The first day; today when not given"),
            OpenApiParameter("until", OpenApiTypes.DATE, description=f"The last day; at most {_MOST_DAYS} in all"),
        ],
        responses=shapes.CalendarWithSessions,
    )
    def get(self, request: Request, calendar: str) -> Response:
        now = clock.now()
        try:
            found = calendar_named(calendar)
        except UnknownCalendar as error:
            raise Problem(404, "NOT_FOUND", str(error)) from error
        today = now.astimezone(found.zone).date()
        since = _day(request, "since") or today
        until = _day(request, "until") or since + dt.timedelta(days=7)
        if not 0 <= (until - since).days < _MOST_DAYS:
            raise ValidationError({"until": [f"A range has 1 to {_MOST_DAYS} days, and ends after it begins."]})
        try:
            told = [_session(one) for one in sessions(found, since, until)]
        except BeyondCalendar as error:
            raise ValidationError({"since": [str(error)]}) from error
        return Response({**_calendar(found, now), "sessions": told})


class Watchlists(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, **_EDIT}

    @extend_schema(summary="Watchlists, in order", responses=shapes.WatchlistShape(many=True))
    def get(self, request: Request) -> Response:
        rows = Watchlist.objects.prefetch_related("entries")
        return Response([watchlist_row(one) for one in rows])

    @extend_schema(summary="Make a watchlist", request=shapes.NewWatchlist, responses={201: shapes.WatchlistShape})
    @idempotent(is_money=False)
    def post(self, request: Request) -> Response:
        form = NameForm(_object(request))
        _valid(form)
        made = _kept(lambda: make_watchlist(access=self.access, name=form.cleaned_data["name"], now=clock.now()))
        return Response(watchlist_row(made), status=201, headers={"Location": f"/api/v1/watchlists/{made.pk}"})


class OneWatchlist(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, **_EDIT}

    @extend_schema(summary="One watchlist", responses=shapes.WatchlistShape)
    def get(self, request: Request, watchlist: UUID) -> Response:
        return Response(watchlist_row(self._load(watchlist)))

    @extend_schema(summary="Put an instrument on it", request=shapes.Watched, responses=shapes.WatchlistShape)
    def post(self, request: Request, watchlist: UUID) -> Response:
        found = self._load(watchlist)
        instrument = _named(Instrument.objects.all(), _object(request), "instrument")
        _kept(lambda: watch_instrument(access=self.access, watchlist=found, instrument=instrument, now=clock.now()))
        return Response(watchlist_row(self._load(watchlist)))

    @extend_schema(summary="Name it anew", request=shapes.NewWatchlist, responses=shapes.WatchlistShape)
    def patch(self, request: Request, watchlist: UUID) -> Response:
        found, form = self._load(watchlist), NameForm(_object(request))
        _valid(form)
        name = form.cleaned_data["name"]
        _kept(lambda: rename_watchlist(access=self.access, watchlist=found, name=name, now=clock.now()))
        return Response(watchlist_row(self._load(watchlist)))

    @extend_schema(summary="Delete it", request=None, responses={204: None})
    def delete(self, request: Request, watchlist: UUID) -> Response:
        delete_watchlist(access=self.access, watchlist=self._load(watchlist), now=clock.now())
        return Response(status=204)

    def _load(self, key: UUID) -> Watchlist:
        return load(self.access, Watchlist.objects.all(), key)


class OneWatched(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = _EDIT

    @extend_schema(summary="Take an instrument off it", request=None, responses=shapes.WatchlistShape)
    def delete(self, request: Request, watchlist: UUID, instrument: UUID) -> Response:
        found = load(self.access, Watchlist.objects.all(), watchlist)
        one = load(self.access, Instrument.objects.all(), instrument)
        unwatch_instrument(access=self.access, watchlist=found, instrument=one, now=clock.now())
        return Response(watchlist_row(found))


class Alerts(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, **_EDIT}

    @extend_schema(summary="Price alerts, newest first", responses=shapes.AlertShape(many=True))
    def get(self, request: Request) -> Response:
        return Response([alert_row(one) for one in alerts()])

    @extend_schema(summary="Set an alert", request=shapes.NewAlert, responses={201: shapes.AlertShape})
    @idempotent(is_money=False)
    def post(self, request: Request) -> Response:
        given = _object(request)
        listing = _named(Listing.objects.filter(gone_at=None), given, "listing")
        form = AlertForm(given)
        _valid(form)
        made = _kept(lambda: make_alert(access=self.access, listing=listing, now=clock.now(), **form.told))
        return Response(alert_row(made), status=201, headers={"Location": f"/api/v1/alerts/{made.pk}"})


class OneAlert(WorkspaceView):
    rights: ClassVar[dict[str, Right]] = {**WorkspaceView.rights, **_EDIT}

    @extend_schema(summary="One alert, with what it fired on", responses=shapes.AlertWithFirings)
    def get(self, request: Request, alert: UUID) -> Response:
        found = self._load(alert)
        names = ("words", "price_at", "age_seconds", "source", "fired_at")
        told = [
            {**{name: getattr(one, name) for name in names}, "price": exact(one.price)}
            for one in firings().filter(alert=found)[:100]
        ]
        return Response({**alert_row(found), "firings": told})

    @extend_schema(summary="Arm it again, or pause it", request=shapes.SwitchAlert, responses=shapes.AlertShape)
    def patch(self, request: Request, alert: UUID) -> Response:
        found, wanted = self._load(alert), shapes.SwitchAlert(data=request.data)
        wanted.is_valid(raise_exception=True)
        act = arm_alert if wanted.validated_data["state"] == "armed" else pause_alert
        act(access=self.access, alert=found, now=clock.now())
        return Response(alert_row(self._load(alert)))

    @extend_schema(summary="Delete it, with what it fired on", request=None, responses={204: None})
    def delete(self, request: Request, alert: UUID) -> Response:
        delete_alert(access=self.access, alert=self._load(alert), now=clock.now())
        return Response(status=204)

    def _load(self, key: UUID) -> PriceAlert:
        return load(self.access, alerts(), key)


def _valid(form: forms.Form) -> None:
    """The page's own words, by field."""
    if not form.is_valid():
        raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})


def _kept(act: Any) -> Any:
    try:
        return act()
    except (NotKept, TooManyAlerts) as error:
        raise Problem(409, "NOT_KEPT", str(error)) from error


def _object(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise ValidationError({"body": ["A JSON object is expected."]})
    return request.data


def _named(rows: QuerySet[Row], given: dict[str, Any], name: str) -> Row:
    """What the body names by its key: the catalogue's rows, which are everybody's."""
    try:
        return rows.get(pk=str(given.get(name, "")))
    except (ObjectDoesNotExist, DjangoValidationError, ValueError) as error:
        raise ValidationError({name: [f"There is no {name} by that key."]}) from error


def _number(request: Request, name: str, *, least: int, most: int, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and least <= int(text) <= most):
        raise ValidationError({name: [f"A whole number from {least} to {most}."]})
    return int(text)


def _day(request: Request, name: str) -> dt.date | None:
    text = request.query_params.get(name, "")
    try:
        day = dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ValidationError({name: ["A day is written like 2026-11-20."]}) from error
    if day is not None and not _FIRST <= day <= _LAST:
        raise ValidationError({name: [f"A day from {_FIRST} to {_LAST}."]})
    return day


def _calendar(found: Calendar, now: dt.datetime) -> dict[str, Any]:
    try:
        here = standing(found, now)
        state = {"is_open": here.is_open, "until": here.until}
    except BeyondCalendar:
        state = {"is_open": None, "until": None}
    return {"name": found.name, "zone": str(found.zone), "is_always_open": found.is_always_open, **state}


def _session(one: Any) -> dict[str, Any]:
    return {"day": one.day, "opens": one.opens, "closes": one.closes, "pauses": [list(pause) for pause in one.pauses]}
