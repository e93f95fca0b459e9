"""Which symbols share a socket, and what of it changes when others are wanted."""

import random

from exchanges.streaming.groups import regroup


def test_symbols_are_in_groups_of_at_most_so_many():
    assert regroup([], {"A", "B", "C", "D", "E"}, most=2) == [("A", "B"), ("C", "D"), ("E",)]
    assert regroup([], set(), most=2) == []


def test_one_symbol_more_changes_one_group():
    before = [("B", "C"), ("D",)]
    assert regroup(before, {"A", "B", "C", "D"}, most=2) == [("B", "C"), ("D", "A")]


def test_symbol_that_is_not_wanted_leaves_room_for_another():
    assert regroup([("A", "B"), ("C", "D")], {"A", "C", "D"}, most=2) == [("A",), ("C", "D")]
    assert regroup([("A", "B"), ("C", "D")], {"A", "C", "D", "E"}, most=2) == [("A", "E"), ("C", "D")]


def test_whatever_is_wanted_is_in_one_group_once():
    chance = random.Random(4)
    groups = []
    for _ in range(200):
        wanted = {f"S{number}" for number in range(40) if chance.random() < 0.5}
        groups = regroup(groups, wanted, most=7)
        listed = [one for group in groups for one in group]
        assert sorted(listed) == sorted(wanted)
        assert max(map(len, groups)) <= 7
