"""The events people are told of, and their words. Each app declares its own, in its own `notices.py`.

FILLED = declare(Event("order.filled", title="{side} {quantity} {symbol} filled at {price}"))
"""

import re
from dataclasses import dataclass

from accounts.models import Urgency

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class UnknownEvent(LookupError):
    """Nobody declared an event of this name."""


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of news. The words are templates over the facts that `notify` is given."""

    name: str
    title: str
    body: str = ""
    urgency: Urgency = Urgency.NORMAL
    #: A person who has set up no channel at all gets it by mail to the address he logs in with.
    is_mailed_by_default: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > 80:
            raise ValueError(f"an event is named like order.filled, got {self.name!r}")


_events: dict[str, Event] = {}


def declare(event: Event) -> Event:
    """The event, from now on known by its name."""
    if event.name in _events:
        raise ValueError(f"the event {event.name} is declared twice")
    _events[event.name] = event
    return event


def event_named(name: str) -> Event:
    try:
        return _events[name]
    except KeyError as error:
        raise UnknownEvent(f"no app declares the event {name!r}") from error


def declared_events() -> list[Event]:
    """All of them by name, for the page of rules."""
    return sorted(_events.values(), key=lambda event: event.name)


MEMBER_JOINED = declare(
    Event("member.joined", title="{name} joined {workspace} as {role}", body="Invited by {by}. {trading}")
)
MEMBER_LEFT = declare(Event("member.left", title="{name} left {workspace}", body="API tokens made there are revoked."))
MEMBER_REMOVED = declare(
    Event(
        "member.removed",
        title="{name} was removed from {workspace}",
        body="By {by}. API tokens made there are revoked.",
    )
)
MEMBER_CHANGED = declare(
    Event("member.changed", title="{name} is {role} in {workspace} now", body="Changed by {by}. {trading}")
)
MEMBER_TOOK_OVER = declare(
    Event(
        "member.took_over",
        title="{name} owns {workspace} now",
        body="Handed over by {by}, who stays as a trader.",
        is_mailed_by_default=True,
    )
)
TRADING_STOPPED = declare(
    Event(
        "trading.stopped",
        title="{what} is {state}",
        body="Set by {by}. {reason}",
        urgency=Urgency.URGENT,
        is_mailed_by_default=True,
    )
)
TRADING_RESUMED = declare(
    Event(
        "trading.resumed",
        title="{what} is {state} again",
        body="Set by {by}. {reason}",
        urgency=Urgency.URGENT,
        is_mailed_by_default=True,
    )
)


def event_families() -> list[str]:
    """What the declared events are about: the first words of their names."""
    return sorted({name.partition(".")[0] for name in _events})


CHANNEL_FAILED = declare(
    Event(
        "channel.failed",
        title="{label} does not reach you",
        body="{failure} What could not be sent is kept here. Mend the channel, or switch it off.",
    )
)
CHANNEL_TESTED = declare(
    Event(
        "channel.tested",
        title="A test of {label}",
        body="You asked for this message. The channel works.",
        # Whoever presses the button is awake.
        urgency=Urgency.URGENT,
    )
)
KYC_CHANGED = declare(
    Event(
        "kyc.changed",
        title="Your identity check changed",
        body="The operator of this instance set it to: {status}. It stands among your preferences.",
        is_mailed_by_default=True,
    )
)
