"""What the adapters of request and answer share: a question that fails as one of `domain.failures`, an order that never
raises, and a verdict that comes from the table alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from exchanges.adapters.wire import Answer, Call, Held, Silence, WireSession, exact_json
from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.classifier import Table, Trouble, Verdict, table_of
from exchanges.domain.failures import (
    ClockOff,
    Contradiction,
    KeyRefused,
    NotNow,
    NotOffered,
    Refused,
    TokenEnded,
    TooMany,
    VenueFailure,
)
from exchanges.domain.limits import Act
from exchanges.domain.outcomes import Accepted, Done, Rejected, Reply, Unknown
from exchanges.domain.reports import OrderReport

#: What is kept of a reply's text.
KEPT = 64 * 1024
_PAUSE = 1.0

Send = Callable[[], object]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of something sent: the table's verdict, the reply, and its content where it could be read."""

    verdict: Verdict
    reply: Reply | None
    content: Any
    cause: str = ""
    #: Our own manners held it back for so many seconds.
    held: float | None = None


class RestVenue(ABC):
    """One account at a venue of request and answer. An adapter says how to read the venue's envelope."""

    facts: VenueFacts

    def __init__(self, *, wire: WireSession) -> None:
        self.wire = wire
        self.table: Table = table_of(self.facts.name)

    # ---- what an adapter says ----

    @abstractmethod
    def envelope(self, answer: Answer, content: Any) -> tuple[str, str]:
        """The venue's code and message in an answer; both empty where it says nothing of an error."""

    def content(self, answer: Answer) -> Any:
        """What the answer says; a ValueError where it cannot be read."""
        return exact_json(answer.text)

    # ---- what it may use ----

    def ask(self, call: Call, send: Send) -> Any:
        """The content of the answer to a question, or one of `domain.failures`."""
        self._is_offered(call)
        told, asked = self._exchange(call, send), 1
        while told.verdict is not Verdict.ACCEPTED:
            pause = self.wire.patience.pause(asked, held=told.held) if self._may_pass(call, told) else None
            if pause is None:
                self._fail(told)
            self.wire.patience.sleep(pause)
            told, asked = self._exchange(call, send), asked + 1
        return told.content

    def tell(self, call: Call, send: Send) -> Told:
        """What became of an order, a cancel or a change. Sent once; raises for defects of ours only."""
        self._is_offered(call)
        return self._exchange(call, send)

    def undecided(self, told: Told) -> Rejected | Unknown:
        """The outcome of what was not accepted."""
        reply = told.reply
        if told.verdict is Verdict.REJECTED:
            code = reply.code if reply and reply.code else told.cause or "REFUSED"
            return Rejected(code, reply.message if reply else told.cause, reply)
        if told.verdict is Verdict.DUPLICATE:
            return Unknown("the venue holds an order of this mark already", reply, is_duplicate=True)
        return Unknown(told.cause or (reply.message if reply else "") or "the reply is in no table", reply)

    def accepted(self, told: Told, read: Callable[[Any], OrderReport]) -> Accepted | Unknown:
        """The venue took it. An answer that says so and cannot be read leaves it open."""
        reply = _present(told.reply)
        try:
            return Accepted(_made(read, told.content), reply)
        except _Unreadable as error:
            return Unknown(f"taken, and the answer cannot be read: {error}", reply)

    def done(self, told: Told, read: Callable[[Any], OrderReport | None]) -> Done | Unknown:
        """The venue took the cancel or the change; None where it does not say how the order stands now."""
        reply = _present(told.reply)
        try:
            return Done(reply, _made(read, told.content))
        except _Unreadable as error:
            return Unknown(f"taken, and the answer cannot be read: {error}", reply)

    def reading(self, read: Callable[[], Made]) -> Made:
        """What was read, or a Contradiction: a word that nobody knows, a part that is missing."""
        try:
            return read()
        except UNREADABLE as error:
            said = f"{self.facts.title} said what cannot be read: {type(error).__name__} {error}"
            raise Contradiction(said, venue=self.facts.name, reply=self._reply()) from error

    def rows(self, content: Any) -> list[Any]:
        """The content as a list, which an answer of no rows is too. Anything else is a Contradiction."""
        if not isinstance(content, list):
            said = f"{self.facts.title} said what cannot be read: {type(content).__name__} where rows were asked for"
            raise Contradiction(said, venue=self.facts.name, reply=self._reply())
        return content

    def not_offered(self, act: Act) -> NotOffered:
        return NotOffered(f"{self.facts.name} does not declare {act}")

    # ---- within ----

    def _is_offered(self, call: Call) -> None:
        if call.act not in self.facts.acts:
            raise self.not_offered(call.act)

    def _exchange(self, call: Call, send: Send) -> Told:
        with self.wire.during(call):
            try:
                send()
            except Held as held:
                cause = f"HELD_BACK wait={held.wait:g} {held.reason}"
                return Told(Verdict.REJECTED, None, None, cause=cause, held=held.wait)
            except Exception:
                # The SDK's own reading of an answer decides nothing; without any answer the error is a defect of ours.
                if self.wire.heard is None:
                    raise
        heard = self.wire.heard
        if heard is None:
            raise RuntimeError(f"{self.facts.name} was asked for {call.act} and nothing was sent")
        if isinstance(heard, Silence):
            verdict = Verdict.UNKNOWN if heard.has_left else Verdict.REJECTED
            return Told(
                verdict, Reply(None, ""), None, cause=heard.cause if heard.has_left else f"NOT_SENT {heard.cause}"
            )
        return self._read(heard)

    def _may_pass(self, call: Call, told: Told) -> bool:
        """Whether the same question may well be answered in a moment."""
        if call.act is Act.LOG_IN and told.reply is not None:
            # What a log-in is exchanged for serves once: what was sent is not sent again.
            return False
        if told.reply is None or told.reply.status is None or told.content is None:
            return True
        return self.table.trouble(told.reply) is Trouble.NOT_NOW

    def _read(self, answer: Answer) -> Told:
        try:
            content = self.content(answer)
        except ValueError:
            reply = self._reply_of(answer, "", "")
            # An unreadable success is no success: whether it was taken is not known.
            verdict = Verdict.UNKNOWN if answer.status < 300 else self.table.verdict(reply)
            return Told(verdict, reply, None, cause="the answer cannot be read")
        code, message = self.envelope(answer, content)
        reply = self._reply_of(answer, code, message)
        return Told(self.table.verdict(reply), reply, content)

    def _reply(self) -> Reply | None:
        heard = self.wire.heard
        return self._reply_of(heard, "", "") if isinstance(heard, Answer) else None

    def _reply_of(self, answer: Answer, code: str, message: str) -> Reply:
        return Reply(answer.status, answer.text[:KEPT], code, message, answer.retry_after)

    def _fail(self, told: Told) -> NoReturn:
        reply, venue, title = told.reply, self.facts.name, self.facts.title
        if reply is None:
            raise TooMany(f"{title} was not asked: {told.cause}.", venue=venue, wait=_PAUSE)
        if reply.status is None or told.content is None:
            raise NotNow(f"{title} gave no answer that can be read: {told.cause}.", venue=venue, reply=reply)
        raise failure_of(self.facts, self.table, reply)


