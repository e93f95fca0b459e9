"""What a piece of news is about: every name and symbol of the catalogue looked for in one pass over the words.

The index is made once of the whole catalogue; a text is then read word by word, and at each word the longest name that
begins there is taken. What is also an ordinary word counts only with something beside it that says what is meant: a
cash sign, an exchange, or, for a name, words of the market in the same text.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations

from instruments.domain.news.names import (
    common_words,
    company_words,
    currencies,
    known_names,
    spans_of,
    word_set,
    words_of,
)

#: What is less sure is not kept.
LEAST_SURE = 0.5
#: A name that so many share is nobody's.
_MOST_OWNERS = 3
#: The lists are short and are told in this order when symbols mean several things.
_MOST_SIGNS = 3_000
_MOST_MATCHES = 40


class How(StrEnum):
    """Why a text is taken to be about something."""

    TOLD = "told"
    EXCHANGE = "exchange"
    CASHTAG = "cashtag"
    PAIR = "pair"
    NAME = "name"
    SYMBOL = "symbol"
    WEAK = "weak"


#: How sure each is by itself.
SURE = {
    How.TOLD: 0.97,
    How.EXCHANGE: 0.98,
    How.CASHTAG: 0.95,
    How.PAIR: 0.93,
    How.NAME: 0.9,
    How.SYMBOL: 0.7,
    How.WEAK: 0.75,
}


@dataclass(frozen=True, slots=True)
class Thing:
    """An instrument of the catalogue, as far as news may speak of it."""

    subject: str
    #: What speaks of it in lists: its symbol, and what it is called.
    symbol: str
    name: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    subject: str
    how: How
    #: The words that say it, as they stand there.
    words: str
    is_in_title: bool
    sure: float


@dataclass(frozen=True, slots=True)
class _Owner:
    subjects: tuple[str, ...]
    how: How
    needs_market: bool = False
    needs_coins: bool = False
    needs_capital: bool = False
    is_never: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """Names by their first word, longest first; and symbols."""

    phrases: dict[str, list[tuple[tuple[str, ...], _Owner]]] = field(default_factory=dict)
    symbols: dict[str, tuple[str, ...]] = field(default_factory=dict)
    coins: dict[str, str] = field(default_factory=dict)
    pairs: frozenset[str] = frozenset()
    currencies: dict[tuple[str, ...], str] = field(default_factory=dict)
    quotes: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        return sum(map(len, self.phrases.values())) + len(self.symbols)


_MARKET = word_set("market")
_SHARES = word_set("shares")
_COINS = word_set("coins")
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z][A-Za-z0-9]{0,9}(?:\.[A-Za-z])?)(?![\w$])")
_EXCHANGE = re.compile(
    r"\b(NASDAQ|Nasdaq|NasdaqGS|NasdaqGM|NasdaqCM|NYSE|NYSE American|NYSE Arca|AMEX|BATS|CBOE|NSE|BSE|XNAS|XNYS|XNSE)"
    r"(?:\s+ticker)?\s*:\s*\$?([A-Z][A-Z0-9&\-]{0,14}(?:\.[A-Z])?)\b"
)
_SLASHED = re.compile(r"(?<![\w/$-])([A-Z0-9]{2,10})\s?[/\-]\s?([A-Z]{3,5})(?![\w/-])")
_JOINED = re.compile(r"(?<![\w$])([A-Z0-9]{5,16})(?!\w)")
_SYMBOL = re.compile(r"(?<![\w$&.'’-])([A-Z][A-Z0-9]{2,5}(?:\.[A-Z])?)(?![\w&]|[.'’-]\w)")
_NEAR = 120


def index_of(things: Iterable[Thing]) -> Index:
    """The index of these; made once, and read for every text."""
    names: dict[tuple[str, ...], set[str]] = defaultdict(set)
    shorts: dict[tuple[str, ...], set[str]] = defaultdict(set)
    coin_names: dict[tuple[str, ...], set[str]] = defaultdict(set)
    symbols: dict[str, set[str]] = defaultdict(set)
    coins: dict[str, str] = {}
    pairs, quotes, there = set(), set(), set()
    for one in things:
        there.add(one.subject)
        sort = one.subject.partition(":")[0]
        if sort == "coin":
            coins[one.symbol] = one.subject
            quotes.add(one.quote)
            symbols[one.symbol.upper()].add(one.subject)
            if one.name and not one.name.endswith(" perpetual"):
                coin_names[tuple(words_of(one.name))].add(one.subject)
        elif sort == "share":
            symbols[one.symbol.upper()].add(one.subject)
            whole, short = company_words(one.name)
            if whole:
                names[whole].add(one.subject)
            if short:
                shorts[short].add(one.subject)
        elif sort == "pair":
            pairs.add(one.subject.removeprefix("pair:"))
    phrases: dict[tuple[str, ...], _Owner] = {}
    _add_companies(phrases, names, shorts)
    _add_coins(phrases, coin_names)
    _add_known(phrases, there)
    by_first: dict[str, list[tuple[tuple[str, ...], _Owner]]] = defaultdict(list)
    for words, owner in phrases.items():
        by_first[words[0]].append((words, owner))
    for told in by_first.values():
        told.sort(key=lambda pair: -len(pair[0]))
    money = {tuple(words_of(name)): code for code, called in currencies().items() for name in called}
    told_symbols = {symbol: tuple(sorted(owners)) for symbol, owners in symbols.items()}
    return Index(dict(by_first), told_symbols, coins, frozenset(pairs), money, frozenset(quotes))


def _add_companies(
    phrases: dict[tuple[str, ...], _Owner],
    names: dict[tuple[str, ...], set[str]],
    shorts: dict[tuple[str, ...], set[str]],
) -> None:
    common = common_words()
    for words, owners in names.items():
        if len(owners) > _MOST_OWNERS or (len(words) == 1 and len(words[0]) < 3):
            continue
        # A short word of one's own making is somebody else's too.
        is_common = all(word in common or len(word) < 3 for word in words) or sum(map(len, words)) < 5
        how = How.WEAK if is_common else How.NAME
        phrases[words] = _Owner(tuple(sorted(owners)), how, needs_market=is_common, needs_capital=True)
    for words, owners in shorts.items():
        is_common = all(word in common for word in words)
        # A short name of two companies is neither's, and an ordinary word is no short name.
        if words in phrases or len(owners) > 1 or is_common or sum(map(len, words)) < 5:
            continue
        phrases[words] = _Owner(tuple(owners), How.WEAK, needs_market=True, needs_capital=True)


def _add_coins(phrases: dict[tuple[str, ...], _Owner], names: dict[tuple[str, ...], set[str]]) -> None:
    for words, owners in names.items():
        if words and words not in phrases and len(owners) <= _MOST_OWNERS:
            phrases[words] = _Owner(tuple(sorted(owners)), How.WEAK, needs_coins=True, needs_capital=True)


def _add_known(phrases: dict[tuple[str, ...], _Owner], there: set[str]) -> None:
    """Ours come last: what we wrote of a name counts before what the catalogue's says."""
    known: dict[tuple[str, ...], tuple[set[str], bool]] = {}
    for one in known_names():
        for never in one.never:
            phrases[tuple(words_of(never))] = _Owner((), How.NAME, is_never=True)
        if one.subject not in there:
            continue
        for is_weak, told in ((False, one.names), (True, one.weak)):
            for name in told:
                known.setdefault(tuple(words_of(name)), (set(), is_weak))[0].add(one.subject)
    for words, (owners, is_weak) in known.items():
        is_coin = all(owner.startswith("coin:") for owner in owners)
        phrases[words] = _Owner(
            tuple(sorted(owners)),
            How.WEAK if is_weak else How.NAME,
            needs_market=is_weak and not is_coin,
            needs_coins=is_weak and is_coin,
            needs_capital=is_weak and not any(owner.startswith("goods:") for owner in owners),
        )


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    is_title: bool
    words: Sequence[str]
    spans: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, text: str, *, is_title: bool) -> "_Text":
        cut = text[:_MOST_SIGNS]
        return cls(cut, is_title, words_of(cut), list(spans_of(cut)))

    def said(self, first: int, last: int) -> str:
        return self.text[self.spans[first][0] : self.spans[last][1]]


