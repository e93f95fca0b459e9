"""The live things that exchanges draws: a connection's row, and what an account holds."""

from exchanges.selectors import connection_row, snapshot_row
from kernel.live.registry import register_live


def register() -> None:
    register_live("connection", connection_row, "exchanges/partials/_connection_row.html")
    register_live("snapshot", snapshot_row, "exchanges/partials/_snapshot.html")
