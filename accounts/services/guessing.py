"""Counts guesses in the database, before each is looked at: a flushed Redis unlocks nothing, a burst counts whole."""

import datetime as dt

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.domain.guess_limits import DAY, LIMITS
from accounts.models import GuessWindow
from kernel.durations import in_words
from kernel.ids import new_id


class TooManyGuesses(Exception):
    """This is not looked at before the window ends. The words are for the person."""

    def __init__(self, until: dt.datetime, now: dt.datetime) -> None:
        self.seconds = max(1, int((until - now).total_seconds()) + 1)
        super().__init__(f"Too many tries. Nothing was looked at. Try again in {in_words(self.seconds)}.")


def count_guess(kind: str, subject: str, *, now: dt.datetime) -> None:
    """Counts one guess at the subject; raises when that is one too many."""
    limit = LIMITS[kind]
    with connection.cursor() as cursor:
        # One statement, so that guesses at the same moment are all counted.
        cursor.execute(
            "INSERT INTO accounts_guesswindow AS g (id, kind, subject, began_at, count) VALUES (%s, %s, %s, %s, 1) "
            "ON CONFLICT (kind, subject) DO UPDATE SET "
            "count = CASE WHEN g.began_at <= %s THEN 1 ELSE g.count + 1 END, "
            "began_at = CASE WHEN g.began_at <= %s THEN EXCLUDED.began_at ELSE g.began_at END "
            "RETURNING count, began_at",
            [new_id(), kind, _digest(subject), now, now - limit.within, now - limit.within],
        )
        count, began_at = cursor.fetchone()
    if count > limit.most:
        raise TooManyGuesses(began_at + limit.within, now)


def give_back(kind: str, subject: str) -> None:
    """Takes one guess back: it was right. What was wrong before stays counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_guesswindow SET count = count - 1 WHERE kind = %s AND subject = %s AND count > 0",
            [kind, _digest(subject)],
        )


def locked_until(kind: str, subject: str, *, now: dt.datetime) -> dt.datetime | None:
    """When the next guess is looked at again; None while it would be now."""
    limit = LIMITS[kind]
    window = GuessWindow.objects.filter(kind=kind, subject=_digest(subject), began_at__gt=now - limit.within).first()
    return window.began_at + limit.within if window is not None and window.count >= limit.most else None


def forget_guesses(kind: str, subject: str) -> None:
    GuessWindow.objects.filter(kind=kind, subject=_digest(subject)).delete()


def sweep_guesses(*, now: dt.datetime) -> int:
    """Removes windows that ended; how many."""
    return GuessWindow.objects.filter(began_at__lt=now - DAY).delete()[0]


def _digest(subject: str) -> bytes:
    return salted_hmac("plumbline.guess", subject, algorithm="sha256").digest()