def failure_of(facts: VenueFacts, table: Table, reply: Reply) -> VenueFailure:
    """What a reply that is no yes comes to, by the table alone."""
    said = f"{facts.title} said {reply.status} {reply.code} {reply.message}".strip()
    trouble = table.trouble(reply)
    if trouble in {Trouble.TOO_MANY, Trouble.BAN}:
        wait = reply.retry_after or _PAUSE
        return TooMany(said, venue=facts.name, wait=wait, is_ban=trouble is Trouble.BAN, reply=reply)
    return _FAILURES[trouble](said, venue=facts.name, reply=reply)


class _Unreadable(Exception):
    """An answer that says yes, and nothing that can be used."""


#: What reading an answer that is not as documented raises. BadOrder, a bad amount and a bad number are ValueErrors.
UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)


def _made(read: Callable[[Any], Made], content: Any) -> Made:
    try:
        return read(content)
    except UNREADABLE as error:
        raise _Unreadable(f"{type(error).__name__} {error}") from error


def _present(reply: Reply | None) -> Reply:
    if reply is None:
        raise RuntimeError("what was taken has a reply")
    return reply


_FAILURES: dict[Trouble, type[VenueFailure]] = {
    Trouble.NOT_NOW: NotNow,
    Trouble.KEY: KeyRefused,
    Trouble.TOKEN: TokenEnded,
    Trouble.CLOCK: ClockOff,
    Trouble.REFUSED: Refused,
}

__all__ = ["KEPT", "UNREADABLE", "RestVenue", "Send", "Told", "failure_of"]
