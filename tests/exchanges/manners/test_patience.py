"""A question is asked again after a moment when nobody answered; what changes something is sent once."""

import pytest

from exchanges.adapters.patience import Patience
from exchanges.adapters.wire import Held, NoManners, WireSession
from exchanges.domain.failures import KeyRefused, NotNow, TooMany
from exchanges.domain.outcomes import Unknown
from tests.venue_contract.kits import KITS
from tests.venue_contract.replay import Reply, serving

BINANCE = KITS["binance"]
DOWN = Reply(503, b"")


@pytest.fixture
def replay():
    with serving() as server:
        yield server


@pytest.fixture
def pauses():
    return []


def patient(replay, pauses, manners=None):
    wire = WireSession(manners=manners or NoManners(), patience=Patience(tries=3, sleep=pauses.append))
    return BINANCE.make(replay.address, wire)


def answered(name):
    return BINANCE.payloads[name].reply()


def test_question_is_asked_again_until_it_is_answered(replay, pauses):
    replay.answer(DOWN, Reply(manner="reset"), answered("clock.answered"))
    assert patient(replay, pauses).clock()
    assert len(replay.requests) == 3
    assert 0 <= pauses[0] <= 0.5
    assert 0 <= pauses[1] <= 1.0


def test_third_failure_is_told(replay, pauses):
    replay.answer(DOWN)
    with pytest.raises(NotNow):
        patient(replay, pauses).balances()
    assert len(replay.requests) == 3


def test_refusal_of_the_key_is_not_asked_again(replay, pauses):
    replay.answer(answered("open_orders.key"))
    with pytest.raises(KeyRefused):
        patient(replay, pauses).open_orders()
    assert (len(replay.requests), pauses) == (1, [])


def test_too_often_is_obeyed_and_not_asked_again(replay, pauses):
    replay.answer(answered("open_orders.too_many"))
    with pytest.raises(TooMany):
        patient(replay, pauses).open_orders()
    assert (len(replay.requests), pauses) == (1, [])


def test_order_is_sent_once_however_patient_one_is(replay, pauses):
    replay.answer(DOWN)
    assert isinstance(patient(replay, pauses).place(BINANCE.placed[0].order), Unknown)
    assert (len(replay.requests), pauses) == (1, [])


class Strict:
    """Holds back the first so many calls."""

    def __init__(self, *waits):
        self.waits = list(waits)

    def before(self, call):
        if self.waits:
            raise Held("BUDGET", wait=self.waits.pop(0))

    def after(self, call, heard): ...


def test_short_wait_of_our_own_manners_is_waited_for_and_a_long_one_is_told(replay, pauses):
    replay.answer(answered("clock.answered"))
    assert patient(replay, pauses, Strict(0.3)).clock()
    assert 0.3 <= pauses[0] <= 0.4
    with pytest.raises(TooMany):
        patient(replay, pauses, Strict(30.0)).clock()
    assert len(pauses) == 1


def test_pauses_are_spread_by_chance():
    assert len({Patience(tries=2).pause(1, held=None) for _ in range(20)}) > 15
