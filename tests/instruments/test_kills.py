"""A process that is killed while it imports or files leaves neither a lost nor a doubled bar. It really is killed."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.db import connection

from instruments.adapters.tables import BarsFile
from instruments.candles import candles
from instruments.domain.bars import MOMENT, Bars, Told, moment64
from instruments.models import CandleFile, CandleSeries
from instruments.services.candles import write_bars
from kernel.bars import Interval

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
MINUTE = Interval("1m")
FIRST = dt.datetime(2023, 1, 10, tzinfo=dt.UTC)
COUNT = 350_000
FOREVER = (dt.datetime(1990, 1, 1, tzinfo=dt.UTC), dt.datetime(2030, 1, 1, tzinfo=dt.UTC))


@pytest.fixture
def folder(settings, tmp_path):
    settings.CANDLE_STORE = str(tmp_path / "candles")
    return tmp_path / "candles"


@pytest.fixture(scope="module")
def told():
    starts = (moment64(FIRST).astype(np.int64) + np.arange(COUNT) * 60_000_000).view(MOMENT)
    close = 100 + np.cumsum(np.random.default_rng(7).normal(0, 0.01, COUNT))
    return Told(starts, (close, close + 1, close - 1, close, np.arange(COUNT, dtype=np.float64)))


def command(*arguments, folder):
    url = urlsplit(django_settings.DATABASE_URL)._replace(path=f"/{quote(connection.settings_dict['NAME'])}")
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(url),
        "CANDLE_STORE": str(folder),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kill_at_random(start, *, done, times, seed):
    """Starts it `times` times and kills it a random while after it began to work; then lets it end. How often it was
    killed at work."""
    chance = random.Random(seed)
    killed = 0
    for _ in range(times):
        before = done()
        process = start()
        deadline = time.monotonic() + 60
        while process.poll() is None and done() == before and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stdout.close()
    last = start()
    output, _ = last.communicate(timeout=300)
    assert last.returncode == 0, output
    return killed


def assert_whole(listing, told):
    found = candles(listing, MINUTE, *FOREVER)
    assert len(found) == COUNT
    assert (found.start == told.start).all()
    assert (found.close == told.figures[3]).all()
    assert (found.volume == told.figures[4]).all()
    assert set(found.revision.tolist()) == {1}
    series = CandleSeries.objects.get()
    assert (series.count, series.first, series.last) == (COUNT, FIRST, FIRST + (COUNT - 1) * MINUTE.length)
    rows = sum(CandleFile.objects.values_list("rows", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM instruments_candle")
        assert rows + cursor.fetchone()[0] == COUNT


def test_import_that_is_killed_and_begun_again_loses_and_doubles_nothing(bitcoin, told, folder, tmp_path):
    path = tmp_path / "bars.parquet"
    bars = Bars(told.start, told.start, *told.figures, np.ones(COUNT, np.int16), np.zeros(COUNT, np.int16), ("x",))
    with BarsFile(path) as file:
        file.write(bars)

    def start():
        return command("import_candles", str(path), "--instrument", "BTCUSDT", "--interval", "1m", folder=folder)

    def done():
        rows = CandleSeries.objects.values_list("count", flat=True)
        return sum(rows) + CandleFile.objects.count()

    assert kill_at_random(start, done=done, times=3, seed=11) >= 2
    assert_whole(bitcoin, told)
    assert CandleFile.objects.count() == 9


def test_filing_that_is_killed_and_begun_again_loses_and_doubles_nothing(bitcoin, told, folder, now):
    write_bars(bitcoin, MINUTE, told, source="binance", now=now)
    assert_whole(bitcoin, told)
    killed = kill_at_random(
        lambda: command("file_candles", folder=folder), done=CandleFile.objects.count, times=3, seed=12
    )
    assert killed >= 1
    assert_whole(bitcoin, told)
    assert CandleFile.objects.count() == 9
