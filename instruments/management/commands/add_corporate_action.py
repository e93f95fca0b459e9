"""Adds a split or a dividend as a fact; bars stay, and adjusted ones are reckoned with it from now on.

`manage.py add_corporate_action AAPL split 2020-08-31 4:1`, or `… AAPL dividend 2026-08-10 0.26`: the day is the first
session that trades without it, a dividend's amount is a share's, in the price's currency. Told twice, it is kept once.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instruments.domain.action_facts import BadAction, fact_of
from instruments.domain.source_names import BadSourceName, source_name
from instruments.selectors import NoSuchListing, listing_meant
from instruments.services.corporate_actions import Contradicted, add_action
from kernel import clock


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("instrument", help="its code (AAPL/USD), a venue's symbol, or its id")
        parser.add_argument("kind", help="split or dividend")
        parser.add_argument("ex_date", help="the first session that trades without it, 2020-08-31")
        parser.add_argument("figure", help="of a split new shares for old, 4:1; of a dividend the amount, 0.26")
        parser.add_argument("--venue", default="", help="whose listing is meant, where several list the symbol")
        parser.add_argument("--currency", default="", help="of a dividend; refused when it is not that of the price")
        parser.add_argument("--source", default="operator", help="by whom it is told; kept with it")

    def handle(self, *args: Any, **told: Any) -> None:
        now = clock.now()
        try:
            listing = listing_meant(told["instrument"], venue=told["venue"])
            fact = fact_of(
                told["kind"],
                told["ex_date"],
                told["figure"],
                currency=told["currency"],
                price_currency=listing.instrument.quote,
                calendar=listing.sessions,
                today=now.date(),
            )
            source = source_name(told["source"])
            row, is_new = add_action(instrument=listing.instrument, fact=fact, source=source, now=now)
        except (NoSuchListing, BadAction, BadSourceName, Contradicted) as error:
            raise CommandError(str(error)) from error
        state = "is kept" if is_new else "was kept already"
        self.stdout.write(f"The {fact.words} of {listing.instrument} on {fact.ex_date} {state}: {row.pk}")
