"""Asks a venue one question and prints its answer: `manage.py venue binance book BTCUSDT --depth 5 --json`.

Public questions need nothing else. What an account holds is asked with --connection and the id of a connection here;
the question goes into the audit trail of its workspace. Nothing is placed, changed or cancelled by this command.
"""

import datetime as dt
import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from exchanges.domain.failures import NotOffered, VenueFailure
from exchanges.domain.limits import Act
from exchanges.domain.plain import plain
from exchanges.domain.purposes import Purpose
from exchanges.domain.venues import UnknownVenue, venue_named
from exchanges.lines import NoLine, open_public_line
from exchanges.models import Connection
from exchanges.services.command_line import NoConnection, line_of_connection
from exchanges.venue import Venue
from kernel import clock

Ask = Callable[[Venue, Mapping[str, Any]], Any]

#: What may be asked: whether it needs a connection, a symbol, and how it is asked.
_PUBLIC: dict[str, tuple[bool, Ask]] = {
    "clock": (False, lambda line, told: line.clock()),
    "listings": (False, lambda line, told: line.listings()),
    "ticker": (True, lambda line, told: line.ticker(told["symbol"])),
    "book": (True, lambda line, told: line.book(told["symbol"], told["depth"])),
    "candles": (
        True,
        lambda line, told: line.candles(told["symbol"], told["interval"], told["since"], told["at_most"]),
    ),
}
_PRIVATE: dict[str, tuple[bool, Ask]] = {
    "rights": (False, lambda line, told: line.rights()),
    "balances": (False, lambda line, told: line.balances()),
    "holdings": (False, lambda line, told: line.holdings()),
    "positions": (False, lambda line, told: line.positions()),
    "margins": (False, lambda line, told: line.margins()),
    "open-orders": (False, lambda line, told: line.open_orders()),
    "orders": (True, lambda line, told: line.orders_since(told["since"], told["symbol"])),
    "trades": (True, lambda line, told: line.trades_since(told["since"], told["symbol"])),
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("venue", help="the venue's name, as /api/v1/exchanges tells it")
        parser.add_argument("question", choices=[*_PUBLIC, *_PRIVATE])
        parser.add_argument("symbol", nargs="?", default="", help="the venue's own name of the listing")
        parser.add_argument("--connection", type=UUID, help="the connection whose account is meant")
        parser.add_argument("--sandbox", action="store_true", help="ask this instance's sandbox")
        parser.add_argument("--depth", type=int, default=10)
        parser.add_argument("--interval", default="1h")
        parser.add_argument("--since", type=_moment, help="2026-11-20 or 2026-11-20T09:30, UTC; a day ago unless told")
        parser.add_argument("--at-most", type=int, default=500)
        parser.add_argument("--json", action="store_true", help="one JSON document, with every figure as a string")

    def handle(self, *args: Any, **told: Any) -> None:
        needs_symbol, ask = {**_PUBLIC, **_PRIVATE}[told["question"]]
        if needs_symbol and not told["symbol"]:
            raise CommandError(f"{told['question']} is asked of one symbol: name it.")
        now = clock.now()
        told["since"] = told["since"] or now - dt.timedelta(days=1)
        try:
            answer = ask(self._line(told, now=now), told)
            # A catalogue reads its lines when they are looked at.
            answer = list(answer) if isinstance(answer, Sequence) else answer
        except UnknownVenue as error:
            raise CommandError(str(error)) from error
        except NotOffered as error:
            acts = ", ".join(sorted(act.value for act in venue_named(told["venue"]).acts - {Act.STREAM}))
            raise CommandError(f"{error}. It offers: {acts}.") from error
        except (VenueFailure, NoLine, NoConnection) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(plain(answer), indent=None if told["json"] else 2, ensure_ascii=False))

    def _line(self, told: Mapping[str, Any], *, now: dt.datetime) -> Venue:
        facts = venue_named(told["venue"])
        if told["question"] in _PUBLIC and told["connection"] is None:
            mode = Connection.Mode.SANDBOX if told["sandbox"] else Connection.Mode.LIVE
            return open_public_line(facts, mode.value, purpose=Purpose.READ)
        if told["connection"] is None:
            raise CommandError(f"{told['question']} is asked for an account: name its --connection.")
        return line_of_connection(told["connection"], facts, question=told["question"], now=now)


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
