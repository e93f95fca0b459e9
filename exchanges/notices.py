"""What people are told of their connections."""

from accounts.models import Urgency
from accounts.notices import Event, declare

CONNECTED = declare(Event("connection.ready", title="{name} is connected", body="{rights}"))
REFUSED = declare(
    Event("connection.refused", title="{name} was not connected", body="{reason}", is_mailed_by_default=True)
)
EXPIRING = declare(
    Event(
        "connection.expiring",
        title="{name} needs a new log-in by {ends}",
        body="After that nothing can be asked of {venue}: no order is sent, and none is cancelled. Log in again now.",
        urgency=Urgency.URGENT,
        is_mailed_by_default=True,
    )
)
EXPIRED = declare(
    Event(
        "connection.expired",
        title="{name} is logged out",
        body="Nothing can be asked of {venue} until somebody logs in again. Orders that stand there stand on.",
        urgency=Urgency.URGENT,
        is_mailed_by_default=True,
    )
)
BLOCKED = declare(
    Event(
        "connection.blocked",
        title="{venue} does not take the key of {name}",
        body="{reason} Nothing can be asked of it until the key is mended or replaced.",
        urgency=Urgency.URGENT,
        is_mailed_by_default=True,
    )
)
