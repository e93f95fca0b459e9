"""The parts of docs/venues.md that are made: what each venue declares, and what its tests came to."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from exchanges.domain.capabilities import SegmentCapabilities, StreamCapabilities, VenueFacts
from exchanges.domain.classifier import Table, table_of
from exchanges.domain.followed import followed_venues
from exchanges.domain.limits import Act
from exchanges.domain.venues import VENUES
from tests.venue_contract.matrix import Cell, Matrix

PAGE = Path(__file__).parents[2] / "docs/venues.md"
#: Paper has no wire.
TABLES = {name: table_of(name) for name in VENUES if name != "paper"}


def block(text: str, name: str) -> str:
    """What stands between the marks of this name."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end {name} -->", text, flags=re.DOTALL)
    if found is None:
        raise LookupError(f"docs/venues.md has no place for {name}")
    return found[1]


def with_block(text: str, name: str, made: str) -> str:
    return text.replace(
        f"<!-- {name} -->\n{block(text, name)}<!-- end {name} -->", f"<!-- {name} -->\n{made}<!-- end {name} -->"
    )


def write(matrix: Matrix) -> None:
    text = PAGE.read_text()
    for name, made in (("facts", facts()), ("fees", fees()), ("codes", codes()), ("matrix", matrix_table(matrix))):
        text = with_block(text, name, made)
    PAGE.write_text(text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(one.replace('|', chr(92) + '|') for one in row)} |\n" for row in lines)


# ---- the matrix ----


def matrix_table(matrix: Matrix) -> str:
    return table(["act", "outcome", *VENUES], matrix.rows())


def cells_on_the_page(text: str) -> set[Cell]:
    """The cells that the committed matrix names."""
    rows = [[one.strip() for one in line.strip("| \n").split("|")] for line in block(text, "matrix").splitlines()]
    head, _, *body = rows
    return {
        (venue, row[0], row[1]) for row in body for venue, told in zip(head[2:], row[2:], strict=True) if told != "–"
    }


def bad_cells_on_the_page(text: str) -> list[str]:
    return re.findall(r".*(?:FAILED|skipped).*", block(text, "matrix"))


# ---- what the tables of replies cover ----


def coverage() -> str:
    """One line for each venue, as the run prints it."""
    told = (f"{name}: {len(one.rows)} rows tested / {documented(one)} codes documented" for name, one in TABLES.items())
    return "\n".join(told)


def documented(one: Table) -> int:
    return len({(row.code, row.text) if row.code else row.statuses for row in one.rows if row.is_documented})


def codes() -> str:
    def sources(one: Table) -> str:
        return "; ".join(f"{source['document']}, {source['version']}, {source['date']}" for source in one.sources)

    rows = [
        [VENUES[name].title, str(len(one.rows)), str(documented(one)), sources(one)] for name, one in TABLES.items()
    ]
    return table(["venue", "rows tested", "codes documented", "from"], rows)


def fees() -> str:
    rows = [
        [VENUES[name].title, one.currency, one.rates_in_words, one.made_of, f"{one.source}, {one.date}"]
        for name, one in followed_venues().items()
    ]
    return table(["follows", "in", "fee", "made of", "from"], rows)


# ---- what is declared ----


def facts() -> str:
    return "\n".join(_venue(one) for one in VENUES.values())


def _venue(one: VenueFacts) -> str:
    parts = [f"### {one.title}\n\n", _segments(one), "\n"]
    written_from = " ".join((import_module(f"exchanges.domain.venues.{one.name}").__doc__ or "").split())
    parts += [f"- {name}: {told}\n" for name, told in [*_lines(one), ("from", written_from)] if told]
    return "".join(parts)


