"""One question at a time from the command line, every figure to the last digit, and an error that says what to do."""

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from kernel.ids import new_id
from kernel.tenancy.scope import tenant
from tests.exchanges.rooms.conftest import connect, payload

pytestmark = pytest.mark.django_db(transaction=True)


def run(capsys, *words):
    call_command("venue", *words, "--json")
    return json.loads(capsys.readouterr().out)


def test_book_is_told_with_every_digit(venue, capsys):
    venue.answer(payload("book.answered"))
    told = json.loads(payload("book.answered").body)
    book = run(capsys, "binance", "book", "BTCUSDT", "--depth", "2")
    assert book["symbol"] == "BTCUSDT"
    assert [[one["price"], one["quantity"]] for one in book["bids"]] == told["bids"][:2]


def test_candles_are_told_from_a_moment_on(venue, capsys):
    venue.answer(payload("candles.answered"))
    candles = run(capsys, "binance", "candles", "BTCUSDT", "--interval", "1h", "--since", "2026-11-20")
    assert candles
    assert venue.requests[0].sent["interval"] == "1h"


def test_listings_are_told(venue, capsys):
    venue.answer(payload("listings.answered"))
    assert "BTCUSDT" in {one["symbol"] for one in run(capsys, "binance", "listings")}


def test_balances_are_asked_for_a_connection_and_its_workspace_is_told(venue, team, alice, now, capsys, enqueued):
    made = connect(team, alice, now=now)
    venue.answer(payload("balances.answered"))
    rows = run(capsys, "binance", "balances", "--connection", str(made.pk))
    assert {"asset", "free", "held"} <= rows[0].keys()
    with tenant(team.pk):
        [entry] = AuditEntry.objects.filter(action="connection.asked_from_command_line")
    assert entry.facts == {"venue": "binance", "question": "balances"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("binance", "balances"), "name its --connection"),
        (("binance", "balances", "--connection", str(new_id())), "No open connection to Binance has the id"),
        (("binance", "book"), "name it"),
        (("nowhere", "clock"), "there is no venue 'nowhere'"),
        (("zerodha", "clock"), "It offers:"),
        (("paper", "ticker", "X"), "Paper"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(venue, words, said):
    with pytest.raises(CommandError, match=said):
        call_command("venue", *words)


def test_refusal_of_the_venue_is_told_as_it_was(venue):
    venue.answer(payload("ticker.refused"))
    with pytest.raises(CommandError, match="Binance said 400 -1121"):
        call_command("venue", "binance", "ticker", "NOSUCH")
