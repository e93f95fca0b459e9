"""What instruments are found by, kept beside them: names, aliases, the listing where the price is shown from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import connection

from instruments.domain.homes import Candidate, home_of
from instruments.domain.listings import Kind
from instruments.domain.lists import aliases
from instruments.domain.search import FEWEST_LETTERS, compact, terms_of
from instruments.models import Instrument, Listing
from instruments.models.word import LONGEST_WORD
from kernel.tenancy.scope import operator

_AT_ONCE = 2_000
_MOST_UNFOUND = 200_000

# One statement for a batch: a row at a time would be a round trip each.
_WRITE = """
UPDATE instruments_instrument AS kept
SET terms = told.terms, search = told.search, places = told.places, home_id = told.home
FROM unnest(%(ids)s::uuid[], %(terms)s::text[], %(search)s::text[], %(places)s::int[], %(home)s::uuid[])
    AS told (id, terms, search, places, home)
WHERE kept.id = told.id AND (kept.terms, kept.search, kept.places, kept.home_id)
    IS DISTINCT FROM (told.terms, told.search, told.places, told.home)
"""
_WORDS = "INSERT INTO instruments_searchword (word) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
#: Contracts are named by their symbols: thousands that come and go, and nobody misspells them.
_WITHOUT_WORDS = {Kind.FUTURE, Kind.OPTION}


def index_instruments(instruments: Collection[UUID] | None = None) -> int:
    """Writes anew what these are found by; None: all of them. How many changed."""
    with operator():
        keys = sorted(Instrument.objects.values_list("pk", flat=True) if instruments is None else instruments)
        return sum(_index(keys[start : start + _AT_ONCE]) for start in range(0, len(keys), _AT_ONCE))


def _index(keys: Sequence[UUID]) -> int:
    listings: defaultdict[UUID, list[Candidate]] = defaultdict(list)
    columns = ("instrument_id", "pk", "venue", "symbol", "segment", "origin", "is_tradable", "gone_at")
    for instrument, pk, venue, symbol, segment, origin, is_tradable, gone_at in (
        Listing.objects.filter(instrument__in=keys).order_by().values_list(*columns)
    ):
        is_told = origin == Listing.Origin.VENUE
        listings[instrument].append(Candidate(pk, venue, symbol, segment, is_told, is_tradable, gone_at is not None))
    known = aliases()
    facts = ("pk", "kind", "code", "base", "quote", "name", "isin", "aliases", "expiry")
    words: set[str] = set()
    told: dict[str, list[object]] = {name: [] for name in ("ids", "terms", "search", "places", "home")}
    for pk, kind, code, base, quote, name, isin, own, expiry in (
        Instrument.objects.filter(pk__in=keys).order_by().values_list(*facts)
    ):
        open_ones = [one for one in listings[pk] if not one.is_gone]
        symbols = {one.symbol for one in open_ones or listings[pk]}
        # A contract that ends is no pair: its currency would be found in a hundred thousand of them.
        pair = [f"{base}/{quote}", f"{base}{quote}"] if expiry is None else []
        terms = terms_of(
            [
                base,
                code,
                *pair,
                *_with_compact(symbols),
                isin,
                known.get((kind, base), ""),
                *own,
            ]
        )
        home = home_of(listings[pk])
        search = f"{terms.rstrip()}{terms_of([name])}" if name else terms
        if kind not in _WITHOUT_WORDS:
            words.update(word for word in search.split() if len(word) >= FEWEST_LETTERS and len(word) <= LONGEST_WORD)
        told["ids"].append(pk)
        told["terms"].append(terms)
        told["search"].append(search)
        told["places"].append(len({one.venue for one in open_ones}))
        told["home"].append(None if home is None else home.pk)
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, [sorted(words)])
        cursor.execute(_WRITE, told)
        return cursor.rowcount


def _with_compact(symbols: Iterable[str]) -> list[str]:
    return [*sorted(symbols), *sorted(compact(one) for one in symbols)]


def index_unfound() -> int:
    """Those that nothing finds yet: what was in the catalogue before it could be searched."""
    with operator():
        return index_instruments(set(Instrument.objects.filter(search="").values_list("pk", flat=True)[:_MOST_UNFOUND]))
