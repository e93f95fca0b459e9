"""A whole install at its most talkative is given marked keys and driven through all that is done with them. Then its
logs, its Redis, every row and every file of its database, its exports and its processes are searched.
"""

import json
import os
import re
import signal
import threading
from pathlib import Path

import psycopg
import pytest
import redis

from tests.canary.marks import keys_of, word
from tests.house.house import PROJECT, standing_house
from tests.venue_contract.replay import Reply, serving
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

VENUES = ("binance", "coinbase", "kraken", "zerodha")


@pytest.fixture(scope="module")
def venue():
    with serving() as replay:
        replay.answer(Reply(200, b"{}"))
        yield replay


@pytest.fixture(scope="module")
def house(venue):
    addresses = ",".join(f"{name}={venue.address}" for name in VENUES)
    with standing_house(
        LOG_LEVEL="DEBUG",
        LOG_FORMAT="json",
        VENUE_ADDRESSES=addresses,
        SANDBOX_ADDRESS=venue.address,
        SELF_HOSTED="1",
    ) as standing:
        yield standing


@pytest.fixture
def overheard(house):
    """Every command that Redis was sent from now on."""
    heard: list[str] = []
    listener = redis.Redis.from_url(house.urls["REDIS_URL"], socket_timeout=None)
    monitor = listener.monitor()

    def listen():
        with monitor:
            try:
                for one in monitor.listen():
                    heard.append(one["command"])
            except (redis.RedisError, OSError, ValueError):
                return

    threading.Thread(target=listen, daemon=True).start()
    yield heard
    monitor.connection.disconnect()
    listener.close()