def _segments(one: VenueFacts) -> str:
    """Segments that are alike share a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, segment in one.segments.items():
        alike.setdefault(_segment(segment), []).append(name)
    head = ["segment", "orders", "lasting", "quantity in", "products", "change", "more"]
    return table(head, [[", ".join(names), *row] for row, names in alike.items()])


def _segment(one: SegmentCapabilities) -> tuple[str, ...]:
    orders = _words(f"{kind}{'' if support == 'native' else f' ({support})'}" for kind, support in one.orders.items())
    more = [
        f"calendar {one.calendar}" if one.calendar else "",
        "maker only" if one.has_maker_only else "",
        "fractions" if one.is_fractional else "whole units",
        "holdings apart" if one.has_holdings else "",
        f"protection: {one.protection}" if one.protection != "none" else "",
        f"may be split: {one.splitting}" if one.splitting != "never" else "",
        "sale authorised at the depository" if one.needs_sale_authorisation else "",
        f"at most {one.most_changes} changes" if one.most_changes else "",
        f"hours: {_words(one.hours)}" if len(one.hours) > 1 else "",
        f"groups: {_words(one.groups)}" if one.groups else "",
    ]
    products = _words(product for product in one.products if product != "none")
    return (
        orders,
        _words(one.lasting),
        _words(one.units),
        products,
        _plain(one.modifying),
        "; ".join(filter(None, more)),
    )


def _lines(one: VenueFacts) -> Iterable[tuple[str, str]]:
    mark, window, scheme = one.mark, one.window, one.credentials
    reach = f"{mark.days} days" if mark.days else _plain(mark.reach)
    yield "acts", _words(act for act in Act if act in one.acts)
    yield (
        "mark",
        f"`{mark.field}`, {_plain(mark.form)}, at most {mark.longest}; unique within {_plain(mark.unique)}; "
        f"looked up {_plain(mark.look_up)}, over {reach}; sent twice: {_plain(mark.resend)}",
    )
    length = f"{_seconds(window.length)} in the request" if window.length else "none: absence is for a person to say"
    yield "send window", f"{length}, {_seconds(window.processing)} to process, {_seconds(window.settle)} to settle"
    yield "key", f"{_plain(scheme.kind)}; bound to an address: {_plain(scheme.bound)}{_life(one)}"
    yield "rights of a key", "the venue tells" if one.rights == "answers" else "the venue has no such question"
    yield "budgets", "; ".join(f"{b.name}: {b.amount} in {b.seconds:g} s by {b.scope}" for b in one.budgets)
    yield (
        "candles",
        f"{', '.join(sorted(one.candle_intervals, key=_length))}; {one.most_candles} at once"
        if one.candle_intervals
        else "",
    )
    yield "prices", _stream(one.prices)
    yield "fills", _stream(one.fills)
    yield (
        "fee",
        {"in_fill": "told with the fill", "later": "told later", "never": "never told, so reckoned by us"}[one.fee],
    )
    yield "book of orders", "orders of earlier days are gone" if one.forgets_at_night else ""
    yield "test market", "yes" if one.has_test_market else "none"


def _life(one: VenueFacts) -> str:
    life = one.credentials.life
    daily = (
        f"; ends each day at {life.daily_end.at:%H:%M} {life.daily_end.zone}, and a person logs in again"
        if life.daily_end
        else ""
    )
    return daily + ("; a login elsewhere may end it" if life.is_single else "")


def _stream(one: StreamCapabilities | None) -> str:
    if one is None:
        return ""
    told = [
        _plain(one.carrier),
        f"{one.most_symbols} symbols" if one.most_symbols else "",
        f"{one.most_sockets} sockets" if one.most_sockets else "",
        f"lives {_seconds(one.longest_life)} at most" if one.longest_life else "",
        f"a beat each {_seconds(one.heartbeat)}" if one.heartbeat else "",
        f"a book is joined by {_plain(one.joining)}" if one.joining != "none" else "",
        "one socket for prices and orders" if one.is_shared else "",
    ]
    return ", ".join(filter(None, told))


def _words(words: Iterable[str]) -> str:
    return ", ".join(sorted(_plain(one) for one in words))


def _plain(word: str) -> str:
    return str(word).replace("_", " ")


def _seconds(length: dt.timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"


def _length(interval: str) -> tuple[int, int]:
    """Minutes before hours before days."""
    return ("smhdwM".index(interval[-1]), int(interval[:-1]))
