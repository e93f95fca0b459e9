"""Market data and lists that lie beside the repository. Their licences keep most of them out of it."""

import os
from pathlib import Path

import pytest

_NAMED = os.environ.get("PLUMBLINE_SHARED_DATA")
_ROOT = Path(__file__).parents[1]
#: Beside the repository; in a worktree of it the folder is named.
_USUAL = _ROOT / ".." / "shared" / "data"


def shared(what: str) -> Path:
    """That folder. Without it the test is skipped, unless a pipeline said that it is there."""
    folder = (Path(_NAMED) if _NAMED else _USUAL).resolve() / what
    if not folder.exists():
        said = f"there is no {what}; PLUMBLINE_SHARED_DATA names the folder that holds it"
        if _NAMED and os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return folder