def children(house):
    """Every process of the house that is ours, the workers' children too."""
    mine = {process.pid for name, process in house.processes.items() if name not in {"postgres", "redis"}}
    found = set(mine)
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((directory / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent in found:
            found.add(int(directory.name))
    return found


def rows_of(house):
    """Every row of every table, as text, as the server's own administrator sees it."""
    name = house.urls["OWNER_DATABASE_URL"].rpartition("/")[2]
    address = house.urls["ADMIN_DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    with psycopg.connect(address, autocommit=True) as admin:
        tables = admin.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT LIKE 'pg_%'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in admin.execute(f"SELECT t::text FROM {table} t"):
                yield table, row


def dump_of(broker):
    for key in broker.scan_iter("*", count=1000):
        kind = broker.type(key).decode()
        match kind:
            case "string":
                yield key, broker.get(key)
            case "hash":
                yield key, repr(broker.hgetall(key)).encode()
            case "list":
                yield key, b"".join(broker.lrange(key, 0, -1))
            case "set":
                yield key, b"".join(broker.smembers(key))
            case "zset":
                yield key, repr(broker.zrange(key, 0, -1, withscores=True)).encode()
            case "stream":
                yield key, repr(broker.xrange(key)).encode()
            case other:
                raise LookupError(f"nobody here knows how to read a {other}")


@pytest.fixture
def client(house):
    one = house.signed_in()
    yield one
    one.close()


def test_no_key_is_left_anywhere(house, client, venue, marks, overheard, record_property):
    [(slug,)] = house.rows("SELECT slug FROM accounts_workspace LIMIT 1")
    keys = {name: keys_of(name) for name in VENUES}
    for name, fields in keys.items():
        for field, value in fields.items():
            marks.add(f"{name} {field}", value)
    brought = {"token": word(32), "request_token": word(32)}
    for name, value in brought.items():
        marks.add(f"zerodha {name}", value)
    everything = json.dumps({**keys, "brought": brought}).encode()

    def post(path, **fields):
        page = f"/w/{slug}/{path}"
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', client.get(page).text))
        return client.post(page, data={**hidden, **fields, "csrfmiddlewaretoken": client.cookies["csrftoken"]})

    # In the browser: a form that is wrong, one that is right, other keys, a check. The venue repeats all it knows.
    venue.answer(Reply(401, everything, {"Content-Type": "application/json"}))
    pages = [post("connections/add/binance/sandbox/", name="", **keys["binance"])]
    pages.append(post("connections/add/binance/sandbox/", name="Main", **keys["binance"]))
    path = str(pages[-1].url).split(f"/w/{slug}/")[1]
    pages += [post(f"{path}key/", **keys["binance"]), client.get(f"/w/{slug}/{path}")]
    # The other venues by the service that the page calls, and all that workers do with a connection.
    hand_over = house.home / "keys.json"
    hand_over.write_bytes(everything)
    house.run(_ADD.replace("FILE", repr(str(hand_over))))
    house.run(_LOG_IN.replace("FILE", repr(str(hand_over))))
    wait_for(lambda: any("/session/token" in one.path for one in venue.requests), said=house.everything_said)
    wait_for(lambda: len(venue.requests) >= 8, said=house.everything_said)
    for reply in (
        Reply(500, everything),
        Reply(200, everything),
        Reply(manner="reset"),
        Reply(403, b"<html>" + everything + b"</html>", {"Content-Type": "text/html"}),
    ):
        venue.answer(reply)
        house.run(_ASK_AGAIN)
        house.run(_LOG_IN.replace("FILE", repr(str(hand_over))))
        wait_for(lambda: len(venue.requests) >= 6, said=house.everything_said)
    hand_over.unlink()
    state, other = word(40), word(32)
    marks.add("what came back to nobody", other)
    pages.append(client.get(f"/account/venue-log-in/back/?request_token={other}&status=success&state={state}"))
    # The operator's command line, the rotation of keys, a copy of one's data, every page again.
    commands = [house.manage("rotate_keys").stdout]
    pages += [client.get(f"/w/{slug}/{page}") for page in ("", "connections/", "holdings/", "audit/", "notifications/")]
    pages += [client.get("/metrics"), client.get("/api/v1/connections")]
    # A worker is torn down in the middle, in the way that leaves a core.
    for pid in sorted(children(house))[-2:]:
        os.kill(pid, signal.SIGABRT)

    hits = [hit for number, page in enumerate(pages) for hit in marks.hits(f"page {number} {page.url}", page.content)]
    hits += [hit for text in commands for hit in marks.hits("a command", text)]
    for file in [*house.home.glob("*.out"), *house.home.glob("mail/*"), *(house.home / "private").rglob("*")]:
        if file.is_file():
            hits += marks.hits(f"file {file.name}", file.read_bytes())
    hits += marks.hits("what Redis was sent", "\n".join(overheard))
    with house.broker() as broker:
        hits += [hit for key, value in dump_of(broker) for hit in marks.hits(f"Redis {key!r}", value)]
    tables: dict[str, list[str]] = {}
    for table, row in rows_of(house):
        tables.setdefault(table, []).append(row)
    hits += [hit for table, rows in tables.items() for hit in marks.hits(f"table {table}", "\n".join(rows))]
    for file in (house.home / "postgres").rglob("*"):
        if file.is_file() and file.stat().st_size:
            hits += marks.hits(f"database file {file.name}", file.read_bytes())
    searched = 0
    for pid in children(house):
        place = Path(f"/proc/{pid}")
        try:
            told = {name: (place / name).read_bytes() for name in ("environ", "cmdline", "limits")}
        except OSError:
            # It ended meanwhile, as those do that were torn down.
            continue
        searched += 1
        hits += marks.hits("a process's environment", told["environ"])
        hits += marks.hits("a process's command", told["cmdline"])
        limit = next(line for line in told["limits"].splitlines() if b"core file" in line)
        assert limit.split()[4] == b"0", limit
    assert searched > 3
    assert [one for one in (*PROJECT.root.glob("core*"), *house.home.glob("core*")) if one.is_file()] == []

    record_property("hits", len(hits))
    assert len(overheard) > 100
    assert sum(map(len, tables.values())) > 50
    assert hits == [], "\n".join(hits)


_ADD = """
import json
from accounts.doors import access_of
from accounts.models import Membership, Person
from exchanges.domain.venues import venue_named
from exchanges.models import Connection
from exchanges.services.connections import add_connection
from kernel import clock
from kernel.tenancy.scope import operator, tenant
keys = json.load(open(FILE))
with operator():
    Membership.objects.update(can_trade=True)
    membership = Membership.objects.select_related("person").first()
with tenant(membership.workspace_id):
    brought = keys.pop("brought")
    for venue, fields in keys.items():
        add_connection(access=access_of(membership), person=membership.person, facts=venue_named(venue),
                       mode=Connection.Mode.LIVE, name=venue, fields=fields, attested=True, now=clock.now())
"""

# As the daily log-in leaves it: a token, and something to be exchanged for the next.
_LOG_IN = """
import json
from accounts.models import Membership
from exchanges.models import Connection, Credential, VenueLogin
from exchanges.vault import put_token
from kernel import clock
from kernel.encryption.secret import Secret
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.scope import operator, tenant
brought = json.load(open(FILE))["brought"]
with operator():
    workspace_id = Membership.objects.first().workspace_id
with tenant(workspace_id):
    one = Connection.objects.get(venue="zerodha")
    put_token(one, Secret(brought["token"]), now=clock.now())
    Connection.objects.filter(pk=one.pk).update(met="", token_ends_at=None)
    Credential.objects.filter(connection=one).update(refresher=None, refresh_until=None)
    login = VenueLogin.objects.create(workspace_id=workspace_id, connection=one, begun_by_id=one.added_by_id,
                                      session_digest="", state="back", sealed=Secret(brought["request_token"]),
                                      back_at=clock.now())
    for task in ("check_connection", "refresh_accounts"):
        enqueue(f"exchanges.{task}", workspace_id, one.pk)
    enqueue("exchanges.finish_login", workspace_id, login.pk)
"""

_ASK_AGAIN = """
from exchanges.models import Connection
from kernel.jobs.enqueue import enqueue
from kernel.tenancy.scope import operator
with operator():
    found = list(Connection.objects.filter(closed_at=None))
    for one in found:
        enqueue("exchanges.check_connection", one.workspace_id, one.pk)
        enqueue("exchanges.refresh_accounts", one.workspace_id, one.pk)
"""
