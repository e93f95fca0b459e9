"""Limits: unlimited until billing comes, then what billing says."""

import pytest

from accounts import limits
from kernel.ids import new_id


def test_everything_is_allowed_until_billing_registers():
    assert limits.may(new_id(), "connections", 1000).is_allowed
    assert limits.record_usage(new_id(), "signals") is None


def test_asking_for_none_is_a_mistake():
    with pytest.raises(ValueError):
        limits.may(new_id(), "connections", 0)


def test_registered_functions_are_asked(monkeypatch):
    monkeypatch.setattr(limits, "_may", limits._may)
    monkeypatch.setattr(limits, "_record_usage", limits._record_usage)
    used = []
    refusal = limits.Allowance(is_allowed=False, limit=10, used=10, reason="Your plan has 10 instruments.")
    limits.register(may=lambda *asked: refusal, record_usage=lambda *what: used.append(what[1:]))
    assert limits.may(new_id(), "instruments") == refusal
    limits.record_usage(new_id(), "signals", 3)
    assert used == [("signals", 3)]
