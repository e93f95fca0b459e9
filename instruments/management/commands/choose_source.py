"""Says from whom an instrument's bars may come besides its own venue, and what it is called there.

`manage.py choose_source BTC/USDT yahoo --symbol BTC-USD --priority 2`; `--drop` takes the source away again.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instruments.domain.listings import LONGEST_SYMBOL
from instruments.selectors import NoSuchListing, listing_meant
from instruments.services.choices import choose_source, drop_source
from instruments.sources import UnknownSource
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("instrument", help="its code (BTC/USDT), a venue's symbol, or its id")
        parser.add_argument("source", help="yahoo, alpha_vantage, coingecko, or a venue")
        parser.add_argument("--venue", default="", help="whose listing is meant, where several list it")
        parser.add_argument("--symbol", default="", help="what the source calls it")
        parser.add_argument("--priority", type=int, default=10, help="the lowest is asked first")
        parser.add_argument("--drop", action="store_true", help="the source is no longer asked")

    def handle(self, *args: Any, **told: Any) -> None:
        now, source = clock.now(), told["source"]
        try:
            instrument = listing_meant(told["instrument"], venue=told["venue"]).instrument
            if told["drop"]:
                was = drop_source(instrument=instrument, source=source, now=now)
                self.stdout.write(f"{source} is {'no longer' if was else 'not'} asked for {instrument}.")
                return
            if not 0 < len(told["symbol"]) <= LONGEST_SYMBOL or not 0 <= told["priority"] <= 1000:
                raise CommandError("Name the --symbol that the source uses, and a --priority from 0 to 1000.")
            choose_source(
                instrument=instrument, source=source, symbol=told["symbol"], priority=told["priority"], now=now
            )
        except (NoSuchListing, UnknownSource) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{source} is asked for {instrument} by the name {told['symbol']}.")
