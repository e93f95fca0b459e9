"""The key that wraps all others is changed while connections are opened, used and given other keys: none is lost."""

import base64
import threading

import pytest
from django.db import connection as database

from exchanges.models import Connection, Credential
from exchanges.vault import open_credential, put_away
from kernel import clock
from kernel.encryption.rotation import encrypted_fields, rotate
from kernel.tenancy.scope import operator, tenant

pytestmark = pytest.mark.django_db(transaction=True)

HOW_MANY = 60


def ring(*names: str) -> str:
    return ",".join(f"{name}:{base64.b64encode(name[-1].encode() * 32).decode()}" for name in names)


@pytest.fixture
def held(team, alice, settings):
    settings.ENCRYPTION_KEYS = ring("k1")
    with tenant(team.pk):
        made = [
            Connection.objects.create(workspace=team, venue="binance", mode="live", name=f"{number}", added_by=alice)
            for number in range(HOW_MANY)
        ]
        for one in made:
            put_away(one, {"api_key": f"key {one.name}", "secret": f"secret {one.name}"}, now=clock.now())
    return made


class Threads:
    """Each does its work again and again until all are told to end; what went wrong is kept."""

    def __init__(self, *works):
        self.over = threading.Event()
        self.wrong, self.turns = [], [0] * len(works)
        self.threads = [threading.Thread(target=self._run, args=(at, work)) for at, work in enumerate(works)]

    def _run(self, at, work):
        try:
            while not self.over.is_set():
                work(self.turns[at])
                self.turns[at] += 1
        except Exception as error:  # noqa: BLE001 - a thread tells its test
            self.wrong.append(repr(error))
        finally:
            database.close()

    def __enter__(self):
        for one in self.threads:
            one.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for one in self.threads:
            one.join(30)


def keys_in_use():
    with operator():
        return {row.sealed.key_id for row in Credential.objects.all()}


def test_rotation_under_load_loses_no_key_and_fails_no_reader(team, held, settings):
    def read(turn):
        one = held[turn % HOW_MANY]
        with tenant(team.pk):
            credentials, _ = open_credential(one.pk)
        assert credentials.reveal("secret").startswith(f"secret {one.name}")

    def change(turn):
        one = held[turn * 7 % HOW_MANY]
        with tenant(team.pk):
            put_away(one, {"api_key": f"key {one.name}", "secret": f"secret {one.name} {turn}"}, now=clock.now())

    settings.ENCRYPTION_KEYS = ring("k2", "k1")
    with Threads(read, read, change) as threads:
        while min(threads.turns) < 5 and not threads.wrong:
            threads.over.wait(0.01)
        for field in encrypted_fields():
            if field.model is Credential:
                rotate(field, lambda progress: None, batch=7)
        turns = list(threads.turns)
        while min(now - then for now, then in zip(threads.turns, turns, strict=True)) < 5 and not threads.wrong:
            threads.over.wait(0.01)
    assert threads.wrong == []
    assert keys_in_use() == {"k2"}
    # The old key is dropped, and everything still opens.
    settings.ENCRYPTION_KEYS = ring("k2")
    for turn in range(HOW_MANY):
        read(turn)