@dataclass(frozen=True, slots=True)
class _Mood:
    """Of what the whole item speaks."""

    market: bool
    shares: bool
    coins: bool


def matches_of(index: Index, *, title: str, summary: str = "", symbols: Sequence[str] = ()) -> list[Match]:
    """What the item is about, the surest first; of each subject the best reason alone."""
    texts = [_Text.of(title, is_title=True)]
    if summary:
        texts.append(_Text.of(summary, is_title=False))
    spoken = {word for one in texts for word in one.words}
    mood = _Mood(bool(spoken & _MARKET), bool(spoken & _SHARES), bool(spoken & _COINS))
    best: dict[str, Match] = {}
    for found in [*_told(index, symbols, mood), *(one for text in texts for one in _in_text(index, text, mood))]:
        kept = best.get(found.subject)
        if found.sure >= LEAST_SURE and (kept is None or found.sure > kept.sure):
            best[found.subject] = found
    return sorted(best.values(), key=lambda one: (-one.sure, one.subject))[:_MOST_MATCHES]


def _told(index: Index, symbols: Sequence[str], mood: _Mood) -> Iterator[Match]:
    for told in symbols:
        symbol = told.strip().removeprefix("$").rpartition(":")[2].upper()
        pair = symbol.replace("-", "/")
        if pair in index.pairs:
            yield Match(f"pair:{pair}", How.TOLD, told, True, SURE[How.TOLD])
        elif "/" in pair and pair.partition("/")[0] in index.coins:
            yield Match(index.coins[pair.partition("/")[0]], How.TOLD, told, True, SURE[How.TOLD])
        else:
            yield from _of_symbol(index, symbol, How.TOLD, told, mood, is_in_title=True)


