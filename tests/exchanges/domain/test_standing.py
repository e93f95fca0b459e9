"""How a connection stands is reckoned from facts and time; no end comes unannounced."""

import datetime as dt

import pytest

from exchanges.domain.credentials import DailyEnd, TokenLife
from exchanges.domain.standing import Facts, Hindrance, Standing, standing_of

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
KITE = TokenLife(daily_end=DailyEnd(dt.time(6), "Asia/Kolkata"), is_single=True)
SCHWAB = TokenLife(hard_end=dt.timedelta(days=7))
KEY = TokenLife()


def standing(trouble=Hindrance.NONE, ends_in=None, checked=True, life=KEY):
    ends_at = None if ends_in is None else NOW + ends_in
    return standing_of(Facts(NOW if checked else None, trouble, ends_at, life), now=NOW)


HOUR, DAY, SECOND = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Standing.OK),
        ({"checked": False}, Standing.CHECKING),
        ({"checked": False, "trouble": Hindrance.NO_ANSWER}, Standing.CHECKING),
        ({"trouble": Hindrance.NO_ANSWER}, Standing.DEGRADED),
        ({"trouble": Hindrance.CLOCK}, Standing.DEGRADED),
        ({"trouble": Hindrance.TOO_MANY}, Standing.DEGRADED),
        ({"trouble": Hindrance.KEY}, Standing.BLOCKED),
        ({"trouble": Hindrance.KEY, "checked": False}, Standing.BLOCKED),
        ({"trouble": Hindrance.TOKEN}, Standing.EXPIRED),
        ({"trouble": Hindrance.REFUSED}, Standing.REFUSED),
        ({"ends_in": dt.timedelta()}, Standing.EXPIRED),
        ({"ends_in": dt.timedelta(), "checked": False}, Standing.EXPIRED),
        ({"ends_in": dt.timedelta(), "trouble": Hindrance.NO_ANSWER}, Standing.EXPIRED),
        # Each kind of login warns as long ahead as somebody needs to mend it, and not a second sooner.
        ({"ends_in": 7 * DAY}, Standing.EXPIRING),
        ({"ends_in": 7 * DAY + SECOND}, Standing.OK),
        ({"ends_in": DAY, "life": SCHWAB}, Standing.EXPIRING),
        ({"ends_in": DAY + SECOND, "life": SCHWAB}, Standing.OK),
        ({"ends_in": 2 * HOUR, "life": KITE}, Standing.EXPIRING),
        ({"ends_in": 2 * HOUR + SECOND, "life": KITE}, Standing.OK),
    ],
)
def test_standing_follows_from_the_facts(facts, expected):
    assert standing(**facts) is expected


def test_only_what_answers_may_trade():
    assert {one for one in Standing if one.may_trade} == {Standing.OK, Standing.EXPIRING, Standing.DEGRADED}


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-21T00:29:59+00:00", "2026-11-21T00:30:00+00:00"),
        ("2026-11-21T00:30:00+00:00", "2026-11-22T00:30:00+00:00"),
        ("2026-11-21T18:00:00+00:00", "2026-11-22T00:30:00+00:00"),
        ("2026-11-20T23:00:00+00:00", "2026-11-21T00:30:00+00:00"),
    ],
)
def test_login_of_a_day_ends_at_six_in_india(now, end):
    assert KITE.daily_end.after(dt.datetime.fromisoformat(now)) == dt.datetime.fromisoformat(end)
