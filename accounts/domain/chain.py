"""The hash chain of an audit trail: what an entry's hash covers, and what breaks when a row is touched."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Link:
    chain: str
    sequence: int
    at: dt.datetime
    action: str
    target: str
    facts: dict[str, Any]
    detail_digest: bytes
    previous_hash: bytes

    def hash(self) -> bytes:
        return hashlib.sha256(
            canonical(
                {
                    "chain": self.chain,
                    "sequence": self.sequence,
                    "at": self.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
                    "action": self.action,
                    "target": self.target,
                    "facts": self.facts,
                    "detail": self.detail_digest.hex(),
                    "previous": self.previous_hash.hex(),
                }
            )
        ).digest()


def canonical(value: Any) -> bytes:
    """The same bytes for the same content, whatever the order of keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of_detail(salt: bytes, personal: dict[str, Any], person_id: str) -> bytes:
    """Binds the side row to its entry; without the salt nobody can guess what was shredded."""
    return hashlib.sha256(salt + canonical({"person": person_id, "personal": personal})).digest()


@dataclass(frozen=True, slots=True)
class Broken:
    """Where and how a chain does not hold."""

    chain: str
    sequence: int
    reason: str


def check_chain(
    chain: str,
    links: Iterable[tuple[Link, bytes]],
    *,
    head: tuple[int, bytes] | None,
    anchored: dict[int, bytes],
) -> Iterator[Broken]:
    """Every break of one chain, given its links in order with their stored hashes, its head and its anchors."""
    expected_sequence, previous, seen = 1, GENESIS, dict[int, bytes]()
    for link, stored in links:
        while expected_sequence < link.sequence:
            yield Broken(chain, expected_sequence, "the entry is missing")
            expected_sequence += 1
            previous = link.previous_hash
        if link.previous_hash != previous:
            yield Broken(chain, link.sequence, "it does not follow the entry before it")
        if link.hash() != stored:
            yield Broken(chain, link.sequence, "its content was changed")
        seen[link.sequence] = stored
        expected_sequence, previous = link.sequence + 1, stored
    last = expected_sequence - 1
    if head is not None and head != (last, previous):
        yield Broken(chain, last, f"the chain's head says {head[0]} entries, {last} are here")
    if head is None and last:
        yield Broken(chain, last, "the chain has entries and no head")
    for sequence, entry_hash in sorted(anchored.items()):
        if sequence > last:
            yield Broken(chain, sequence, "it was anchored and is gone: the end of the chain was cut off")
        elif sequence in seen and seen[sequence] != entry_hash:
            yield Broken(chain, sequence, "it is not the entry that was anchored: the chain was rewritten")
