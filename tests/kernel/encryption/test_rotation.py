"""Keys rotate while everything runs: each record is re-wrapped once, none is lost, a killed rotation goes on."""

import base64
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import NotificationChannel
from kernel.encryption import rotation
from kernel.encryption.fields import Sealed
from kernel.encryption.keyring import UnknownKey
from kernel.encryption.rotation import encrypted_fields, rotate
from kernel.encryption.secret import Secret
from kernel.tenancy.scope import operator, tenant

pytestmark = pytest.mark.django_db


def ring(*names: str) -> str:
    return ",".join(f"{name}:{base64.b64encode(name[-1].encode() * 32).decode()}" for name in names)


@pytest.fixture
def channels(team, strangers, alice, charlie, settings):
    """Seven channels of two tenants under k1."""
    settings.ENCRYPTION_KEYS = ring("k1")
    made = []
    for workspace, person, how_many in ((team, alice, 4), (strangers, charlie, 3)):
        with tenant(workspace.pk):
            for number in range(how_many):
                made.append(
                    NotificationChannel.objects.create(
                        workspace=workspace,
                        person=person,
                        kind="webhook",
                        label=f"{number}",
                        address=Secret(f"https://example.org/{number}"),
                        secret=Secret(f"signing {workspace.slug} {number}"),
                    )
                )
    return made


def secret_field():
    return next(field for field in encrypted_fields() if field.model is NotificationChannel and field.name == "secret")


def opened() -> dict:
    with operator():
        return {row.pk: row.secret.open().reveal() for row in NotificationChannel.objects.all()}


def keys_in_use() -> set[str]:
    with operator():
        return {row.secret.key_id for row in NotificationChannel.objects.all()}


def test_stored_secret_is_sealed_and_shows_nothing(channels, team):
    with operator(), connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_notificationchannel")
        stored = [row[0] for row in cursor.fetchall()]
    assert all(text.startswith("v1.k1.") and "signing" not in text for text in stored)
    assert isinstance(channels[0].secret, Sealed)
    assert "signing" not in repr(channels[0].secret)


def test_rotation_rewraps_every_tenants_records_and_they_open(channels, settings):
    before = opened()
    settings.ENCRYPTION_KEYS = ring("k2", "k1")
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    assert keys_in_use() == {"k2"}
    settings.ENCRYPTION_KEYS = ring("k2")
    assert opened() == before
    assert "Every record is under k2" in said.getvalue()


def test_killed_rotation_goes_on_where_it_stopped(channels, settings):
    settings.ENCRYPTION_KEYS = ring("k2", "k1")

    def kill_after_the_first_batch(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(secret_field(), kill_after_the_first_batch, batch=3)
    assert keys_in_use() == {"k1", "k2"}
    assert rotate(secret_field(), lambda progress: None, batch=3).rewrapped == 4
    assert keys_in_use() == {"k2"}
    assert rotate(secret_field(), lambda progress: None).total == 0


def test_secret_changed_during_the_rotation_is_not_overwritten(channels, team, settings, monkeypatch):
    settings.ENCRYPTION_KEYS = ring("k2", "k1")
    genuine = rotation._rewrapped

    def change_one_meanwhile(field, read, progress):
        pairs = list(genuine(field, read, progress))
        row = NotificationChannel.objects.get(pk=channels[0].pk)
        row.secret = Secret("new")
        row.save(update_fields=["secret"])
        return iter(pairs)

    monkeypatch.setattr(rotation, "_rewrapped", change_one_meanwhile)
    progress = rotate(secret_field(), lambda progress: None)
    assert (progress.rewrapped, progress.changed_meanwhile) == (6, 1)
    assert opened()[channels[0].pk] == "new"


def test_wrong_ring_opens_nothing_changes_nothing_and_says_so(channels, settings):
    settings.ENCRYPTION_KEYS = f"k2:{base64.b64encode(b'2' * 32).decode()},k1:{base64.b64encode(b'x' * 32).decode()}"
    with pytest.raises(CommandError, match="nothing was changed in them"):
        call_command("rotate_keys", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ring("k2", "k1")
    assert len(opened()) == 7
    assert keys_in_use() == {"k1"}


def test_key_that_was_dropped_too_early_is_named(channels, team, settings):
    settings.ENCRYPTION_KEYS = ring("k2")
    with tenant(team.pk), pytest.raises(UnknownKey, match="Put 'k1' back"):
        NotificationChannel.objects.get(pk=channels[0].pk).secret.open()


def test_secret_copied_to_another_row_does_not_open(channels, team):
    with tenant(team.pk):
        one, other = NotificationChannel.objects.filter(pk__in=[channels[0].pk, channels[1].pk])
        NotificationChannel.objects.filter(pk=other.pk).update(secret=one.secret.envelope)
        with pytest.raises(ValueError, match="belongs to another owner"):
            NotificationChannel.objects.get(pk=other.pk).secret.open()


def test_secret_cannot_be_searched_by_its_content(channels, team):
    with tenant(team.pk), pytest.raises(Exception, match="cannot be searched"):
        list(NotificationChannel.objects.filter(secret=Secret("signing")))
