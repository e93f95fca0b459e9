"""What becomes of bars that a source tells: new, a correction, the same, or another's word against the kept one."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from instruments.domain.bars import FIGURES, Bars, Mask

#: Two sources' prices of one bar may lie so far apart, as a share, before it is called a disagreement.
TOLERANCE = 0.005
#: As the source of a bar that an operator put right.
REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two sources' words on the same bars, row by row. `kept` are those that count from now on."""

    kept: Bars
    other: Bars

    def apart(self) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        """The greatest difference of a price, as a share of the kept one."""
        found = np.zeros(len(self.kept))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for name in FIGURES[:4]:
                kept, other = getattr(self.kept, name), getattr(self.other, name)
                share = np.abs(other - kept) / np.abs(kept)
                found = np.maximum(found, np.where(kept == other, 0.0, np.nan_to_num(share, nan=1e9, posinf=1e9)))
        return found


@dataclass(frozen=True, slots=True)
class Judged:
    """`rows` are to be written: `new` of them are bars that nobody told, `revised` are further revisions."""

    rows: Bars
    new: int
    revised: int
    #: Where another source's bar stays, and where another's was overruled.
    standing: Dispute
    overruled: Dispute


def judge(kept: Bars, told: Bars, *, source: str, now: np.datetime64, yields: Collection[str] = ()) -> Judged:
    """`kept` are the last revisions over the same range. A bar of a source that `yields` to this one is corrected by
    it like one of its own; a bar of any other stays as it is.
    """
    if not len(kept):
        return Judged(replace(told, sources=(source,)), len(told), 0, _nothing(told), _nothing(told))
    at = np.minimum(np.searchsorted(kept.start, told.start), len(kept) - 1)
    is_there = kept.start[at] == told.start
    differs = is_there & _differs(kept, told, at)
    own = np.array([name == source for name in kept.sources] or [False])[kept.source_codes[at]]
    may_correct = own | np.array([name in yields for name in kept.sources] or [False])[kept.source_codes[at]]
    is_new, is_revised = ~is_there, differs & may_correct
    rows = replace(
        told,
        known_at=np.where(is_revised, now, told.known_at),
        revision=np.where(is_revised, kept.revision[at] + 1, 1).astype(np.int16),
        sources=(source,),
    ).at(is_new | is_revised)
    standing, overruled = differs & ~may_correct, is_revised & ~own
    words = replace(told, sources=(source,))
    stays = Dispute(kept.at(at[standing]), words.at(standing))
    goes = Dispute(words.at(overruled), kept.at(at[overruled]))
    return Judged(rows, int(is_new.sum()), int(is_revised.sum()), stays, goes)


def _differs(kept: Bars, told: Bars, at: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> Mask:
    found = np.zeros(len(told), dtype=np.bool_)
    for name in FIGURES:
        found |= getattr(kept, name)[at] != getattr(told, name)
    return found


def _nothing(told: Bars) -> Dispute:
    return Dispute(told.at(slice(0, 0)), told.at(slice(0, 0)))
