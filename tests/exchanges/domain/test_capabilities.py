"""The language of capabilities fits eleven venues: what each of them demands can be said, and contradictions cannot."""

import dataclasses
import datetime as dt

import pytest

from exchanges.domain.capabilities import (
    Carrier,
    FillFee,
    Modifying,
    Protection,
    SegmentCapabilities,
    SendWindow,
    Splitting,
    Support,
    VenueFacts,
)
from exchanges.domain.credentials import Bound, CredentialKind
from exchanges.domain.limits import Act, Scope
from exchanges.domain.market import Listing
from exchanges.domain.marks import LookUp, MarkForm, Reach, Resend, Unique
from exchanges.domain.orders import Lasting, OrderType, Product, Unit
from exchanges.domain.rights import RightsQuery
from exchanges.domain.venues import VENUES, UnknownVenue, venue_named
from instruments.domain.rules import TradingRules
from tests.exchanges.domain.later_venues import LATER

ALL = {**VENUES, **LATER}


def any_segment(holds):
    return lambda venue: any(holds(segment) for segment in venue.segments.values())


def test_eleven_venues_and_paper_are_described():
    assert len(ALL) == 12


# Each line is a demand of the venues, and who makes it. Should the language lose a word, its line cannot be written.
DEMANDS = {
    "no mark at all": (lambda v: v.mark.form is MarkForm.NONE, {"schwab"}),
    "a mark in the form of a UUID": (lambda v: v.mark.form is MarkForm.UUID, {"coinbase", "robinhood"}),
    "marks that are unique within nothing": (
        lambda v: v.mark.unique is Unique.NOTHING,
        {"zerodha", "upstox", "ibkr", "schwab"},
    ),
    "a resend that asks": (
        lambda v: v.mark.resend in {Resend.RETURNS_FIRST, Resend.REFUSED},
        {"coinbase", "alpaca", "paper"},
    ),
    "a look-up that sees today or the session only": (
        lambda v: v.mark.reach in {Reach.TODAY, Reach.SESSION},
        {"zerodha", "upstox", "5paisa", "ibkr"},
    ),
    "a look-up by scanning": (
        lambda v: v.mark.look_up in {LookUp.SCAN_MARKS, LookUp.SCAN_LIKENESS},
        {"coinbase", "zerodha", "ibkr", "schwab", "robinhood"},
    ),
    "a send window": (lambda v: v.window.is_proof, {"binance", "coinbase", "kraken", "wazirx", "paper"}),
    "a question back": (lambda v: v.may_ask, {"ibkr"}),
    "one request that becomes several orders": (
        any_segment(lambda s: s.splitting is not Splitting.NEVER),
        {"zerodha", "upstox", "5paisa"},
    ),
    "lots": (any_segment(lambda s: Unit.LOTS in s.units), {"zerodha", "upstox"}),
    "amounts in the quote currency": (
        any_segment(lambda s: Unit.QUOTE in s.units),
        {"binance", "coinbase", "kraken", "ibkr", "alpaca"},
    ),
    "products": (any_segment(lambda s: s.products != {Product.NONE}), {"zerodha", "upstox", "5paisa", "paper"}),
    "market orders with a bound": (any_segment(lambda s: s.protection is Protection.PERCENT), {"zerodha", "upstox"}),
    "no market orders": (any_segment(lambda s: s.protection is Protection.CROSSING_LIMIT), {"wazirx"}),
    "a change that makes a new id": (any_segment(lambda s: s.modifying is Modifying.NEW_ID), {"schwab", "alpaca"}),
    "a change that only lowers": (
        any_segment(lambda s: s.modifying is Modifying.QUANTITY_DOWN),
        {"binance", "paper"},
    ),
    "orders that we emulate": (
        any_segment(lambda s: Support.EMULATED in s.orders.values()),
        {"coinbase", "zerodha", "wazirx", "schwab", "robinhood"},
    ),
    "fills without a fee": (
        lambda v: v.fee is not FillFee.IN_FILL,
        {"zerodha", "upstox", "5paisa", "ibkr", "schwab", "robinhood", "alpaca"},
    ),
    "fills without an id": (lambda v: not v.has_trade_ids, {"schwab", "robinhood"}),
    "holdings apart from positions": (
        lambda v: Act.HOLDINGS in v.acts,
        {"zerodha", "upstox", "5paisa", "robinhood", "paper"},
    ),
    "a signed key": (
        lambda v: v.credentials.kind is CredentialKind.SIGNED_KEY,
        {"binance", "kraken", "wazirx", "robinhood", "alpaca"},
    ),
    "a token made for each request": (lambda v: v.credentials.kind is CredentialKind.REQUEST_TOKEN, {"coinbase"}),
    "a token that a machine renews": (lambda v: v.credentials.kind is CredentialKind.REFRESHED_TOKEN, {"schwab"}),
    "a token that ends after days whatever one does": (
        lambda v: v.credentials.life.hard_end == dt.timedelta(days=7),
        {"schwab"},
    ),
    "a log-in each day": (
        lambda v: v.credentials.life.daily_end is not None,
        {"zerodha", "upstox", "5paisa", "ibkr"},
    ),
    "a token that arrives by webhook": (lambda v: v.credentials.life.comes_by_webhook, {"upstox"}),
    "a gateway that the person runs": (lambda v: v.credentials.kind is CredentialKind.GATEWAY_SESSION, {"ibkr"}),
    "a session that must be kept": (lambda v: v.is_stateful, {"ibkr"}),
    "several accounts under one login": (lambda v: v.credentials.has_many_accounts, {"coinbase", "ibkr", "schwab"}),
    "an account whose name in paths is a hash": (lambda v: v.credentials.hashes_account, {"schwab"}),
    "orders from a registered address only": (
        lambda v: v.credentials.bound is Bound.ORDERS,
        {"zerodha", "upstox"},
    ),
    "a budget of a pair": (lambda v: any(b.scope is Scope.PAIR for b in v.budgets), {"kraken"}),
    "a budget of a socket": (lambda v: any(b.scope is Scope.SOCKET for b in v.budgets), {"ibkr"}),
    "a budget of the app": (lambda v: any(b.scope is Scope.APP for b in v.budgets), {"schwab"}),
    "a cost that depends on an order's age": (lambda v: any(b.age_costs for b in v.budgets), {"kraken"}),
    "binary frames among texts": (lambda v: v.prices.carrier is Carrier.TEXT_AND_BINARY, {"zerodha"}),
    "protobuf": (lambda v: v.prices.carrier is Carrier.PROTOBUF, {"upstox"}),
    "msgpack": (lambda v: v.prices.carrier is Carrier.MSGPACK, {"alpaca"}),
    "a protocol of its own": (lambda v: v.prices.carrier is Carrier.OWN_TCP, {"ibkr"}),
    "polling": (lambda v: v.prices.carrier is Carrier.POLLING, {"robinhood"}),
    "a socket's address for one time": (lambda v: v.prices.has_one_time_address, {"upstox", "5paisa"}),
    "one socket for each user": (lambda v: v.prices.most_sockets == 1, {"schwab", "alpaca"}),
    "messages of changes only": (lambda v: v.prices.sends_changes_only, {"schwab"}),
    "a key that tells its rights": (
        lambda v: v.rights is RightsQuery.ANSWERS,
        {"binance", "coinbase", "kraken"},
    ),
    "a book that is empty in the morning": (
        lambda v: v.forgets_at_night,
        {"zerodha", "upstox", "5paisa", "ibkr"},
    ),
}


