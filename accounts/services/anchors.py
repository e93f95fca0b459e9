"""Anchors the heads of the audit chains outside the database, signed, each minute; reads them back to verify.

An anchor file names the heads that changed since the last one and the hash of that one, so that a missing file shows
too. Whoever holds the database alone can cut off a chain's end, but cannot make the anchors agree with it.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import connection
from django.db.models import F

from accounts.domain.chain import canonical
from accounts.models import AuditHead
from accounts.models.audit import PLATFORM_CHAIN
from kernel.tenancy.scope import operator

FOLDER = "audit"


@dataclass(slots=True)
class Anchors:
    """What the store says: the entry hashes by chain and sequence, the age of the last file, and what is wrong."""

    hashes: dict[str, dict[int, bytes]] = field(default_factory=dict)
    last_at: dt.datetime | None = None
    files: int = 0
    problems: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def _signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.AUDIT_SIGNING_KEY))


def _store() -> Storage:
    return storages["audit_anchors"]


def _read(name: str) -> dict[str, Any]:
    with _store().open(name) as file:
        return json.loads(file.read())


def _latest() -> dict[str, Any] | None:
    """The body of the newest anchor, found by walking down the newest year, month and day."""
    folder = FOLDER
    for _ in ("year", "month", "day"):
        if not _store().exists(folder):
            return None
        folder = f"{folder}/{max(_store().listdir(folder)[0])}"
    return _read(f"{folder}/{max(_store().listdir(folder)[1])}")["body"]


def anchor_heads(now: dt.datetime) -> str | None:
    """Writes the next anchor; its name, or None when no chain grew since the last one."""
    with operator():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit-anchor', 0))")
        grown = list(AuditHead.objects.exclude(sequence=F("anchored_sequence")))
        if not grown:
            return None
        latest = _latest()
        body = {
            "number": latest["number"] + 1 if latest else 1,
            "at": now.isoformat(),
            "heads": {chain_name(head): [head.sequence, bytes(head.entry_hash).hex()] for head in grown},
            "previous": _hash_of(latest) if latest else "",
        }
        signature = base64.b64encode(_signing_key().sign(canonical(body))).decode()
        name = f"{FOLDER}/{now:%Y/%m/%d}/{body['number']:012d}.json"
        content = json.dumps({"body": body, "signature": signature}, sort_keys=True)
        written = _store().save(name, ContentFile(content.encode()))
        for head in grown:
            AuditHead.objects.filter(pk=head.pk).update(anchored_sequence=head.sequence)
    return written


def chain_name(head: AuditHead) -> str:
    return str(head.workspace_id or PLATFORM_CHAIN)


def _hash_of(body: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(body)).hexdigest()


def read_anchors() -> Anchors:
    """Every anchor, with its signature and its place among the others checked."""
    found = Anchors()
    public = _signing_key().public_key()
    previous, number = "", 0
    for name in _files():
        signed = _read(name)
        body = signed["body"]
        try:
            public.verify(base64.b64decode(signed["signature"]), canonical(body))
        except InvalidSignature:
            found.problems.append(f"anchor {name} is not signed by this instance's key")
            continue
        if body["number"] != number + 1 or body["previous"] != previous:
            found.problems.append(f"anchor {name} does not follow the one before it: a file is missing or was changed")
        previous, number = _hash_of(body), body["number"]
        found.files += 1
        found.last_at = dt.datetime.fromisoformat(body["at"])
        for chain, (sequence, entry_hash) in body["heads"].items():
            found.hashes.setdefault(chain, {})[sequence] = bytes.fromhex(entry_hash)
    return found


def _files() -> Iterator[str]:
    """The anchor files in the order of their numbers."""

    def below(folder: str) -> Iterator[str]:
        folders, files = _store().listdir(folder)
        yield from (f"{folder}/{file}" for file in files)
        for inner in folders:
            yield from below(f"{folder}/{inner}")

    if _store().exists(FOLDER):
        yield from sorted(below(FOLDER), key=lambda name: name.rpartition("/")[2])
