"""What the three commands share: they run until they are told to stop, and then end in order."""

import asyncio
import os
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exchanges.domain.capabilities import VenueFacts
from exchanges.domain.venues import VENUES
from exchanges.lines import markets_of
from exchanges.streaming.supervisor import Supervisor


class StreamCommand(BaseCommand):
    requires_system_checks: list[str] | tuple[str, ...] = ()
    #: Which of both this command listens to.
    prices = fills = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("venues", nargs="*", metavar="VENUE", help="those that are listened to; else all")
        if self.fills:
            parser.add_argument("--shard", default="0/1", help="this part of the accounts of so many: 0/2 and 1/2")

    def handle(self, *args: Any, **options: Any) -> None:
        markets = markets_of([_venue(name) for name in options["venues"]] or VENUES.values())
        shard, shards = _shard(options.get("shard", "0/1"))
        name = self.__module__.rsplit(".", 1)[-1]
        supervisor = Supervisor(
            name=f"{name}@{socket.gethostname()}:{os.getpid()}",
            prices=[one for one in markets if self.prices and one.facts.prices is not None],
            fills=[one for one in markets if self.fills and one.facts.fills is not None],
            shard=shard,
            shards=shards,
        )
        asyncio.run(_until_told(supervisor))


async def _until_told(supervisor: Supervisor) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    await supervisor.run(stop)


def _venue(name: str) -> VenueFacts:
    if name not in VENUES:
        raise CommandError(f"There is no venue {name!r}; there are {', '.join(sorted(VENUES))}.")
    return VENUES[name]


def _shard(text: str) -> tuple[int, int]:
    part, _, whole = text.partition("/")
    if not (part.isdecimal() and whole.isdecimal() and int(part) < int(whole)):
        raise CommandError(f"--shard is a part of so many, such as 0/2 and 1/2, got {text!r}.")
    return int(part), int(whole)
