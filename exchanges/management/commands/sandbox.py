"""A market of one's own: `manage.py sandbox`. Point any client of Binance or Kite at its address."""

import asyncio
import datetime as dt
import errno
import resource
import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand, CommandError

from exchanges.sandbox.clock import Clock
from exchanges.sandbox.patience import PatientProtocol
from exchanges.sandbox.sessions import DAY, MINUTE, GivenSessions, Span
from exchanges.sandbox.store import Store, StrangeFile
from exchanges.sandbox.world import IST, World
from instruments.domain.calendars import BeyondCalendar, calendar_named

_BACKLOG = 2048


class Command(BaseCommand):
    help = "Speaks Binance's and Kite's wire over a market of its own, with faults on demand, until it is told to stop."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where it listens; leave it on loopback")
        parser.add_argument("--port", type=int, default=8030)
        parser.add_argument("--seed", default="plumbline", help="the same seed makes the same market")
        parser.add_argument("--scale", type=float, default=1.0, help="factor of all the venues' durations")
        parser.add_argument(
            "--keep",
            type=Path,
            metavar="FILE",
            help="where accounts, orders and money outlive it; a kill loses the last fifth of a second",
        )
        parser.add_argument(
            "--sessions",
            choices=("open", "real"),
            default="open",
            help="when shares are traded: always, or on the real days of the exchange in India",
        )

    def handle(self, *args: Any, **told: Any) -> None:
        if told["scale"] <= 0:
            raise CommandError("--scale is a factor above nought")
        sessions = real_sessions() if told["sessions"] == "real" else None
        world = World(seed=told["seed"], clock=Clock(scale=told["scale"]), sessions=sessions)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        # A thousand is what many machines give a process that does not ask.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        with listening(told["host"], told["port"]) as taken:
            store = _opened(told["keep"], world) if told["keep"] else None
            address = f"http://{told['host']}:{taken.getsockname()[1]}"
            self.stdout.write(f"The sandbox listens at {address}; its page is {address}/sandbox/")
            self.stdout.flush()
            for number in (signal.SIGTERM, signal.SIGINT):
                # The server ends by them, and raises them once more when it has: by then they say nothing new.
                signal.signal(number, _nothing)
            try:
                asyncio.run(serve(world, taken, store))
            finally:
                # By now every batch that was begun is written.
                if store is not None:
                    store.close()


def _nothing(number: int, frame: FrameType | None) -> None: ...


def real_sessions() -> GivenSessions:
    """The calendar's; beyond the days that it knows, weekdays at the usual hours: prices there are made anyway."""
    calendar, opens, closes = calendar_named("XBOM"), 555 * MINUTE, 930 * MINUTE

    def tell(number: int) -> Span | None:
        day = dt.date(1970, 1, 1) + dt.timedelta(days=number)
        try:
            session = calendar.session(day)
        except BeyondCalendar:
            midnight = number * DAY - IST
            return Span(midnight + opens, midnight + closes) if day.weekday() < 5 else None
        return None if session is None else Span(_milliseconds(session.opens), _milliseconds(session.closes))

    return GivenSessions(offset=IST, tell=tell)


def _milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


def listening(host: str, port: int) -> socket.socket:
    # Named TCP: what it accepts is named alike, and only then does asyncio send small answers at once.
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, proto=socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(_BACKLOG)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            told = f"Port {port} of {host} is in use. Stop what listens there, or take another with --port."
            raise CommandError(told) from None
        raise CommandError(f"Cannot listen at {host}:{port}: {error.strerror}") from None
    return taken


def _opened(path: Path, world: World) -> Store:
    try:
        return Store(path, world)
    except StrangeFile as error:
        raise CommandError(str(error)) from None


async def serve(world: World, taken: socket.socket, store: Store | None = None) -> None:
    config = uvicorn.Config(
        world.server,
        http=PatientProtocol,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=60,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    always = [asyncio.create_task(world.server.beat())]
    if store is not None:
        always.append(asyncio.create_task(store.run()))
    broken: list[BaseException] = []

    def ended(task: asyncio.Task[None]) -> None:
        """A market that stands still, or is not kept any more, is not served on."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            broken.append(error)
            server.should_exit = True

    for task in always:
        task.add_done_callback(ended)
    try:
        await server.serve(sockets=[taken])
    finally:
        for task in always:
            task.cancel()
    if broken:
        raise broken[0]
