"""1,000 open sockets, one message to all, 2 and 10 times a second: ours beside daphne + channels_redis, taking turns.

    python benchmarks/sockets.py            # wants the environment of `make bench`; writes results/sockets.json

Ours does all its work: a row is written and committed, published, read again, drawn by a template and fanned out, to
sockets that came through the door and are checked every two seconds. The alternative only passes text on.
"""

import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

import django  # noqa: E402 - the path comes first

django.setup()

from django.conf import settings  # noqa: E402 - needs the settings
from django.db import connection  # noqa: E402 - needs the settings
from django.template.loader import render_to_string  # noqa: E402 - needs the settings
from django.test import Client  # noqa: E402 - needs the settings

from accounts.models import Notification, Person, Workspace  # noqa: E402 - needs the app registry
from accounts.services.workspaces import create_workspace  # noqa: E402 - needs the app registry
from benchmarks.processes import Crowd  # noqa: E402 - needs the path
from kernel import clock  # noqa: E402 - needs the app registry
from kernel.live.news import publish  # noqa: E402 - needs the app registry
from kernel.live.registry import register_live  # noqa: E402 - needs the app registry
from kernel.tenancy.scope import tenant  # noqa: E402 - needs the app registry
from tests.database import database_for  # noqa: E402 - needs the app registry

RESULTS = ROOT / "benchmarks" / "results" / "sockets.json"
PEOPLE = int(os.environ.get("BENCHMARK_SOCKETS", "1000"))
#: Messages a second, and how many of them in a turn.
LOADS = ((2, 20), (10, 60))
TURNS = 2
DRAIN_SECONDS = 40
#: A thing is drawn at most four times a second: ten messages a second are about different things.
THINGS = 10
TARGETS = {"p95_ms": 50.0, "delivered": 1.0, "cpu_ratio": 10.0}
BIN = Path(sys.executable).parent
SERVERS = {
    "ours": [
        "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--lifespan", "off", "--no-proxy-headers",
        "--ws-per-message-deflate", "false", "--ws-max-size", "4096", "--log-level", "warning",
        "benchmarks.live_sockets.ours:application",
    ],
    "theirs": ["daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0", "benchmarks.live_sockets.theirs:application"],
}  # fmt: skip


