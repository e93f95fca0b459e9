"""What news is about: names and symbols where they are meant, and not where they are ordinary words."""

import pytest

from benchmarks.news_matching import headlines, measured, things
from instruments.domain.news.matching import How, index_of, matches_of
from instruments.domain.news.names import company_words
from instruments.domain.news.subjects import subject_of


@pytest.fixture(scope="module")
def index():
    return index_of(things())


def about(index, title, **told):
    return {one.subject for one in matches_of(index, title=title, **told)}


@pytest.mark.parametrize("half", ["open", "held"])
def test_headlines_are_matched_as_measured(index, half, record_property):
    found = measured(half, index)
    record_property("figures", f"precision {found['precision']}, recall {found['recall']}")
    assert found["precision"] >= 0.9
    assert found["recall"] >= 0.9


def test_there_are_enough_headlines():
    assert len(headlines("open")) >= 60
    assert len(headlines("held")) >= 50


@pytest.mark.parametrize("symbol", ["ALL", "IT", "CAT", "GAS", "ONE", "NEAR", "A", "ON", "NOW", "KEY", "FOR", "OPEN"])
@pytest.mark.parametrize(
    "title", ["{} eyes on the market", "Why {} shares fell today", "Investors ask: {}?", "{} token and crypto news"]
)
def test_ordinary_word_is_no_symbol_by_itself(index, symbol, title):
    bare = matches_of(index, title=title.format(symbol))
    assert [one for one in bare if one.words == symbol] == []


def test_sign_says_that_it_is_one(index):
    assert "share:ALL:USD" in about(index, "$ALL slips")
    assert about(index, "Insurer (NYSE: ALL) slips") == {"share:ALL:USD"}


def test_symbol_of_two_things_is_told_by_what_is_spoken_of(index):
    (alone,) = matches_of(index, title="$SOL rallies as crypto rebounds")
    assert (alone.subject, alone.how) == ("coin:SOL", How.CASHTAG)


def test_longest_name_is_meant(index):
    assert about(index, "Bitcoin Cash climbs") == {"coin:BCH"}


def test_reason_is_kept_with_its_words(index):
    (match,) = matches_of(index, title="A quiet day", summary="Analysts expect Nvidia to gain.")
    assert (match.subject, match.words, match.is_in_title, match.how) == ("share:NVDA:USD", "Nvidia", False, How.NAME)
    assert match.sure < 0.9


def test_what_the_source_says_counts_most(index):
    (match,) = matches_of(index, title="Nothing", symbols=["$MSFT"])
    assert (match.subject, match.how) == ("share:MSFT:USD", How.TOLD)


def test_capital_letters_all_over_say_nothing(index):
    assert about(index, "MARKETS: AMD AND IBM GAIN WHILE STOCKS FALL") <= {"share:IBM:USD"}


def test_long_and_odd_text_is_read_all_the_same(index):
    matches_of(index, title="$" * 10_000, summary="(NASDAQ:" * 5_000)
    matches_of(index, title="حالة 🚀 \u202e", summary="A/B" * 5_000)
    matches_of(index, title="AAAAAAAAAA" * 400)


@pytest.mark.parametrize(
    ("name", "whole", "short"),
    [
        ("KVH Industries, Inc.", ("kvh", "industries"), ("kvh",)),
        ("Arch Capital Group Ltd.", ("arch", "capital", "group"), ("arch", "capital")),
        ("Patria Investments Limited Class A", ("patria", "investments"), ()),
        ("OneMedNet Corp - Warrant", (), ()),
        ("AT&T", ("at&t",), ()),
        ("Nestlé S.A.", ("nestle",), ()),
    ],
)
def test_company_is_called_without_what_the_register_adds(name, whole, short):
    assert company_words(name) == (whole, short)


def test_contracts_are_about_what_they_are_of():
    told = {"base": "BTC", "quote": "USDT"}
    spot = subject_of(kind="spot", is_always_open=True, **told)
    assert subject_of(kind="future", is_always_open=True, **told) == spot == "coin:BTC"
    assert subject_of(kind="option", base="INFY", quote="INR", is_always_open=False) == "share:INFY:INR"
    assert subject_of(kind="commodity", base="GC", quote="USD", is_always_open=False) == "goods:gold"
