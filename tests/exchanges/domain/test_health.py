"""What many calls come to: never rounded in the venue's favour."""

import math

import pytest

from exchanges.domain.health import BOXES, acts_of, box_of, counted, together
from exchanges.domain.limits import Act


def minute(*calls):
    """The counters of one minute of (act, seconds, answered)."""
    counts = {}
    for act, seconds, is_answered in calls:
        for name, number in counted(act, seconds, is_answered=is_answered).items():
            counts[name] = counts.get(name, 0) + number
    return counts


@pytest.mark.parametrize(("seconds", "box"), [(0, 0), (0.025, 0), (0.026, 1), (10, len(BOXES) - 1), (10.1, len(BOXES))])
def test_call_counts_into_the_box_that_holds_it(seconds, box):
    assert box_of(seconds) == box


def test_minutes_are_added_up_per_act_and_the_most_asked_stands_first():
    first = minute((Act.PLACE, 0.04, True), (Act.BALANCES, 0.3, True), (Act.BALANCES, 12, False))
    second = minute((Act.BALANCES, 0.3, True))
    balances, place = acts_of([first, second])
    assert (balances.act, balances.calls, balances.answered) == (Act.BALANCES, 3, 2)
    assert balances.share_answered == pytest.approx(2 / 3)
    assert (place.act, place.calls, place.answered) == (Act.PLACE, 1, 1)


def test_times_are_told_upwards_and_never_better_than_they_were():
    [act] = acts_of([minute(*[(Act.FIND, 0.06, True)] * 94, *[(Act.FIND, 3.0, True)] * 6)])
    assert act.within(0.5) == 0.1
    assert act.within(0.94) == 0.1
    assert act.within(0.95) == 5.0


def test_what_took_longer_than_the_last_box_has_no_figure():
    [act] = acts_of([minute((Act.FIND, 11, True))])
    assert act.within(0.5) == math.inf


def test_silence_has_no_time():
    [act] = acts_of([minute((Act.FIND, 0.01, False))])
    assert (act.share_answered, act.within(0.5)) == (0, None)


def test_nothing_asked_is_no_share_at_all():
    assert together([]) == (None, None, None)
