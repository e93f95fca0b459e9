"""The lists that are shipped: what is known of markets before any venue was asked. Nothing of them can be traded."""

import csv
import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from instruments.domain.calendars import ALWAYS, UnknownCalendar, calendar_named
from instruments.domain.listings import InstrumentFacts, Kind, ListingFacts
from instruments.domain.rules import Steps, TradingRules

LISTS = (
    "crypto_pairs",
    "crypto_perpetuals",
    "forex_pairs",
    "commodities",
    "us_nasdaq_listed",
    "us_sp500_elsewhere",
)
_FOLDER = "instruments.domain.list_data"
_AS_OF = re.compile(r"as of (\d{4}-\d{2}-\d{2})$")
_NO_STEPS = Steps()
#: Those that the lists name.
_CALENDARS = ("CMES", "XNAS", "XNYS", "forex")


@dataclass(frozen=True, slots=True)
class ShippedList:
    """One list, by the markets that it speaks of."""

    name: str
    as_of: dt.date
    markets: Mapping[str, tuple[ListingFacts, ...]]

    def __len__(self) -> int:
        return sum(map(len, self.markets.values()))


def shipped_list(name: str) -> ShippedList:
    """The list as it stands in its file; a row that cannot be read raises, for the file is ours."""
    if name not in LISTS:
        raise LookupError(f"There is no list {name!r}; there are {', '.join(LISTS)}.")
    _, rows = _read(name)
    markets: dict[str, list[ListingFacts]] = defaultdict(list)
    for row in rows:
        markets[row["market"]].append(_listing(row, name))
    return ShippedList(name, list_date(name), {market: tuple(told) for market, told in markets.items()})


def list_date(name: str) -> dt.date:
    """As of when the list is, as its first line says."""
    head, _ = _read(name)
    told = _AS_OF.search(head)
    if told is None:
        raise ValueError(f"the list {name} does not say as of when it is")
    return dt.date.fromisoformat(told[1])


def list_digest(name: str) -> str:
    """Another one when the file, or what we know of the hours that it names, is another."""
    told = files(_FOLDER).joinpath(f"{name}.csv").read_bytes()
    hours = repr([(one, _hours(one)) for one in _CALENDARS])
    return hashlib.sha256(told + hours.encode()).hexdigest()


@cache
def aliases() -> Mapping[tuple[str, str], str]:
    """Other names that people search by, of an asset of this kind wherever it is the base."""
    _, rows = _read("aliases")
    return {(kind, row["base"]): row["words"] for row in rows for kind in row["kinds"].split()}


def _read(name: str) -> tuple[str, Iterator[dict[str, str]]]:
    head, *lines = files(_FOLDER).joinpath(f"{name}.csv").read_text("utf-8").splitlines()
    return head, csv.DictReader(lines)


def _listing(row: Mapping[str, str], name: str) -> ListingFacts:
    multiplier = _number(row, "multiplier")
    calendar, facts = _hours(row.get("calendar", ""))
    if row.get("member"):
        facts["member"] = row["member"]
    return ListingFacts(
        symbol=row["symbol"],
        segment=row["segment"],
        instrument=InstrumentFacts(
            kind=Kind(row["kind"]),
            base=row["base"],
            quote=row["quote"],
            code=row.get("code", ""),
            name=row["name"],
            multiplier=Decimal(1) if multiplier is None else multiplier,
        ),
        rules=TradingRules(
            price=_steps(_number(row, "tick")),
            quantity=_steps(_number(row, "lot"), _number(row, "least")),
            least_notional=_number(row, "least_notional"),
        ),
        is_tradable=False,
        calendar=calendar,
        facts={"list": name, **facts},
    )


def _hours(told: str) -> tuple[str, dict[str, str]]:
    """The calendar, and what is to be said where nobody here knows the hours."""
    if not told:
        return ALWAYS, {}
    try:
        return calendar_named(told).name, {}
    except UnknownCalendar:
        return ALWAYS, {"hours": "not known"}


def _number(row: Mapping[str, str], column: str) -> Decimal | None:
    told = row.get(column)
    return Decimal(told) if told else None


def _steps(step: Decimal | None, least: Decimal | None = None) -> Steps:
    return _NO_STEPS if step is None and least is None else Steps(step, least)
