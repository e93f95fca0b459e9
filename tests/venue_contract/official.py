"""Payloads that the venues themselves published. Their licence keeps them out of this repository: tests read them
where they lie, in the folder that PLUMBLINE_SHARED_DATA names, else in `shared/data` beside the repository.
"""

import os
from pathlib import Path

import pytest

_NAMED = os.environ.get("PLUMBLINE_SHARED_DATA")
_ROOT = Path(__file__).parents[2]


def official(venue: str) -> Path:
    """The folder of a venue's payloads. Without it the test is skipped, unless a pipeline said that it is there."""
    folder = (Path(_NAMED) if _NAMED else _ROOT / ".." / "shared" / "data").resolve() / "wire" / venue
    if not folder.is_dir():
        said = f"no payloads of {venue} were found; PLUMBLINE_SHARED_DATA names the folder that holds them"
        if _NAMED and os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return folder
