"""What people are told of what they watch and hold."""

from accounts.notices import Event, declare

ALERT_FIRED = declare(
    Event(
        "price.alert",
        title="{code} at {venue}: {condition}",
        body="{words} {age} {note}",
        is_mailed_by_default=True,
    )
)
DELISTED = declare(
    Event(
        "instrument.delisted",
        title="{venue} no longer lists {code}",
        body="{why} {elsewhere} What was kept of its prices stays.",
        is_mailed_by_default=True,
    )
)
