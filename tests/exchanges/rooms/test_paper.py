"""Paper accounts in the database: begun with money, met by prices as they move, and exact across every death."""

import dataclasses
import datetime as dt
import json
import os
import signal
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F

from accounts.models import AuditEntry
from exchanges.domain.orders import Change, Quantity, Unit
from exchanges.domain.outcomes import Accepted, Done, Found, Rejected, Unknown
from exchanges.domain.purposes import Purpose
from exchanges.domain.reports import Status
from exchanges.lines import NoLine, open_line
from exchanges.models import Account, Connection, Opening, PaperBalance, PaperBook, PaperFill, PaperOrder, Snapshot
from exchanges.services.connections import NotAllowed, close_connection
from exchanges.services.paper import add_paper, advance_papers
from exchanges.services.snapshots import refresh_accounts
from instruments.domain.prices import Price
from instruments.models import LastPrice
from instruments.services.catalogue import refresh_listings
from instruments.services.prices import write_prices
from instruments.wanted import wanted_symbols
from kernel import clock
from kernel.tenancy.scope import operator, tenant
from tests.accounts.rooms.conftest import at_once, browser_of
from tests.exchanges.rooms.conftest import connect, door, payload
from tests.exchanges.rooms.conftest import venue as venue
from tests.instruments.telling import spot
from tests.jobs import run_enqueued
from tests.venue_contract.paper import order, ref

pytestmark = pytest.mark.django_db(transaction=True)

D = Decimal


@pytest.fixture
def market(db):
    """BTCUSDT at Binance, 99.90 by 100.10."""
    refresh_listings(venue="binance", listings=[spot()], now=clock.now())
    tell()


def tell(bid="99.90", ask="100.10", last="100"):
    price = Price("BTCUSDT", *(D(one) for one in (last, bid, ask)), clock.now())
    assert write_prices(venue="binance", prices=[price], now=clock.now()).written == 1


def take(team, alice, *, follows="binance", amount="10000", name="Paper"):
    access = door(team, alice)
    with tenant(team.pk):
        return add_paper(access=access, person=alice, name=name, follows=follows, amount=D(amount), now=clock.now())


@pytest.fixture
def account(team, alice, market, enqueued):
    """A paper account of 10 000 USDT that follows Binance."""
    made = take(team, alice)
    enqueued.clear()
    return made


def line(account):
    return open_line(account, None, purpose=Purpose.ENTRY)


def totals(team):
    with tenant(team.pk):
        return {row.asset: row.total for row in PaperBalance.objects.all() if row.total}


def test_account_begins_with_its_amount_as_an_opening_and_nothing_to_wait_for(team, alice, enqueued):
    made = take(team, alice, follows="zerodha", amount="12345.67")
    with tenant(team.pk):
        [opening] = Opening.objects.all()
        account = Account.objects.get()
        assert (opening.asset, opening.quantity, opening.source) == ("INR", D("12345.67"), "paper")
        assert (account.follows, account.mode, account.opening_at is not None) == ("zerodha", "paper", True)
        assert AuditEntry.objects.filter(action="connection.added").count() == 1
    assert made.standing(now=clock.now()) == "ok"
    assert totals(team) == {"INR": D("12345.67")}
    assert enqueued == [
        ("exchanges.refresh_accounts", str(team.pk), str(made.pk)),
        ("exchanges.look_for_old_catalogues",),
    ]
    run_enqueued(enqueued[:1])
    with tenant(team.pk):
        kinds = {one.kind: one.rows for one in Snapshot.objects.all()}
        assert Opening.objects.count() == 1
    assert kinds == {
        "balances": [{"asset": "INR", "free": "12345.670000000000000000", "held": "0"}],
        "holdings": [],
        "orders": [],
    }


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"follows": "mtgox"}, "FOLLOWS_NOTHING"),
        ({"follows": "paper"}, "FOLLOWS_NOTHING"),
        ({"amount": "0.99"}, "AMOUNT_OUT_OF_RANGE"),
        ({"amount": "10000000.01"}, "AMOUNT_OUT_OF_RANGE"),
    ],
)
def test_account_that_follows_nothing_or_begins_with_too_much_is_not_made(team, alice, more, code):
    with pytest.raises(NotAllowed) as refused:
        take(team, alice, **more)
    assert refused.value.code == code
    with tenant(team.pk):
        assert not Connection.objects.exists()


def test_what_was_done_is_there_again_in_another_process(team, account):
    first = line(account).place(order("buy", "2"))
    line(account).place(order("buy", "1", limit="99", mark="mark2"))
    [standing] = line(account).open_orders()
    assert standing.mark == "mark2"
    found = line(account).find(ref())
    assert isinstance(found, Found)
    assert (found.report.status, found.report.filled, found.report.average_price) == (Status.FILLED, D(2), D("100.1"))
    assert line(account).trades_since(first.report.placed_at, "BTCUSDT") == list(first.report.fills)
    done = line(account).modify(ref("mark2"), Change(Quantity(D("0.5"), Unit.BASE)))
    assert isinstance(done, Done)
    assert {one.asset: (one.free, one.held) for one in line(account).balances()} == {
        "BTC": (D("1.998"), 0),
        "USDT": (D("9750.3"), D("49.5")),
    }
    assert isinstance(line(account).cancel(ref("mark2")), Done)
    assert line(account).cancel(ref("mark2")).code == "NO_SUCH_ORDER"
    assert [one.mark for one in line(account).orders_since(first.report.placed_at, "BTCUSDT")] == ["mark1", "mark2"]