def _in_text(index: Index, text: _Text, mood: _Mood) -> Iterator[Match]:
    found = [*_by_signs(index, text, mood), *_by_names(index, text, mood), *_by_currencies(index, text)]
    for one in found:
        # The head says what it is about; what follows may only mention it.
        yield one if text.is_title else replace(one, sure=round(one.sure * 0.9, 3))


def _by_signs(index: Index, text: _Text, mood: _Mood) -> Iterator[Match]:
    taken: list[tuple[int, int]] = []
    for found in _EXCHANGE.finditer(text.text):
        taken.append(found.span())
        is_indian = found[1] in {"NSE", "BSE", "XNSE"}
        for subject in index.symbols.get(found[2], ()):
            if subject.startswith("share:") and subject.endswith(":INR") == is_indian:
                yield Match(subject, How.EXCHANGE, found[0], text.is_title, SURE[How.EXCHANGE])
    for found in _CASHTAG.finditer(text.text):
        taken.append(found.span())
        yield from _of_symbol(index, found[1].upper(), How.CASHTAG, found[0], mood, is_in_title=text.is_title)
    for found in _SLASHED.finditer(text.text):
        taken.append(found.span())
        yield from _of_pair(index, found[1], found[2], found[0], is_in_title=text.is_title)
    for found in _JOINED.finditer(text.text):
        for cut in range(2, len(found[1]) - 2):
            base, quote = found[1][:cut], found[1][cut:]
            if f"{base}/{quote}" in index.pairs or (base in index.coins and quote in {"USDT", "USDC", "USD"}):
                taken.append(found.span())
                yield from _of_pair(index, base, quote, found[0], is_in_title=text.is_title)
                break
    if text.text.isupper():
        # Where everything is large nothing can be told from its letters.
        return
    for found in _SYMBOL.finditer(text.text):
        if found[1].casefold() in common_words() or any(
            first < found.end() and found.start() < last for first, last in taken
        ):
            continue
        owners = index.symbols.get(found[1], ())
        meant = [one for one in owners if (mood.coins if one.startswith("coin:") else mood.market)]
        if len(meant) == 1 and (not mood.coins or meant[0].startswith("coin:") or mood.shares):
            yield Match(meant[0], How.SYMBOL, found[0], text.is_title, SURE[How.SYMBOL])


