"""What is kept outlives the process, however it ends: keys, balances, orders in their places, and not an atom more."""

import datetime as dt
import json
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from websockets.sync.client import connect

from exchanges.management.commands.sandbox import real_sessions
from exchanges.sandbox.clock import SetClock
from exchanges.sandbox.listings import atoms
from exchanges.sandbox.orders import Ask, State
from exchanges.sandbox.sessions import is_open
from exchanges.sandbox.store import Store, StrangeFile
from exchanges.sandbox.world import World
from tests.exchanges.sandbox.test_conservation import NOW, D, Trial
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept.db"


@contextmanager
def opened(path, *, seed="kept", at=NOW):
    world = World(seed=seed, clock=SetClock(at))
    store = Store(path, world)
    yield world, store
    store._file.close()


def account_of(house, number="1", **balances):
    given = balances or {"USDT": atoms(D(1_000_000)), "BTC": atoms(D(10))}
    return house.open_account(number, name=f"n{number}", balances=given)


def look(house, symbol="BTCUSDT"):
    return house.look(house.markets[symbol])


def state_of(world):
    house = world.binance
    orders = {
        order.number: (
            order.state, order.lots, order.filled, order.paid, order.held, order.held_asset, order.is_asleep, order.ask,
            tuple(order.fills), order.partner.number if order.partner else None,
        )
        for account in house.accounts.values()
        for order in account.orders.values()
    }  # fmt: skip
    purses = {account.id: list(account.purses) for account in house.accounts.values()}
    return orders, purses, world.sums(), house.number


