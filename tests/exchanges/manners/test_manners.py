"""Budgets are shared, cancels find something left, bans are everybody's, and a venue that is down is probed."""

import dataclasses
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from exchanges.adapters.wire import Answer, Call, Held, Silence
from exchanges.domain.limits import Act, Budget, Refill, Scope
from exchanges.domain.meter import Meter, paid, wait_for
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import venue_named
from exchanges.manners.book import Book, Due
from exchanges.manners.shared import FAILURES, SharedManners
from kernel import clock

WINDOW = Budget("w", Scope.ACCOUNT, 10, 3600, Refill.WINDOW, {Act.PLACE: 1, Act.CANCEL: 1, Act.BALANCES: 5})
PLACE, CANCEL = Call(Act.PLACE, "BTCUSDT"), Call(Act.CANCEL, "BTCUSDT")


def manners(book, purpose=Purpose.ENTRY, account="a", budgets=(WINDOW,), **more):
    facts = dataclasses.replace(venue_named("binance"), budgets=tuple(budgets))
    return SharedManners(facts=facts, key="k", account=account, purpose=purpose, book=book, **more)


def went(one, call, times=1) -> int:
    """How many of so many calls were let through."""
    count = 0
    for _ in range(times):
        try:
            one.before(call)
        except Held:
            continue
        count += 1
    return count


def test_entries_leave_something_for_exits_and_cancels(book):
    assert went(manners(book), PLACE, 20) == 7
    assert went(manners(book, Purpose.READ), PLACE, 20) == 0
    assert went(manners(book, Purpose.RESOLVE), PLACE, 20) == 1
    assert went(manners(book, Purpose.EXIT), PLACE, 20) == 1
    assert went(manners(book, Purpose.CANCEL), CANCEL, 20) == 1
    with pytest.raises(Held, match="BUDGET") as held:
        manners(book, Purpose.CANCEL).before(CANCEL)
    assert 0 < held.value.wait <= 3600


def test_accounts_have_budgets_of_their_own_and_an_address_is_shared(book):
    assert went(manners(book, account="a"), PLACE, 20) == 7
    assert went(manners(book, account="b"), PLACE, 20) == 7
    shared = dataclasses.replace(WINDOW, scope=Scope.ADDRESS)
    assert went(manners(book, account="a", budgets=[shared]), PLACE, 20) == 7
    assert went(manners(book, account="b", budgets=[shared]), PLACE, 20) == 0


def test_pairs_have_budgets_of_their_own_within_an_account(book):
    pairs = [dataclasses.replace(WINDOW, scope=Scope.PAIR)]
    assert went(manners(book, budgets=pairs), PLACE, 20) == 7
    assert went(manners(book, budgets=pairs), Call(Act.PLACE, "ETHUSDT"), 20) == 7
    assert went(manners(book, account="b", budgets=pairs), PLACE, 20) == 7


def test_call_that_one_budget_refuses_takes_nothing_from_another(book):
    wide = Budget("wide", Scope.ACCOUNT, 100, 3600, Refill.WINDOW, {Act.PLACE: 1})
    assert went(manners(book, budgets=[wide, WINDOW]), PLACE, 20) == 7
    assert went(manners(book, budgets=[wide]), PLACE, 100) == 70 - 7


def test_two_processes_at_once_never_use_more_than_there_is(book):
    def storm(_):
        return went(manners(Book(venue="x", address=book.prefix)), PLACE, 20)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(storm, range(8))) == 7


def test_steady_budget_drains_by_time(book):
    steady = Budget("s", Scope.ACCOUNT, 10, 10, Refill.STEADY, {Act.PLACE: 1})
    assert went(manners(book, Purpose.CANCEL, budgets=[steady]), PLACE, 10) == 10
    with pytest.raises(Held) as held:
        manners(book, Purpose.CANCEL, budgets=[steady]).before(PLACE)
    assert 0 < held.value.wait <= 1
    time.sleep(held.value.wait + 0.01)
    assert went(manners(book, Purpose.CANCEL, budgets=[steady]), PLACE, 1) == 1


def answered(status, **headers):
    return Answer(status, "", {name.replace("_", "-"): value for name, value in headers.items()}, 0.1)


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (answered(429, retry_after="7"), 6, 7),
        (answered(418, retry_after="120"), 119, 120),
        (answered(429), 9, 10),
        (answered(418), 119, 120),
        (answered(429, retry_after="Fri, 21 Nov 2025 08:00:00 GMT"), 9, 10),
    ],
)
def test_ban_is_obeyed_by_everybody_at_the_address_cancels_too(book, answer, least, most):
    manners(book).after(PLACE, answer)
    for purpose in Purpose:
        with pytest.raises(Held, match="BANNED") as held:
            manners(book, purpose, account="another").before(CANCEL)
        assert least <= held.value.wait <= most
    elsewhere = Book(venue="binance", address=f"{book.prefix}-elsewhere")
    assert went(manners(elsewhere), PLACE) == 1