def _of_pair(index: Index, base: str, quote: str, words: str, *, is_in_title: bool) -> Iterator[Match]:
    if f"{base}/{quote}" in index.pairs:
        yield Match(f"pair:{base}/{quote}", How.PAIR, words, is_in_title, SURE[How.PAIR])
    elif base in index.coins and quote in index.quotes:
        yield Match(index.coins[base], How.PAIR, words, is_in_title, SURE[How.PAIR])


def _of_symbol(index: Index, symbol: str, how: How, words: str, mood: _Mood, *, is_in_title: bool) -> Iterator[Match]:
    owners = index.symbols.get(symbol, ())
    if len(owners) > 1 and mood.coins != mood.shares:
        owners = tuple(one for one in owners if one.startswith("coin:") == mood.coins) or owners
    # Where one symbol means several things it is as likely one as the other, and said to be.
    sure = SURE[how] if len(owners) == 1 else 0.55
    for subject in owners[:_MOST_OWNERS]:
        yield Match(subject, how, words, is_in_title, sure)


def _by_names(index: Index, text: _Text, mood: _Mood) -> Iterator[Match]:
    at = 0
    while at < len(text.words):
        named = _longest(index, text, at, mood)
        if named is None:
            at += 1
            continue
        words, owner = named
        last = at + len(words) - 1
        if not owner.is_never:
            said = text.said(at, last)
            sure = SURE[owner.how] if len(owner.subjects) == 1 or owner.how is How.NAME else SURE[owner.how] - 0.1
            for subject in owner.subjects:
                yield Match(subject, owner.how, said, text.is_title, round(sure, 3))
        at = last + 1


def _longest(index: Index, text: _Text, at: int, mood: _Mood) -> tuple[tuple[str, ...], _Owner] | None:
    """The longest name that begins at this word and may be meant here."""
    for words, owner in index.phrases.get(text.words[at], ()):
        if tuple(text.words[at : at + len(words)]) != words:
            continue
        if owner.is_never:
            return words, owner
        if owner.needs_market and not mood.market:
            continue
        if owner.needs_coins and not mood.coins:
            continue
        first = text.text[text.spans[at][0]]
        if owner.needs_capital and not (first.isupper() or first.isdigit()):
            continue
        return words, owner
    return None


def _by_currencies(index: Index, text: _Text) -> Iterator[Match]:
    """Two currencies near each other are a pair, if it is one that is traded."""
    seen: list[tuple[str, int, int]] = []
    at = 0
    while at < len(text.words):
        length = next(
            (
                size
                for size in (3, 2, 1)
                if tuple(text.words[at : at + size]) in index.currencies and at + size <= len(text.words)
            ),
            0,
        )
        if length:
            code = index.currencies[tuple(text.words[at : at + length])]
            seen.append((code, at, at + length - 1))
        at += length or 1
    for (one, first, end), (other, begin, last) in combinations(seen[:8], 2):
        if one == other or text.spans[begin][0] - text.spans[end][1] > _NEAR:
            continue
        for pair in (f"{one}/{other}", f"{other}/{one}"):
            if pair in index.pairs:
                said = f"{text.said(first, end)} … {text.said(begin, last)}"
                yield Match(f"pair:{pair}", How.PAIR, said, text.is_title, 0.8)