def test_everything_is_there_again_after_a_start(path):
    with opened(path) as (world, store):
        house = world.binance
        account = account_of(house)
        account.words |= {"key": "K", "secret": "S", "rights": ["trade"]}
        market = look(house)
        last = market.last
        house.place(account, market, Ask(is_buy=True, lots=500, mark="a", words={"type": "MARKET"}))
        house.place(account, market, Ask(is_buy=True, lots=0, amount=atoms(D(1000))))
        resting = house.place(account, market, Ask(is_buy=True, lots=700, price=last - 5000, mark="b"))
        house.fill_outside(resting, 200)
        house.place(account, market, Ask(is_buy=False, lots=9, trigger=last // 2, wakes_rising=False))
        house.place_pair(
            account,
            market,
            Ask(is_buy=False, lots=9, price=last * 2),
            Ask(is_buy=False, lots=9, trigger=last // 2, wakes_rising=False, price=last // 3),
        )
        house.cancel(house.place(account, market, Ask(is_buy=True, lots=1, price=1)))
        store.save()
        before, marks, tape = state_of(world), dict(account.marks), market.matching.number
    with opened(path) as (world, store):
        house = world.binance
        again = house.accounts["1"]
        assert state_of(world) == before
        assert (again.words, again.name, again.marks) == (account.words, "n1", marks)
        assert set(world.sums().values()) == {0}
        assert house.markets["BTCUSDT"].matching.number == tape
        # And it goes on: numbers are new, what stood can be filled and cancelled, and a pair is a pair.
        new = house.place(again, look(house), Ask(is_buy=True, lots=1, price=1))
        assert new.number == before[3] + 1
        one = next(order for order in again.orders.values() if order.partner)
        house.cancel(one)
        assert one.partner.state is State.CANCELLED
        for order in [order for order in again.orders.values() if not order.state.is_over]:
            assert house.cancel(order)
        assert all(purse.held == 0 for _, purse in again.purses)


def test_orders_stand_in_their_old_order_also_after_a_second_start(path):
    with opened(path) as (world, store):
        house = world.binance
        account, market = account_of(house), look(house)
        low = market.last - 100_000
        stop = house.place(account, market, Ask(is_buy=True, lots=40, price=low, trigger=market.last + 50))
        first, second, third = (house.place(account, market, Ask(is_buy=True, lots=50, price=low)) for _ in range(3))
        house.reduce(first, 30)
        # It wakes, and comes to stand behind those that are younger than it.
        house.place(account, market, Ask(is_buy=True, lots=50_000, price=market.last + 2000))
        assert not stop.is_asleep
        store.save()
    expected = [first.number, second.number, third.number, stop.number]
    for _ in range(2):
        with opened(path) as (world, store):
            store.save()
    with opened(path) as (world, store):
        house = world.binance
        filled = []
        house.listeners.append(lambda told: filled.append(told.order.number) if told.fill else None)
        other, market = account_of(house, "2"), look(house)
        house.place(other, market, Ask(is_buy=False, lots=9_000, price=low))
        mine = [number for number in filled if number in expected]
        assert mine == expected[: len(mine)]
        house.place(other, market, Ask(is_buy=False, lots=900_000, price=low))
        assert [number for number in dict.fromkeys(filled) if number in expected] == expected


def test_price_that_came_by_while_nothing_ran_fills_what_stood(path):
    with opened(path) as (world, store):
        house = world.binance
        order = house.place(account_of(house), look(house), Ask(is_buy=True, lots=10, price=look(house).last - 2000))
        store.save()
    with opened(path, at=NOW + 86_400_000) as (world, _):
        world.tick()
        again = world.binance.accounts["1"].orders[order.number]
        assert (again.state, again.fills[0].price) == (State.FILLED, order.ask.price)
        assert set(world.sums().values()) == {0}


def test_what_wires_change_alone_is_kept_and_what_was_closed_is_gone(path):
    with opened(path) as (world, store):
        house = world.binance
        one, two = account_of(house, "1"), account_of(house, "2")
        store.save()
        one.words["token"] = "T"
        one.purses["BTC"].free -= 5
        house.ledger.crowd["BTC"] += 5
        house.close_account(two)
        for _ in range(2):
            store.save()
        # The number of a closed account may be taken again.
        account_of(house, "2", USDT=7)
        store.save()
    with opened(path) as (world, store):
        house = world.binance
        assert house.accounts["1"].words == {"token": "T"}
        assert house.accounts["2"].purses["USDT"].free == 7
        assert set(world.sums().values()) == {0}


def test_wire_is_given_back_what_it_knew(path, monkeypatch):
    wire = type(World().wires["binance"])
    adopted = []
    monkeypatch.setattr(wire, "kept", lambda self, account: {"estate": account.id}, raising=False)
    monkeypatch.setattr(wire, "adopt", lambda self, account, kept: adopted.append((account.id, kept)), raising=False)
    with opened(path) as (world, store):
        account_of(world.binance)
        store.save()
    with opened(path):
        assert adopted == [("1", {"estate": "1"})]


def test_file_of_another_seed_or_of_something_else_is_refused_in_words(path, tmp_path):
    with opened(path) as (_, store):
        store.save()
    with pytest.raises(StrangeFile, match="of the seed kept"):
        Store(path, World(seed="another"))
    (tmp_path / "text").write_text("no file of a sandbox's, however long it may be. " * 100)
    with pytest.raises(StrangeFile, match="cannot be read"):
        Store(tmp_path / "text", World())


def _await_orders(path):
    """Until something to lose was written."""

    def count():
        with closing(sqlite3.connect(path)) as kept:
            return kept.execute("select count(*) from orders").fetchone()[0]

    wait_for(lambda: count() > 20)


@pytest.mark.parametrize("seed", range(3))
def test_money_is_conserved_whenever_the_process_is_killed(path, seed):
    command = [sys.executable, "-m", "tests.exchanges.sandbox.kept", str(path), str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"trading\n"
        _await_orders(path)
        time.sleep(random.random())
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with opened(path, seed=f"trial{seed}") as (world, _):
        house = world.binance
        orders = [order for account in house.accounts.values() for order in account.orders.values()]
        assert len(orders) > 10
        trial = Trial.__new__(Trial)
        trial.world, trial.house, trial.accounts = world, house, list(house.accounts.values())
        # What is due is not known here, only that all else agrees.
        trial.due = {
            (account.id, asset): purse.free + purse.held
            for account in trial.accounts
            for asset, purse in account.purses
        }
        trial.check()
        for order in orders:
            assert order.filled == sum(fill.lots for fill in order.fills)
            assert order.paid == sum(fill.lots * fill.price for fill in order.fills) * order.market.worth
        for account in trial.accounts:
            house.close_account(account)
        assert set(world.sums().values()) == {0}


# ---- the command ----


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def command(*given, port=None):
    port = port or free_port()
    given = map(str, given)
    line = [sys.executable, "manage.py", "sandbox", "--port", str(port), *given]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline()
        yield process, f"http://127.0.0.1:{port}", said
    finally:
        process.kill()
        process.communicate()


def ask(address, method, path, told=None):
    data = None if told is None else json.dumps(told).encode()
    request = urllib.request.Request(address + path, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


def test_accounts_are_there_again_however_the_command_ended(path):
    """Told to end, with sockets open, it does soon; killed, it loses no more than its last moment."""
    with command("--keep", path) as (process, address, said):
        assert said == f"The sandbox listens at {address}; its page is {address}/sandbox/\n"
        made = [ask(address, "POST", "/control/accounts", {"venue": "binance", "name": name}) for name in "ab"]
        deposit = {"venue": "binance", "account": made[0]["id"], "asset": "SOL", "amount": "3"}
        socket_address = address.replace("http", "ws") + "/sandbox/beat"
        with connect(socket_address) as one, connect(socket_address) as other:
            assert one.recv(timeout=5)
            assert other.recv(timeout=5)
            # In the very last moment: it is written at the end.
            ask(address, "POST", "/control/deposits", deposit)
            before = [ask(address, "GET", f"/control/accounts/binance/{one['id']}") for one in made]
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - begun < 6
    with command("--keep", path) as (process, address, _):
        again = [ask(address, "GET", f"/control/accounts/binance/{one['id']}") for one in made]
        assert [one["balances"] for one in again] == [one["balances"] for one in before]
        assert again == before
        after = ask(address, "POST", "/control/deposits", deposit)
        time.sleep(0.8)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -9
    with command("--keep", path) as (_, address, _):
        assert ask(address, "GET", f"/control/accounts/binance/{made[0]['id']}") == after
        assert set(map(float, ask(address, "GET", "/control/truth")["sums"].values())) == {0}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"scale": 0.0}, "--scale is a factor above nought"),
        ({"keep": Path("/nowhere/at/all"), "port": 0}, "cannot be read"),
    ],
)
def test_it_refuses_what_cannot_be_in_words(given, words):
    with pytest.raises(CommandError, match=words):
        call_command("sandbox", **given)


def test_port_that_is_in_use_is_told_in_words():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Port {port} of 127\.0\.0\.1 is in use"):
            call_command("sandbox", port=port)


def test_shares_are_shut_at_night_and_on_holidays_on_request():
    def is_open_at(*moment):
        return is_open(sessions, int(dt.datetime(*moment, tzinfo=dt.UTC).timestamp() * 1000))

    sessions = real_sessions()
    # 10:00 in India on a Friday, a Saturday, Republic Day, and a Friday that no calendar tells of.
    moments = [
        (2026, 11, 20, 4, 30),
        (2026, 11, 20, 14, 30),
        (2026, 11, 21, 4, 30),
        (2026, 1, 26, 4, 30),
        (2035, 3, 2, 4, 30),
    ]
    assert [is_open_at(*moment) for moment in moments] == [True, False, False, False, True]
