"""Finding what can be traded: by words, by bounds, or both. The platform's rows, so in any scope and in none."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length

from instruments.domain.listings import Kind, OptionRight
from instruments.domain.search import FEWEST_LETTERS, asked_words, compact, nearest, plain
from instruments.domain.universe import Universe
from instruments.models import Instrument, Listing, ListingFigures, SearchWord

PAGE = 50
#: Of so many words that look alike the nearest are taken.
_LOOKED_AT = 60
#: The least likeness of a misspelt word to the one that was meant, as pg_trgm reckons it.
_ALIKE = "0.25"
_SHORT = 2
_CALL, _PUT, _FUTURE = {"right": OptionRight.CALL.value}, {"right": OptionRight.PUT.value}, {"kind": Kind.FUTURE.value}
#: Words that people write beside an underlying.
_CONTRACTS = {"ce": _CALL, "call": _CALL, "pe": _PUT, "put": _PUT, "fut": _FUTURE, "future": _FUTURE}
#: Of two that fit as well the one in the earlier currency.
_USUAL_QUOTES = ("USDT", "USD", "INR", "EUR", "USDC", "GBP")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was asked for."""

    listings: tuple[Listing, ...]
    has_more: bool = False
    #: What was looked for besides, where a word that was typed is nobody's: it was probably meant.
    also: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The rows that are meant, and how columns are named from there: instruments by their homes, or listings."""

    rows: QuerySet[Any]
    instrument: str
    listing: str
    key: str

    def by(self, **named: Any) -> Q:
        """A condition on columns of the instrument."""
        return Q(**{f"{self.instrument}{name}": value for name, value in named.items()})


def find(universe: Universe, words: str = "", *, now: dt.datetime, at_most: int = PAGE, after: int = 0) -> Found:
    """With words what fits best first, else the most traded first and then what most places list."""
    asked = _asked(universe, now=now)
    typed = asked_words(words)
    if not plain(words):
        return _page(_by_size(asked, at_most + 1, after), at_most)
    with _by_index():
        keys = _fitting(asked, typed, at_most + 1, after)
        if len(keys) > at_most or after or (meant := _meant(typed)) == typed:
            return _page(keys, at_most)
        others = [key for key in _fitting(asked, meant, at_most + 1, 0) if key not in set(keys)]
    return _page([*keys, *others][: at_most + 1], at_most, also=" ".join(meant) if others else "")


def search_instruments(words: str, *, now: dt.datetime, at_most: int = 10) -> list[Listing]:
    """The home listings of the best few instruments, best first; what is gone too."""
    return list(find(Universe(with_gone=True), words, now=now, at_most=at_most).listings) if plain(words) else []


def universe_keys(universe: Universe, *, now: dt.datetime, at_most: int) -> list[UUID]:
    """The listings that are meant, by their keys: the most traded first."""
    return _by_size(_asked(universe, now=now), at_most, 0)


def _asked(universe: Universe, *, now: dt.datetime) -> _Asked:
    if universe.venues:
        rows: QuerySet[Any] = Listing.objects.filter(venue__in=universe.venues)
        asked = _Asked(rows, "instrument__", "", "pk")
        gone: dict[str, Any] = {} if universe.with_gone else {"gone_at": None}
    else:
        asked = _Asked(Instrument.objects.filter(home__isnull=False), "", "home__", "home_id")
        gone = {} if universe.with_gone else {"status": Instrument.Status.LISTED}
    at, of = asked.instrument, asked.listing
    bounds = {
        f"{at}kind__in": [one.value for one in universe.kinds] or None,
        f"{at}quote__in": universe.quotes or None,
        f"{of}is_tradable": True if universe.tradable else None,
        f"{of}figures__price__gte": universe.price_least,
        f"{of}figures__price__lte": universe.price_most,
        f"{of}figures__turnover__gte": universe.turnover_least,
        f"{of}figures__spread__lte": universe.spread_most,
        f"{of}figures__volatility__gte": universe.volatility_least,
        f"{of}figures__volatility__lte": universe.volatility_most,
        f"{of}figures__trades_since__lte": universe.traded_by(now.date()),
    }
    named = {name: value for name, value in bounds.items() if value is not None}
    return _Asked(asked.rows.filter(**gone, **named), asked.instrument, asked.listing, asked.key)


def _by_size(asked: _Asked, at_most: int, after: int) -> list[UUID]:
    """In two steps, each by an index: what has a turnover, then the rest."""
    turnover = f"{asked.listing}figures__turnover"
    known = asked.rows.filter(**{f"{turnover}__isnull": False})
    keys = list(known.order_by(f"-{turnover}", "pk").values_list(asked.key, flat=True)[after : after + at_most])
    if len(keys) < at_most:
        # Not "is null": the planner would take that for a handful of rows and sort them all.
        known_of_it = ListingFigures.objects.filter(listing=OuterRef(asked.key), turnover__isnull=False)
        rest = asked.rows.filter(~Exists(known_of_it))
        begin = max(0, after - known.count()) if after else 0
        order = [f"{asked.instrument}{name}" for name in ("places", "kind", "code")]
        order[0] = f"-{order[0]}"
        keys += rest.order_by(*order, "pk").values_list(asked.key, flat=True)[begin : begin + at_most - len(keys)]
    return keys


def _fitting(asked: _Asked, typed: Sequence[str], at_most: int, after: int) -> list[UUID]:
    """What holds every word, best first: a whole symbol or alias, its beginning, a word of the name, its beginning."""
    whole = " ".join(typed)
    joined = compact(whole) or whole
    words = Q()
    for word in typed:
        # One letter or two stand in nearly everything: there they must begin a word.
        held = asked.by(search__contains=word if len(word) > _SHORT else f" {word}")
        # "nifty 24500 ce": what kind of contract is meant stands in its columns, and alone it means too many.
        words &= held | asked.by(**_CONTRACTS[word]) if word in _CONTRACTS and len(typed) > 1 else held
    tiers = (
        asked.by(terms__contains=f" {whole} ") | asked.by(terms__contains=f" {joined} "),
        asked.by(terms__contains=f" {whole}") | asked.by(terms__contains=f" {joined}"),
        asked.by(search__contains=f" {whole} "),
        asked.by(search__contains=f" {whole}"),
    )
    tier = Case(*(When(one, then=Value(number)) for number, one in enumerate(tiers)), default=Value(len(tiers)))
    is_it = asked.by(base__iexact=joined) | asked.by(name__iexact=whole)
    is_of_another = Case(When(is_it, then=Value(0)), default=Value(1))
    usual = (When(asked.by(quote=one), then=Value(number)) for number, one in enumerate(_USUAL_QUOTES))
    quote = Case(*usual, default=Value(len(_USUAL_QUOTES)))
    at = asked.instrument
    # Of contracts the one that ends next.
    ends = F(f"{at}expiry").asc(nulls_first=True)
    order = (tier, is_of_another, f"-{at}places", quote, ends, Length(f"{at}code"), f"{at}kind", f"{at}code", "pk")
    rows = asked.rows.filter(words if joined == whole else words | asked.by(search__contains=f" {joined}"))
    return list(rows.order_by(*order).values_list(asked.key, flat=True)[after : after + at_most])


_SET = "SELECT set_config('pg_trgm.similarity_threshold', %s, true), set_config('enable_seqscan', %s, true)"


@contextmanager
def _by_index() -> Iterator[None]:
    """The planner takes comparing words to be as cheap as comparing numbers, and would look at every row for them."""
    # No savepoint of its own: it only reads.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(_SET, [_ALIKE, "off"])
        yield
        cursor.execute(_SET, [_ALIKE, "on"])


_WORDS_ALIKE = """
SELECT word FROM instruments_searchword
WHERE word %% %(typed)s ORDER BY similarity(word, %(typed)s) DESC, word LIMIT %(at_most)s
"""


def _meant(typed: Sequence[str]) -> list[str]:
    """The words as they were probably meant: each that nothing holds by its nearest."""
    known = set(SearchWord.objects.filter(pk__in=typed).values_list("pk", flat=True))
    meant = []
    for word in typed:
        near = nearest(word, _alike(word)) if word not in known and len(word) >= FEWEST_LETTERS else []
        meant.append(near[0] if near else word)
    return meant


def _alike(word: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WORDS_ALIKE, {"typed": word, "at_most": _LOOKED_AT})
        return [one for (one,) in cursor.fetchall()]


def _page(keys: Sequence[UUID], at_most: int, *, also: str = "") -> Found:
    shown = keys[:at_most]
    rows = Listing.objects.select_related("instrument", "last_price", "figures").in_bulk(shown)
    return Found(tuple(rows[key] for key in shown), len(keys) > at_most, also)
