"""What is typed and what is searched are made alike, and a slip of the hand finds the word that was meant."""

import pytest

from instruments.domain.search import asked_words, compact, nearest, plain, slips, terms_of


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("  BTC/USDT ", "btc/usdt"),
        ("Nestlé", "nestle"),
        ("MÜNCHENER  Rück", "munchener ruck"),
        ("ＢＴＣ", "btc"),
        ("币安人生", "币安人生"),
        ("\u202eBTC", "btc"),
        ("", ""),
    ],
)
def test_text_is_made_plain(typed, made):
    assert plain(typed) == made


@pytest.mark.parametrize("typed", ["BTC-USD", "btc/usd", "BTC USD", "Btc_Usd"])
def test_one_pair_is_written_in_many_ways(typed):
    assert compact(typed) == "btcusd"


def test_terms_stand_between_blanks_and_once():
    assert terms_of(["BTC", "BTC/USDT", "btc", "Bitcoin Cash"]) == " btc btc/usdt bitcoin cash "
    assert terms_of(["", "  "]) == ""


def test_question_is_cut_to_what_can_be_asked():
    words = asked_words("x " * 10_000)
    assert words == ["x"] * 6
    assert asked_words("a\x00b") == ["a", "b"]


@pytest.mark.parametrize(
    ("typed", "word", "number"),
    [
        ("bitcoin", "bitcoin", 0),
        ("bitcion", "bitcoin", 1),
        ("bitcon", "bitcoin", 1),
        ("bittcoin", "bitcoin", 1),
        ("vitcoin", "bitcoin", 1),
        ("vitcion", "bitcoin", 2),
        ("ethereum", "bitcoin", 3),
    ],
)
def test_slips_are_counted(typed, word, number):
    assert slips(typed, word, most=2) == number


def test_nearest_word_stands_first_and_far_ones_not_at_all():
    known = ["bitcoin", "bitcoins", "litecoin", "coin"]
    assert nearest("bitcion", known) == ["bitcoin", "bitcoins"]
    assert nearest("aple", ["apple", "ape", "maple", "people"]) == ["ape", "apple", "maple"]
    assert nearest("zzzz", known) == []
