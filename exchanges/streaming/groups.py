"""Which symbols share a socket."""

from collections.abc import Collection, Iterable

Group = tuple[str, ...]


def regroup(before: Iterable[Group], wanted: Collection[str], *, most: int) -> list[Group]:
    """The symbols in groups of at most so many. Those that were together stay together, so that one symbol more or
    less renews one socket and no other.
    """
    groups = [[one for one in group if one in wanted] for group in before]
    kept = {one for group in groups for one in group}
    for symbol in sorted(set(wanted) - kept):
        roomy = next((group for group in groups if 0 < len(group) < most), None)
        if roomy is None:
            groups.append([symbol])
        else:
            roomy.append(symbol)
    return [tuple(group) for group in groups if group]