@pytest.mark.parametrize("demand", DEMANDS)
def test_every_demand_can_be_said_and_is_said_of_the_right_ones(demand):
    holds, expected = DEMANDS[demand]
    asked = ALL if "prices" not in holds.__code__.co_names else {n: v for n, v in ALL.items() if v.prices}
    assert {name for name, venue in asked.items() if holds(venue)} == expected


@pytest.mark.parametrize("venue", ALL.values(), ids=ALL)
def test_every_act_that_costs_is_one_that_the_venue_declares(venue):
    for budget in venue.budgets:
        costs = set(budget.costs) | set(budget.age_costs)
        assert costs - venue.acts - {Act.LOG_IN, Act.HOLDINGS} == set(), budget.name


@pytest.mark.parametrize("venue", [one for one in VENUES.values() if one.budgets], ids=lambda one: one.name)
def test_every_act_of_a_venue_that_we_trade_at_costs_something(venue):
    free = {act for act in venue.acts if all(budget.cost(act) == 0 for budget in venue.budgets)}
    assert free <= {Act.STREAM}


def test_unknown_venue_raises_and_names_those_there_are():
    with pytest.raises(UnknownVenue, match="binance, coinbase, kraken, paper, zerodha"):
        venue_named("mtgox")


def listing(*types) -> Listing:
    return Listing("X", "X", "Y", "spot", True, TradingRules(), order_types=frozenset(types) if types else None)


def test_listing_takes_types_away_and_never_adds_one():
    spot = venue_named("binance").segment("spot")
    assert spot.support(OrderType.STOP, listing(OrderType.LIMIT)) is None
    assert spot.support(OrderType.LIMIT, listing(OrderType.LIMIT)) is Support.NATIVE
    assert spot.support(OrderType.STOP, listing()) is Support.NATIVE
    assert spot.support(OrderType.TRAILING_STOP, listing(OrderType.TRAILING_STOP)) is None
    coinbase = venue_named("coinbase").segment("spot")
    assert coinbase.support(OrderType.STOP, listing(OrderType.LIMIT)) is Support.EMULATED


CONTRADICTIONS = {
    "changes without the act": lambda v: {"acts": v.acts - {Act.MODIFY}},
    "the act of holdings without them": lambda v: {"acts": v.acts | {Act.HOLDINGS}},
    "rights without the question": lambda v: {"acts": v.acts - {Act.RIGHTS}},
    "candles without intervals": lambda v: {"candle_intervals": frozenset()},
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_facts_that_contradict_themselves_are_refused(name):
    venue: VenueFacts = venue_named("binance")
    with pytest.raises(ValueError, match="binance"):
        dataclasses.replace(venue, **CONTRADICTIONS[name](venue))


def test_segment_without_market_orders_cannot_call_them_native():
    with pytest.raises(ValueError, match="native"):
        SegmentCapabilities(
            orders={OrderType.MARKET: Support.NATIVE},
            lasting=frozenset({Lasting.DAY}),
            units=frozenset({Unit.BASE}),
            protection=Protection.CROSSING_LIMIT,
        )


def test_deadline_is_the_window_and_all_that_may_follow_it():
    sent = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)
    assert SendWindow(5 * second, 10 * second, second).deadline(sent) == sent + 16 * second
    without = SendWindow(None, 10 * second, 30 * second)
    assert without.deadline(sent) == sent + 40 * second
    assert not without.is_proof
