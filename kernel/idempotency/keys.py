"""Does a thing once for each key of a workspace, and gives its answer again to whoever asks again."""

import datetime as dt
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.encryption.secret import Secret
from kernel.idempotency.models import IdempotencyKey
from kernel.tenancy.scope import current_workspace_id, operator

#: How long a key that moved no money is remembered.
KEPT_FOR = dt.timedelta(hours=24)
PURGED_AT_ONCE = 1_000
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_POLL_SECONDS = 0.05


class IdempotencyRefused(Exception):
    """The request was not carried out because of its key; nothing was changed. The words are safe to show."""

    status: int
    code: str


class KeyMissing(IdempotencyRefused):
    status, code = 400, "IDEMPOTENCY_KEY_MISSING"


class KeyMalformed(IdempotencyRefused):
    status, code = 400, "IDEMPOTENCY_KEY_MALFORMED"


class KeyInProgress(IdempotencyRefused):
    status, code = 409, "IDEMPOTENCY_IN_PROGRESS"


class KeyReused(IdempotencyRefused):
    status, code = 422, "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under a key. The body is whatever tells two requests apart."""

    key: str
    method: str
    address: str
    body: bytes

    def digest(self) -> bytes:
        parts = (self.method.encode(), self.address.encode(), self.body)
        return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes


def answer_once(
    asked: Asked,
    *,
    do: Callable[[], Answered],
    keeps: Callable[[int], bool],
    is_money: bool,
    now: dt.datetime,
    wait_seconds: float = 0,
) -> tuple[Answered, bool]:
    """The answer, and whether it is an earlier one again. Called in the tenant's scope.

    The row, the effect and the answer commit together or not at all: a crash leaves nothing, and the retry is simply
    the first try. An answer whose status is not kept undoes what `do` wrote and is forgotten.
    """
    if not _KEY.fullmatch(asked.key):
        raise KeyMalformed("An idempotency key has 1 to 255 visible ASCII characters, no spaces.")
    with transaction.atomic():
        _lock(asked.key, wait_seconds)
        earlier = IdempotencyKey.objects.filter(key=asked.key).first()
        if earlier is not None and earlier.expires_at is not None and earlier.expires_at <= now:
            earlier.delete()
            earlier = None
        if earlier is not None:
            if bytes(earlier.request_digest) != asked.digest():
                raise KeyReused("This idempotency key was used for another request. Take a new key for a new request.")
            body = earlier.answer.open().reveal().encode("latin-1")
            return Answered(earlier.status, earlier.headers, body), True
        with transaction.atomic():
            answered = do()
            if not keeps(answered.status):
                transaction.set_rollback(True)
                return answered, False
        IdempotencyKey.objects.create(
            key=asked.key,
            method=asked.method,
            route=asked.address[:300],
            request_digest=asked.digest(),
            status=answered.status,
            headers=answered.headers,
            answer=Secret(answered.body.decode("latin-1")),
            is_money=is_money,
            created_at=now,
            expires_at=None if is_money else now + KEPT_FOR,
        )
        return answered, False


def purge_keys(*, now: dt.datetime) -> int:
    """How many expired keys of all workspaces were forgotten. Those of money have no expiry."""
    purged = 0
    while True:
        with operator():
            expired = IdempotencyKey.objects.filter(expires_at__lte=now, is_money=False).order_by("expires_at")
            keys = list(expired.values_list("pk", flat=True)[:PURGED_AT_ONCE])
            IdempotencyKey.objects.filter(pk__in=keys).delete()
        purged += len(keys)
        if len(keys) < PURGED_AT_ONCE:
            return purged


def _lock(key: str, wait_seconds: float) -> None:
    """Holds the key until the transaction ends; KeyInProgress when somebody else still does.

    PostgreSQL gives the lock back after the commit can be seen, so whoever gets it next finds the row.
    """
    number = lock_number(current_workspace_id(), key)
    deadline = clock.monotonic() + wait_seconds
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            found = cursor.fetchone()
            if found is not None and found[0]:
                return
            if clock.monotonic() >= deadline:
                raise KeyInProgress("A request with this idempotency key is still being worked on. Ask again shortly.")
            time.sleep(_POLL_SECONDS)


def lock_number(workspace_id: UUID, key: str) -> int:
    """The 64-bit number under which PostgreSQL locks a key of a workspace."""
    digest = hashlib.sha256(b"idempotency:" + workspace_id.bytes + key.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
