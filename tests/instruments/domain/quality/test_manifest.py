"""What the manifest of the shared data names is found, and what truly happened is left as it is."""

import os

import pytest

from tests.shared_data import shared

NAMES = ["india/1d", "forex/1d", "us/1d", "indices/1d", "crypto/1h", "commodities/1d"]


@pytest.mark.timeout(400)
def test_every_known_defect_is_found_and_every_extreme_kept(monkeypatch):
    monkeypatch.setenv("PLUMBLINE_SHARED_DATA", str(shared("market").parent))
    assert os.environ["PLUMBLINE_SHARED_DATA"]
    from benchmarks.quality.__main__ import manifest_figures  # noqa: PLC0415 - it reads where the data lie

    figures = manifest_figures()
    assert figures["missed"] == []
    assert figures["extremes_not_kept"] == []
    assert figures["found"] == 195