@contextmanager
def server(name: str, database: str) -> Iterator[tuple[int, int]]:
    """A server process; its port and its process id."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    url = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database}"
    environment = {**os.environ, "DATABASE_URL": url, "BENCHMARK_REDIS_URL": settings.REDIS_URL, "LOG_LEVEL": "WARNING"}
    program, *arguments = [word.format(port=port) for word in SERVERS[name]]
    process = subprocess.Popen([str(BIN / program), *arguments], cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            with closing(socket.socket()) as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(crowd: Crowd, process_id: int, send: Callable[[int], None], rate: int, messages: int) -> dict[str, Any]:
    """One turn: sends on the beat, waits until all arrived (or nothing more does), and counts."""
    crowd.ask("begin")
    before, started = cpu_seconds(process_id), time.monotonic()
    for number in range(messages):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        send(number)
    expected, deadline = messages * PEOPLE, time.monotonic() + DRAIN_SECONDS
    while crowd.ask("count")["deliveries"] < expected and time.monotonic() < deadline:
        time.sleep(0.2)
    figures = crowd.ask("end")
    figures["cpu_us_per_delivery"] = round((cpu_seconds(process_id) - before) * 1e6 / max(1, figures["deliveries"]), 1)
    figures["delivered"] = round(figures["deliveries"] / expected, 5)
    return figures


def middle(turns: list[dict[str, Any]]) -> dict[str, float]:
    names = ("p50_ms", "p95_ms", "p99_ms", "worst_ms", "cpu_us_per_delivery", "delivered")
    return {name: round(statistics.median(turn[name] for turn in turns), 5) for name in names}


def machine() -> dict[str, Any]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        # What else ran: the delays of a fan-out depend on it more than on anything here.
        "load_average": [round(one, 2) for one in os.getloadavg()],
    }


def run(database: str) -> dict[str, Any]:
    person = Person.objects.create_user("bench@example.org", "irrelevant here")
    workspace = create_workspace(owner=person, name="Bench", kind=Workspace.Kind.TEAM, now=clock.now())
    client = Client()
    client.force_login(person)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    register_live("tick", lambda key: None, "_tick_row.html")
    with tenant(workspace.pk):
        rows = [
            Notification.objects.create(workspace=workspace, person=person, event="bench", title="0")
            for _ in range(THINGS)
        ]

    def publish_row(number: int) -> None:
        row = rows[number % THINGS]
        with tenant(workspace.pk):
            Notification.objects.filter(pk=row.pk).update(title=str(time.monotonic_ns()))
            publish("tick", row.pk)

    # The alternative's side of the benchmark shares this process' settings.
    os.environ["BENCHMARK_REDIS_URL"] = settings.REDIS_URL
    from channels.layers import get_channel_layer  # noqa: PLC0415 - it wants the layer configured above

    from benchmarks.live_sockets import theirs  # noqa: PLC0415 - it wants the address set above

    settings.TEMPLATES[0]["DIRS"].insert(0, ROOT / "benchmarks/live_sockets/templates")
    loop, layer = asyncio.new_event_loop(), get_channel_layer()

    def group_send(number: int) -> None:
        row = rows[number % THINGS]
        row.title = str(time.monotonic_ns())
        text = render_to_string("_tick_row.html", {"row": row, "oob": True})
        loop.run_until_complete(layer.group_send(theirs.GROUP, {"type": "tick", "text": text}))

    senders = {"ours": publish_row, "theirs": group_send}
    turns: dict[str, dict[str, list[dict[str, Any]]]] = {}
    with ExitStack() as stack:
        crowds, processes = {}, {}
        for name in SERVERS:
            port, processes[name] = stack.enter_context(server(name, database))
            crowds[name] = Crowd("benchmarks.live_sockets.crowd", port, f"/ws/w/{workspace.slug}/live/", cookie, PEOPLE)
            stack.callback(crowds[name].leave)
            print(f"{name}: {crowds[name].entered['open']} sockets open in {crowds[name].entered['seconds']} s")
        for turn in range(TURNS):
            for rate, messages in LOADS:
                for name, send in senders.items():
                    figures = measure(crowds[name], processes[name], send, rate, messages)
                    turns.setdefault(f"{rate} messages a second", {}).setdefault(name, []).append(figures)
                    print(f"turn {turn + 1}, {rate}/s, {name}: {figures}", flush=True)
    loop.close()
    summary = {}
    for load, by_name in turns.items():
        ours, theirs_ = middle(by_name["ours"]), middle(by_name["theirs"])
        ratio = round(theirs_["cpu_us_per_delivery"] / max(0.1, ours["cpu_us_per_delivery"]), 1)
        met = {
            "p95_ms": ours["p95_ms"] < TARGETS["p95_ms"],
            "delivered": ours["delivered"] >= TARGETS["delivered"],
            "cpu_ratio": ratio >= TARGETS["cpu_ratio"],
        }
        summary[load] = {"ours": ours, "daphne + channels_redis": theirs_, "cpu_ratio": ratio, "met": met}
    return {
        "figure": "sockets",
        "sockets": PEOPLE,
        "targets": TARGETS,
        "machine": machine(),
        "summary": summary,
        "turns": turns,
    }


def main() -> None:
    with database_for("bench"):
        result = {"at": clock.now().isoformat(timespec="seconds"), **run(connection.settings_dict["NAME"])}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result["summary"], indent=2))
    is_met = all(all(load["met"].values()) for load in result["summary"].values())
    print("every target met" if is_met else "a target was missed")
    raise SystemExit(0 if is_met else 1)


if __name__ == "__main__":
    main()
