"""A secret opens only with its key, in its place, unchanged; and never shows itself on the way."""

import copy
import json
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel.encryption.envelope import DamagedEnvelope, Envelope, owner_bytes, rewrap, seal, unseal
from kernel.encryption.keyring import KeyRingError, LocalKeyRing, UnknownKey, WrongKey
from kernel.encryption.secret import Secret

OLD = LocalKeyRing({"k1": b"1" * 32})
BOTH = LocalKeyRing({"k2": b"2" * 32, "k1": b"1" * 32})
NEW = LocalKeyRing({"k2": b"2" * 32})
OWNER = ("plumbline", "accounts.channel", "secret", "workspace-1", "row-1")


@given(some.text())
def test_secret_comes_back_as_it_was(text):
    assert unseal(Envelope.parse(str(seal(Secret(text), OLD, OWNER))), OLD, OWNER) == Secret(text)


def test_same_secret_never_looks_the_same():
    assert len({str(seal(Secret("one"), OLD, OWNER)) for _ in range(50)}) == 50


def test_secret_moved_to_another_owner_does_not_open():
    envelope = seal(Secret("one"), OLD, OWNER)
    with pytest.raises(WrongKey):
        unseal(envelope, OLD, (*OWNER[:-1], "row-2"))


def test_wrong_ring_and_missing_key_say_which_key_is_needed():
    envelope = seal(Secret("one"), OLD, OWNER)
    with pytest.raises(WrongKey, match="k1"):
        unseal(envelope, LocalKeyRing({"k1": b"x" * 32}), OWNER)
    with pytest.raises(UnknownKey, match="Put 'k1' back"):
        unseal(envelope, NEW, OWNER)


def test_rewrapped_secret_opens_with_the_new_key_alone_and_its_seal_is_untouched():
    envelope = seal(Secret("one"), OLD, OWNER)
    fresh = rewrap(envelope, BOTH, OWNER)
    assert (fresh.key_id, fresh.sealed) == ("k2", envelope.sealed)
    assert unseal(fresh, NEW, OWNER) == Secret("one")


@given(some.integers(min_value=0, max_value=199), some.integers(min_value=1, max_value=255))
def test_every_changed_byte_is_noticed(position, change):
    envelope = seal(Secret("a secret of some length"), OLD, OWNER)
    parts = bytearray(envelope.wrapped + envelope.sealed)
    parts[position % len(parts)] ^= change
    cut = len(envelope.wrapped)
    with pytest.raises((WrongKey, DamagedEnvelope)):
        unseal(Envelope("k1", bytes(parts[:cut]), bytes(parts[cut:])), OLD, OWNER)


@pytest.mark.parametrize("text", ["", "plain", "v2.k1.AA.AA", "v1.k1.AA", "v1.k1.%%%.AA", "v1.k1.A.A"])
def test_text_that_is_no_envelope_is_called_damaged(text):
    with pytest.raises(DamagedEnvelope):
        unseal(Envelope.parse(text), OLD, OWNER)


@given(some.lists(some.text(), max_size=4), some.lists(some.text(), max_size=4))
def test_two_owners_never_read_the_same(one, other):
    assert (owner_bytes(tuple(one)) == owner_bytes(tuple(other))) == (one == other)


@pytest.mark.parametrize(
    ("keys", "word"),
    [("", "names no key"), ("k1:short", "k1"), ("k1:QUJD", "3 bytes"), ("K 1:" + "A" * 44, "name"), (":abc", "name")],
)
def test_ring_that_cannot_be_used_says_what_to_mend(keys, word):
    with pytest.raises(KeyRingError, match=word):
        LocalKeyRing.parse(keys)


def test_secret_never_shows_itself():
    secret = Secret("hunter2-hunter2")
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>20}",
        "{}".format(secret),
        repr([secret]),
        repr({"a": secret}),
    ]
    assert not any("hunter2" in text for text in shown)
    for dump in (pickle.dumps, json.dumps):
        with pytest.raises(TypeError):
            dump(secret)
    with pytest.raises(TypeError):
        hash(secret)
    assert copy.deepcopy(secret) == secret
    assert secret.last_four == "ter2"
    assert Secret("short").last_four == ""


def test_secret_is_not_in_a_traceback():
    def fail(secret: Secret) -> None:
        raise RuntimeError(f"could not log in with {secret}")

    held = Secret("-".join(["hunter2", "hunter2"]))
    try:
        fail(held)
    except RuntimeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "held = Secret(••••)" in shown
        assert held.reveal() not in shown
