"""The audit trail shows every edit, deletion, reordering and truncation; the app's role cannot make any of them."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection

from accounts.models import AuditDetail, AuditEntry
from accounts.services.anchors import anchor_heads, read_anchors
from accounts.services.audit import record
from kernel.tenancy.scope import operator, tenant
from tests.database import owner_connection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def anchor_store(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "audit_anchors": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


@pytest.fixture
def trail(team, alice, now):
    """Ten more entries in the team's chain, anchored."""
    for number in range(10):
        with tenant(team.pk):
            record(
                "thing.done",
                now=now + dt.timedelta(seconds=number),
                person_id=alice.pk,
                facts={"number": number},
                personal={"address": "192.0.2.7"},
            )
    anchor_heads(now + dt.timedelta(minutes=1))
    return team


def verify() -> str:
    """What verify_audit says, problems and all."""
    said = StringIO()
    try:
        call_command("verify_audit", stdout=said, stderr=said)
    except CommandError as error:
        said.write(str(error))
    return said.getvalue()


def tamper(statement: str, *values: object) -> None:
    with owner_connection() as owner:
        assert owner.execute(statement, values).rowcount > 0


def test_untouched_trail_holds(trail):
    said = verify()
    assert "1 chains, 12 entries, 1 anchors." in said
    assert "Every chain holds." in said
    assert "Last anchor" in said


def test_edited_entry_is_found(trail):
    tamper("UPDATE accounts_auditentry SET facts = '{\"number\": 99}' WHERE sequence = 5")
    assert "entry 5: its content was changed" in verify()


def test_edited_entry_with_its_hash_recomputed_is_found(trail):
    tamper("UPDATE accounts_auditentry SET action = 'x', entry_hash = sha256('x') WHERE sequence = 5")
    said = verify()
    assert "entry 5: its content was changed" in said
    assert "entry 6: it does not follow the entry before it" in said


def test_deleted_entry_is_found(trail):
    tamper("DELETE FROM accounts_auditdetail WHERE entry_id IN (SELECT id FROM accounts_auditentry WHERE sequence = 4)")
    tamper("DELETE FROM accounts_auditentry WHERE sequence = 4")
    assert "entry 4: the entry is missing" in verify()


def test_reordered_entries_are_found(trail):
    tamper("UPDATE accounts_auditentry SET sequence = 1000 WHERE sequence = 5")
    tamper("UPDATE accounts_auditentry SET sequence = 5 WHERE sequence = 6")
    tamper("UPDATE accounts_auditentry SET sequence = 6 WHERE sequence = 1000")
    said = verify()
    assert "entry 5: its content was changed" in said
    assert "entry 6: its content was changed" in said


def cut_off_after(sequence: int) -> None:
    """What a clever intruder does: he cuts the end off and mends the head."""
    tamper(
        "DELETE FROM accounts_auditdetail WHERE entry_id IN (SELECT id FROM accounts_auditentry WHERE sequence > %s)",
        sequence,
    )
    tamper("DELETE FROM accounts_auditentry WHERE sequence > %s", sequence)
    tamper(
        "UPDATE accounts_audithead SET sequence = %s, anchored_sequence = 0, entry_hash = "
        "(SELECT entry_hash FROM accounts_auditentry WHERE sequence = %s)",
        sequence,
        sequence,
    )


def test_truncation_before_the_last_anchor_is_found_though_the_head_was_mended(trail):
    cut_off_after(8)
    assert "entry 12: it was anchored and is gone: the end of the chain was cut off" in verify()


def test_chain_rewritten_from_an_entry_on_is_found_by_its_anchor(trail, alice, now):
    cut_off_after(8)
    for number in range(6):
        with tenant(trail.pk):
            record("thing.invented", now=now, person_id=alice.pk, facts={"number": number})
    assert "entry 12: it is not the entry that was anchored" in verify()


def test_chain_deleted_whole_is_found(trail):
    for table in ("auditdetail", "auditentry", "audithead"):
        tamper(f"DELETE FROM accounts_{table}")
    assert "was anchored and is gone" in verify()


def test_changed_side_row_is_found_and_a_shredded_one_is_not(trail):
    with tenant(trail.pk):
        AuditDetail.objects.filter(entry__sequence=3).delete()
    assert "Every chain holds." in verify()
    tamper('UPDATE accounts_auditdetail SET personal = \'{"address": "198.51.100.1"}\' WHERE person_id IS NOT NULL')
    assert "who did it, or from where, was changed" in verify()


def test_anchor_file_that_was_changed_or_removed_is_found(trail, alice, now, anchor_store):
    with tenant(trail.pk):
        record("thing.done", now=now, person_id=alice.pk)
    anchor_heads(now + dt.timedelta(minutes=2))
    first, second = sorted(anchor_store.rglob("*.json"))
    kept = first.read_text()
    changed = json.loads(kept)
    changed["body"]["heads"] = {}
    first.write_text(json.dumps(changed))
    assert "is not signed by this instance's key" in verify()
    first.unlink()
    assert "does not follow the one before it" in verify()
    first.write_text(kept)
    second.unlink()
    assert "no anchor of it is there" in verify()


def test_nothing_new_writes_no_anchor(trail, now):
    assert anchor_heads(now + dt.timedelta(minutes=3)) is None
    assert read_anchors().files == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditentry SET action = 'x'", "DELETE FROM accounts_auditentry"]
)
@pytest.mark.parametrize("role", ["tenant", "operator"])
def test_neither_app_nor_operator_may_change_an_entry(trail, statement, role):
    scope = tenant(trail.pk) if role == "tenant" else operator()
    with pytest.raises(ProgrammingError, match="permission denied"), scope, connection.cursor() as cursor:
        cursor.execute(statement)


def test_entry_rolls_back_with_its_act(trail, now):
    with pytest.raises(RuntimeError), tenant(trail.pk):
        record("thing.undone", now=now)
        raise RuntimeError
    with tenant(trail.pk):
        assert AuditEntry.objects.filter(action="thing.undone").count() == 0
    assert "Every chain holds." in verify()