def test_prices_that_move_fill_what_stands_and_the_page_is_told(team, account, enqueued):
    line(account).place(order("buy", "1", limit="99"))
    assert run_enqueued(enqueued) == ["exchanges.refresh_accounts"]
    assert advance_papers() == 0
    assert enqueued == []
    tell(bid="98", ask="98.50")
    assert advance_papers() == 1
    assert advance_papers() == 0
    assert totals(team) == {"BTC": D("0.999"), "USDT": D(9901)}
    run_enqueued(enqueued)
    with tenant(team.pk):
        [balances] = Snapshot.objects.filter(kind="balances")
        [fill] = PaperFill.objects.all()
    assert [(row["asset"], D(row["free"])) for row in balances.rows] == [("BTC", D("0.999")), ("USDT", D(9901))]
    assert (fill.price, fill.fee, fill.fee_in, fill.made_from["ask"]) == (D(99), D("0.001"), "BTC", "98.5")


def test_account_that_is_closed_or_cannot_trade_is_not_advanced(team, alice, account):
    line(account).place(order("buy", "1", limit="99"))
    access = door(team, alice)
    with tenant(team.pk):
        close_connection(access=access, connection=account, now=clock.now())
    tell(bid="98", ask="98.50")
    assert advance_papers() == 0
    assert totals(team) == {"USDT": D(10_000)}


def test_account_that_is_broken_holds_back_no_other(team, alice, account):
    other = take(team, alice, name="Second")
    for one in (account, other):
        line(one).place(order("buy", "1", limit="99"))
    with tenant(team.pk):
        PaperBook.objects.filter(account__connection=account).delete()
    tell(bid="98", ask="98.50")
    assert advance_papers() == 1
    assert line(other).open_orders() == []


def test_account_without_a_book_says_so(team, alice, enqueued, now):
    made = connect(team, alice, now=now, mode=Connection.Mode.PAPER, venue_name="paper", fields={})
    with pytest.raises(NoLine, match="take another"):
        line(made)
    refresh_accounts(team.pk, made.pk, now=now)


def test_two_at_once_with_one_mark_place_one_order(team, account):
    outcomes = at_once(*[lambda: line(account).place(order("buy", "1"))] * 4)
    assert sorted(type(one).__name__ for one in outcomes) == ["Accepted", "Unknown", "Unknown", "Unknown"]
    assert totals(team) == {"BTC": D("0.999"), "USDT": D("9899.9")}


def test_two_at_once_never_spend_the_same_money(team, account):
    outcomes = at_once(*[lambda n=n: line(account).place(order("buy", "50", mark=f"mark{n}")) for n in range(3)])
    assert sorted(type(one).__name__ for one in outcomes) == ["Accepted", "Rejected", "Rejected"]


