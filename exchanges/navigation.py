"""This app's entries in the left column."""

from django.http import HttpRequest

from accounts.registries import Done, Group, NavigationEntry, Step, register_mode, register_navigation, register_step
from exchanges.models import Connection
from exchanges.selectors import open_connections

Mode = Connection.Mode


def register() -> None:
    register_navigation(
        NavigationEntry("Holdings", "holdings", Group.SEE, "portfolio", 60),
        NavigationEntry("Connections", "connections", Group.WIRE, "connections", 0, "g c"),
    )
    register_mode(mode_in_play)
    register_step(
        Step(
            name="connect",
            title="Connect a venue, or take paper",
            words="Paper needs no key. A live venue says what its key may do, and one that moves money is not kept.",
            link="Connect",
            url_name="connections",
            order=20,
            done=connected,
        )
    )


def mode_in_play() -> str:
    """The most serious kind of money that an open connection has here."""
    modes = set(open_connections().values_list("mode", flat=True))
    return next((mode for mode in (Mode.LIVE, Mode.SANDBOX, Mode.PAPER) if mode in modes), "none")


def connected(request: HttpRequest) -> Done | None:
    """Done with the first connection that is open."""
    first = open_connections().first()
    return Done(at=first.added_at, words=first.name) if first else None
