"""Our mark of an order: the same each time, of the venue's form, and telling nothing."""

import datetime as dt
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.domain.marks import LENGTH, LookUp, MarkForm, MarkPolicy, Reach, Resend, Unique, mark_for
from exchanges.domain.venues import VENUES
from tests.exchanges.domain.later_venues import LATER

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
intents = st.text(min_size=1, max_size=200)


@given(intents, st.integers(0, 99))
def test_mark_is_the_same_each_time_and_fits_every_venue(intent, attempt):
    for venue in (*VENUES.values(), *LATER.values()):
        mark = mark_for(key=b"k" * 32, intent=intent, attempt=attempt, form=venue.mark.form)
        assert mark == mark_for(key=b"k" * 32, intent=intent, attempt=attempt, form=venue.mark.form)
        assert len(mark) <= venue.mark.longest
        match venue.mark.form:
            case MarkForm.LETTERS_AND_DIGITS:
                assert re.fullmatch(r"pl[a-z2-7]{16}", mark)
            case MarkForm.UUID:
                assert (uuid.UUID(mark).version, uuid.UUID(mark).variant) == (8, uuid.RFC_4122)
            case MarkForm.NONE:
                assert mark == ""


@given(intents, intents, st.integers(0, 9), st.integers(0, 9))
def test_two_intents_or_attempts_never_share_a_mark(one, other, first, second):
    for form in (MarkForm.LETTERS_AND_DIGITS, MarkForm.UUID):
        marks = {
            mark_for(key=b"k", intent=one, attempt=first, form=form),
            mark_for(key=b"k", intent=other, attempt=second, form=form),
        }
        assert (len(marks) == 1) == ((one, first) == (other, second))


def test_mark_depends_on_the_instances_key():
    marks = {mark_for(key=key, intent="a", attempt=1, form=MarkForm.LETTERS_AND_DIGITS) for key in (b"1", b"2")}
    assert len(marks) == 2


def policy(**more) -> MarkPolicy:
    given_ = {
        "form": MarkForm.LETTERS_AND_DIGITS,
        "longest": 20,
        "unique": Unique.NOTHING,
        "look_up": LookUp.BY_MARK,
        "reach": Reach.EVERYTHING,
        "resend": Resend.MAKES_ANOTHER,
    }
    return MarkPolicy(**{**given_, **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"longest": LENGTH - 1},
        {"reach": Reach.DAYS},
        {"days": 3},
        {"form": MarkForm.NONE},
    ],
)
def test_policy_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValueError):
        policy(**wrong)


@pytest.mark.parametrize(
    ("reach", "days", "hours_ago", "is_covered"),
    [
        (Reach.EVERYTHING, None, 9000, True),
        (Reach.TODAY, None, 11, True),
        (Reach.TODAY, None, 13, False),
        (Reach.SESSION, None, 13, False),
        (Reach.DAYS, 90, 24 * 90 - 1, True),
        (Reach.DAYS, 90, 24 * 90, False),
    ],
)
def test_absence_is_proven_only_within_the_reach(reach, days, hours_ago, is_covered):
    one = policy(reach=reach, days=days)
    sent_at, midnight = NOW - dt.timedelta(hours=hours_ago), NOW.replace(hour=0)
    assert one.covers(sent_at, now=NOW, day_began=midnight) is is_covered
