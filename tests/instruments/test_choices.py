"""An operator says from whom bars may come; the trail keeps it."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from instruments.models import SourceChoice
from kernel.tenancy.scope import operator
from tests.instruments.giving import Pretended, registered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sources():
    with registered(Pretended("binance"), Pretended("yahoo")):
        yield


def choose(*words, **options):
    out = io.StringIO()
    call_command("choose_source", *words, stdout=out, **options)
    return out.getvalue()


def trail():
    with operator():
        return list(
            AuditEntry.objects.filter(action__startswith="source.")
            .order_by("sequence")
            .values_list("action", flat=True)
        )


def test_source_is_chosen_changed_and_dropped(bitcoin):
    assert "yahoo is asked for BTC/USDT by the name BTC-USD" in choose("BTC/USDT", "yahoo", symbol="BTC-USD")
    choose("BTCUSDT", "yahoo", symbol="BTCUSD=X", priority=2)
    [row] = SourceChoice.objects.all()
    assert (row.symbol, row.priority) == ("BTCUSD=X", 2)
    assert "no longer asked" in choose("BTC/USDT", "yahoo", drop=True)
    assert "is not asked" in choose("BTC/USDT", "yahoo", drop=True)
    assert trail() == ["source.chosen", "source.chosen", "source.dropped"]


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (("BTC/USDT", "nobody"), {"symbol": "x"}, "There is no source 'nobody'; known are binance, yahoo"),
        (("DOGE", "yahoo"), {"symbol": "x"}, "The catalogue has nothing"),
        (("BTC/USDT", "yahoo"), {}, "Name the --symbol"),
        (("BTC/USDT", "yahoo"), {"symbol": "x" * 81}, "Name the --symbol"),
        (("BTC/USDT", "yahoo"), {"symbol": "x", "priority": -1}, "a --priority from 0 to 1000"),
    ],
)
def test_choice_that_cannot_be_is_refused_in_words(bitcoin, words, options, said):
    with pytest.raises(CommandError, match=said):
        choose(*words, **options)
    assert not SourceChoice.objects.exists()