def test_shorter_ban_never_shortens_a_longer_one(book):
    manners(book).after(PLACE, answered(418, retry_after="300"))
    manners(book).after(PLACE, answered(429, retry_after="1"))
    assert book.facts()["ban"] > 290


def test_venue_that_is_down_is_left_alone_but_by_what_keeps_safe(book):
    for _ in range(FAILURES):
        manners(book).after(PLACE, Silence("ReadTimeout", True, 10))
    for purpose in (Purpose.ENTRY, Purpose.READ):
        with pytest.raises(Held, match="VENUE_DOWN"):
            manners(book, purpose).before(PLACE)
    for purpose in (Purpose.RESOLVE, Purpose.EXIT, Purpose.CANCEL):
        manners(book, purpose).before(CANCEL)


def test_fewer_failures_or_one_success_between_leave_it_open(book):
    for _ in range(3):
        for _ in range(FAILURES - 1):
            manners(book).after(PLACE, answered(503))
        manners(book).after(PLACE, answered(200))
    manners(book).before(PLACE)


def test_refusals_are_no_failures(book):
    for _ in range(FAILURES * 2):
        manners(book).after(PLACE, answered(400))
    manners(book).before(PLACE)


def test_one_probe_goes_when_the_pause_is_over_and_its_success_opens_for_all(book):
    for _ in range(FAILURES):
        book.went_wrong(most=FAILURES, seconds=0.05)
    time.sleep(0.06)
    manners(book).before(PLACE)
    with pytest.raises(Held, match="VENUE_PROBED"):
        manners(book).before(PLACE)
    manners(book).after(PLACE, answered(200))
    manners(book).before(PLACE)


def test_probe_that_fails_waits_longer(book):
    for _ in range(FAILURES):
        book.went_wrong(most=FAILURES, seconds=20)
    first = book.facts()["breaker"]
    book.went_wrong(most=FAILURES, seconds=20)
    assert 19 < first <= 20
    assert 39 < book.facts()["breaker"] <= 40


def test_without_redis_entries_wait_and_what_keeps_safe_goes_on_from_a_small_share(lost_book):
    for purpose in (Purpose.ENTRY, Purpose.READ):
        with pytest.raises(Held, match="cannot be read"):
            manners(lost_book, purpose).before(PLACE)
    budget = dataclasses.replace(WINDOW, amount=50)
    assert went(manners(lost_book, Purpose.CANCEL, budgets=[budget]), CANCEL, 20) == 5
    # What came back is still taken note of without a complaint.
    manners(lost_book).after(PLACE, answered(429))


def test_without_redis_even_the_dearest_call_that_keeps_safe_goes_once(lost_book):
    dear = Budget("d", Scope.KEY, 10, 3600, Refill.WINDOW, {Act.CANCEL: 8})
    assert went(manners(lost_book, Purpose.CANCEL, budgets=[dear]), CANCEL, 5) == 1


def test_who_asks_is_told_what_came_back(book):
    heard = []
    one = manners(book, heard=lambda call, answer: heard.append((call.act, answer)))
    one.after(PLACE, answered(200))
    assert heard == [(Act.PLACE, answered(200))]


@pytest.mark.parametrize("refill", Refill)
def test_shared_book_reckons_as_the_plain_arithmetic(book, refill):
    """The script in Redis beside the few lines in Python, over random calls; they may differ by the clocks alone."""
    chance = random.Random(3)
    budget = Budget("b", Scope.KEY, 100, 3600, refill, {})
    meter, now = Meter(), clock.unix_milliseconds() / 1000
    for _ in range(200):
        cost, share = chance.randint(1, 30), chance.choice([0.5, 0.7, 1.0])
        verdict = book.pay([Due("b", cost, 100, 3600, refill, share)], minds_breaker=False)
        wait = wait_for(meter, budget, cost, share=share, now=now)
        assert verdict.may_go is (wait == 0)
        if verdict.may_go:
            meter = paid(meter, budget, cost, now=now)
        else:
            assert abs(verdict.wait - wait) < 60


def test_budget_that_is_smaller_than_a_share_of_it_is_still_used(book):
    """One a second, of which readers may use up seven tenths: they ask when nobody else did."""
    single = dataclasses.replace(WINDOW, amount=1, costs={PLACE.act: 1})
    assert went(manners(book, budgets=[single], purpose=Purpose.READ), PLACE, 5) == 1