def test_database_refuses_what_the_code_must_never_do(team, account):
    line(account).place(order("buy", "1", limit="99"))
    with tenant(team.pk):
        for bad in (
            lambda: PaperBalance.objects.update(total=-1),
            lambda: PaperOrder.objects.update(filled=2),
            lambda: PaperOrder.objects.update(held=-1),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                bad()


def test_stranger_sees_nothing_of_it(team, strangers, account):
    line(account).place(order("buy", "1"))
    with tenant(strangers.pk):
        for model in (PaperOrder, PaperFill, PaperBalance):
            assert not model.objects.exists()


# ---- death between any two steps ----

#: Beyond the statements: before the commit, and after it, before anybody is nudged.
COMMIT, NUDGE = "commit", "nudge"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_and_kill(act, *, before) -> bool:
    """Runs the act in a process of its own that is killed before its statement of this number, or that step.

    False: it came to its end first.
    """
    connections.close_all()
    child = os.fork()
    if child == 0:
        count = 0

        def watch(execute, sql, params, many, context):
            nonlocal count
            if count == before:
                die()
            count += 1
            return execute(sql, params, many, context)

        if before == COMMIT:
            connection._commit = die
        if before == NUDGE:
            connection.run_and_clear_commit_hooks = die
        try:
            with connection.execute_wrapper(watch):
                act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def explained(team):
    """What the openings and the fills say that there is."""
    with tenant(team.pk):
        there = {one.asset: one.quantity for one in Opening.objects.all()}
        for fill in PaperFill.objects.select_related("order"):
            sign = 1 if fill.order.side == "buy" else -1
            for asset, by in (
                (fill.order.base, sign * fill.quantity),
                (fill.order.quote, -sign * fill.moved),
                (fill.fee_in, -fill.fee),
            ):
                there[asset] = there.get(asset, D(0)) + by
    return {asset: total for asset, total in there.items() if total}


def test_process_killed_at_any_step_of_an_order_loses_nothing_and_doubles_nothing(team, account):
    steps = 0
    for before in (COMMIT, NUDGE, *range(100)):
        asked, desk = order("buy", "0.1", mark=f"die{before}"), line(account)
        was_killed = run_and_kill(lambda: desk.place(asked), before=before)  # noqa: B023 - it is run at once
        assert totals(team) == explained(team)
        is_there = before == NUDGE or not was_killed
        again = line(account).place(asked)
        assert isinstance(again, Unknown if is_there else Accepted), (before, again)
        with tenant(team.pk):
            assert PaperFill.objects.filter(order__mark=asked.mark).count() == 1
        if not was_killed:
            break
        steps += 1
    assert steps > 10, "the process was to die before each statement, the commit and the nudge"


def test_process_killed_while_prices_meet_an_order_fills_it_once(team, account):
    price, before = D(99), 0
    while True:
        mark = f"rest{before}"
        line(account).place(order("buy", "0.5", limit=price, mark=mark))
        tell(bid=str(price - 2), ask=str(price - 1))
        was_killed = run_and_kill(advance_papers, before=before)
        advance_papers()
        with tenant(team.pk):
            assert PaperFill.objects.filter(order__mark=mark).count() == 1
        assert totals(team) == explained(team)
        price, before = price - 2, before + 1
        if not was_killed:
            break
    assert before > 8


# ---- the page ----


def add(team, person, **typed):
    return browser_of(person).post(
        f"/w/{team.slug}/connections/add/paper/paper/",
        {"name": "Paper", "follows": "binance", "amount": "10000", **typed},
    )


def test_page_makes_the_account_without_a_factor_and_shows_what_it_follows(team, alice, market, enqueued):
    browser = browser_of(alice)
    page = browser.get(f"/w/{team.slug}/connections/add/paper/paper/").content.decode()
    assert "PAPER" in page
    assert '<option value="binance" selected>Binance, in USDT</option>' in page
    answer = add(team, alice, follows="kraken", amount="2500.50", name="My paper")
    run_enqueued(enqueued[:1])
    shown = browser.get(answer["Location"]).content.decode()
    for words in ("My paper", "It follows Kraken", "PAPER", "2,500.5", "USD", "Began with", "The lowest tier"):
        assert words in shown, words
    assert "follows Kraken" in browser.get(f"/w/{team.slug}/holdings/").content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        {"amount": ""},
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "10000001"},
        {"amount": "1e400"},
        {"amount": "NaN"},
        {"amount": "1.005"},
        {"amount": "9" * 10_000},
        {"amount": "१०००x"},
        {"follows": "paper"},
        {"follows": ""},
        {"name": ""},
        {"name": "x" * 10_000},
    ],
)
def test_page_keeps_what_was_typed_when_it_cannot_be_taken(team, alice, typed):
    answer = add(team, alice, **{"name": "ورق 🪙", **typed})
    assert answer.status_code == 422
    with tenant(team.pk):
        assert not Connection.objects.exists()
    if "name" not in typed:
        assert "ورق 🪙" in answer.content.decode()


def test_viewer_and_stranger_take_no_paper(team, bob, charlie):
    assert add(team, bob).status_code == 403
    assert add(team, charlie).status_code == 404


def test_order_without_a_fresh_price_asks_the_followed_venue_first(team, account, venue):
    told = payload("ticker.answered")
    now_told = {**json.loads(told.body), "askPrice": "61250.41", "closeTime": clock.unix_milliseconds()}
    aged(seconds=3)
    venue.answer(dataclasses.replace(told, body=json.dumps(now_told).encode()))
    outcome = line(account).place(order("buy", "0.1"))
    assert isinstance(outcome, Accepted)
    assert outcome.report.average_price == D("61250.41")
    assert [request.path for request in venue.requests] == ["/api/v3/ticker/24hr"]


def test_price_that_a_socket_told_just_now_is_not_asked_for(team, account, venue):
    venue.answer(payload("ticker.answered"))
    tell()
    assert isinstance(line(account).place(order("buy", "0.1")), Accepted)
    assert venue.requests == []


def test_followed_venue_that_does_not_answer_fills_nothing(team, account, venue):
    aged(seconds=90)
    venue.answer(payload("ticker.not_now"))
    outcome = line(account).place(order("buy", "0.1"))
    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("NO_PRICE age=9")
    assert totals(team) == {"USDT": D(10_000)}


def aged(*, seconds):
    with operator():
        LastPrice.objects.update(
            at=F("at") - dt.timedelta(seconds=seconds), heard_at=F("heard_at") - dt.timedelta(seconds=seconds)
        )


def test_standing_order_wants_its_price_and_one_that_is_over_wants_none(team, account):
    assert "BTCUSDT" not in wanted_symbols("binance")
    line(account).place(order("buy", "1", limit="99"))
    assert "BTCUSDT" in wanted_symbols("binance")
    assert "BTCUSDT" not in wanted_symbols("kraken")
    line(account).cancel(ref())
    assert "BTCUSDT" not in wanted_symbols("binance")
