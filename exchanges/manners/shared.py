"""What every call goes through before it is sent and after it is answered."""

import threading
from collections.abc import Callable

import redis
import structlog

from exchanges.adapters.wire import Answer, Call, Held, Silence
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.classifier import Table, Trouble, table_of
from exchanges.domain.limits import Budget, Refill, Scope
from exchanges.domain.meter import Meter, paid, wait_for
from exchanges.domain.outcomes import Reply
from exchanges.domain.purposes import Purpose
from exchanges.manners.book import Book, Due
from kernel import clock

logger = structlog.get_logger(__name__)

#: Failures on end after which a venue counts as down, and for how long nobody asks it then.
FAILURES, PAUSE = 5, 5.0
#: How long nobody asks after "too often" without a Retry-After, and after a ban without one.
UNTOLD_WAIT, UNTOLD_BAN = 10.0, 120.0
#: What one process may use of a budget alone while Redis is away.
OWN_SHARE = 0.1

Heard = Callable[[Call, Answer | Silence], None]


class SharedManners:
    """One account at one venue, asked from one address for one purpose."""

    def __init__(
        self,
        *,
        facts: VenueFacts,
        key: str,
        account: str,
        purpose: Purpose,
        book: Book,
        heard: Heard | None = None,
    ) -> None:
        self.facts, self.purpose, self.book = facts, purpose, book
        self._names = {Scope.KEY: key, Scope.ACCOUNT: account, Scope.SOCKET: key, Scope.ADDRESS: "", Scope.APP: ""}
        self._table: Table = table_of(facts.name)
        self._heard = heard

    def before(self, call: Call) -> None:
        dues = [self._due(budget, call) for budget in self.facts.budgets]
        dues = [due for due in dues if due.cost]
        try:
            verdict = self.book.pay(dues, minds_breaker=not self.purpose.is_safe)
        except redis.RedisError as error:
            self._alone(dues, error)
            return
        if not verdict.may_go:
            raise Held(verdict.reason, wait=verdict.wait)

    def after(self, call: Call, heard: Answer | Silence) -> None:
        if self._heard is not None:
            self._heard(call, heard)
        try:
            self._learn(heard)
        except redis.RedisError as error:
            logger.warning("manners.book_away", venue=self.facts.name, error=type(error).__name__)

    def _learn(self, heard: Answer | Silence) -> None:
        if isinstance(heard, Silence) or heard.status >= 500:
            self.book.went_wrong(most=FAILURES, seconds=PAUSE)
            return
        self.book.went_well()
        if heard.status in {418, 429}:
            # The status alone is enough to be quiet: what it means for an order is the table's matter.
            trouble = self._table.trouble(Reply(heard.status, "", "", ""))
            untold = UNTOLD_BAN if heard.status == 418 or trouble is Trouble.BAN else UNTOLD_WAIT
            self.book.ban(heard.retry_after if heard.retry_after is not None else untold)

    def _due(self, budget: Budget, call: Call) -> Due:
        name = call.symbol if budget.scope is Scope.PAIR else self._names[budget.scope]
        if budget.scope is Scope.PAIR:
            name = f"{self._names[Scope.ACCOUNT]}:{name}"
        return Due(
            key=f"{budget.name}:{name}",
            cost=budget.cost(call.act, order_age=call.order_age),
            amount=budget.amount,
            seconds=budget.seconds,
            refill=budget.refill,
            share=self.purpose.share,
        )

    def _alone(self, dues: list[Due], error: redis.RedisError) -> None:
        """Redis is away: what opens something waits, what keeps safe goes on from this process's own small share."""
        if not self.purpose.is_safe:
            raise Held("the budget cannot be read", wait=1.0) from error
        logger.warning("manners.own_share", venue=self.facts.name, purpose=self.purpose)
        wait = _OWN.pay(self.book.prefix, dues)
        if wait > 0:
            raise Held("this process's own share is used up", wait=wait) from error


class _OwnShare:
    """This process's meters while Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._meters: dict[str, Meter] = {}

    def pay(self, prefix: str, dues: list[Due]) -> float:
        """Nought when all were paid; else the wait, and none was."""
        now = clock.unix_milliseconds() / 1000
        with self._lock:
            rows = [(f"{prefix}:{due.key}", _own_budget(due), due.cost) for due in dues]
            wait = max(
                (wait_for(self._meters.get(key, Meter()), own, cost, share=1.0, now=now) for key, own, cost in rows),
                default=0.0,
            )
            if wait <= 0:
                for key, own, cost in rows:
                    self._meters[key] = paid(self._meters.get(key, Meter()), own, cost, now=now)
            return wait


def _own_budget(due: Due) -> Budget:
    """A tenth of the budget, and never less than what one such call costs."""
    amount = max(due.cost, int(due.amount * OWN_SHARE))
    return Budget(due.key, Scope.KEY, amount, due.seconds, Refill(due.refill), {})


_OWN = _OwnShare()
