"""Loads the shipped lists of what can be traded: crypto, forex, commodities, US shares. Safe to run again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from instruments.domain.lists import LISTS
from instruments.services.finding import index_instruments
from instruments.services.lists import load_lists
from kernel import clock


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] | tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("lists", nargs="*", metavar="LIST", help=f"some of {', '.join(LISTS)}; else all")
        parser.add_argument("--again", action="store_true", help="also the issues that were loaded before")
        parser.add_argument("--index", action="store_true", help="also write anew what every instrument is found by")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = set(options["lists"]) - set(LISTS)
        if unknown:
            raise CommandError(f"There is no list {min(unknown)[:40]!r}; there are {', '.join(LISTS)}.")
        for done in load_lists(options["lists"] or LISTS, again=options["again"], now=clock.now()):
            if done.is_known:
                self.stdout.write(f"{done.name}, as of {done.as_of}: loaded before.")
                continue
            self.stdout.write(
                f"{done.name}, as of {done.as_of}: {done.told} told, {done.new} new, {done.changed} changed, "
                f"{done.gone} gone, {len(done.refused)} refused."
            )
            for symbol, reason in done.refused[:5]:
                self.stdout.write(f"  {symbol}: {reason}")
        if options["index"]:
            self.stdout.write(f"{index_instruments()} are found by other words than before.")
