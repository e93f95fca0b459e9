"""Which venue is open here is a table of rules, each with its reason, its source and its date."""

import datetime as dt
import json

import pytest

from exchanges.domain.policy import closed_by, read_rules, rules
from exchanges.domain.venues import VENUES
from tests.exchanges.domain.later_venues import LATER


def shut(venue, *, mode="live", is_self_hosted=False, home=""):
    facts = {**VENUES, **LATER}[venue]
    rule = closed_by(venue=venue, countries=facts.countries, mode=mode, home=home, is_self_hosted=is_self_hosted)
    return rule is not None


@pytest.mark.parametrize("venue", ["zerodha", "upstox", "5paisa", "wazirx"])
def test_indian_live_trading_is_open_to_who_runs_the_instance(venue):
    assert shut(venue)
    assert not shut(venue, is_self_hosted=True)
    assert not shut(venue, mode="paper")
    assert not shut(venue, mode="sandbox")


@pytest.mark.parametrize("venue", ["binance", "coinbase", "kraken", "ibkr", "schwab", "alpaca", "robinhood"])
def test_no_rule_shuts_the_others(venue):
    assert not shut(venue)


def test_every_rule_says_why_by_whom_and_since_when():
    for rule in rules():
        assert len(rule.reason) > 40
        assert rule.source
        assert dt.date.fromisoformat(rule.since) <= dt.date.fromisoformat(rule.written_on)


@pytest.mark.parametrize(
    "wrong",
    [{"opens": "sometimes"}, {"venue_country": ""}, {"unknown": "field"}],
)
def test_rule_that_cannot_be_read_is_refused(wrong):
    rule = {
        "venue_country": "IN",
        "mode": "live",
        "opens": "never",
        "since": "2026-01-01",
        "reason": "r",
        "source": "s",
        "written_on": "2026-01-01",
    }
    with pytest.raises((ValueError, TypeError)):
        read_rules(json.dumps({"rules": [{**rule, **wrong}]}))
