"""What became of something that was sent. Three answers, and none of them is a guess."""

from dataclasses import dataclass, field

from exchanges.domain.reports import OrderReport


@dataclass(frozen=True, slots=True)
class Reply:
    """What the wire gave back, kept as it was. No status: no whole answer came."""

    status: int | None
    text: str = field(repr=False)
    #: The venue's own code, as text; empty where it gave none.
    code: str = ""
    message: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue has it. The report says as much as its answer did."""

    report: OrderReport
    reply: Reply


@dataclass(frozen=True, slots=True)
class Rejected:
    """The venue refused, or nothing left this machine: there is no such order, and there will be none."""

    code: str
    reason: str
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can say yet. The order is never sent again; it is looked for until it is found or proven absent."""

    cause: str
    reply: Reply | None
    #: The venue says that it holds an order of this mark already: look it up now.
    is_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class NeedsConfirmation:
    """The venue asks a question; the order does not live until it is answered."""

    question_id: str
    question: str
    reply: Reply


Outcome = Accepted | Rejected | Unknown | NeedsConfirmation


@dataclass(frozen=True, slots=True)
class Several:
    """One request became several orders, each with an outcome of its own."""

    outcomes: tuple[Outcome, ...]
    reply: Reply


@dataclass(frozen=True, slots=True)
class Done:
    """A cancel or a change that the venue took; `report` where it said how the order stands now."""

    reply: Reply
    report: OrderReport | None = None
    #: At venues where a change makes a new order.
    new_venue_id: str = ""


#: What a cancel or a change comes to.
CommandOutcome = Done | Rejected | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    report: OrderReport


@dataclass(frozen=True, slots=True)
class Absent:
    """This one look did not find it, over a reach that covers the whole time in which it may have been taken."""

    looked_in: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """The look proves nothing: it failed, or it does not reach that far back."""

    reason: str


Lookup = Found | Absent | Unresolved
