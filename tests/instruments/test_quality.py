"""Kept series are looked at day by day; repairs are proposed, taken and taken back, and the raw bar always stays."""

import datetime as dt

import numpy as np
import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Person
from instruments.domain.candles import Candle
from instruments.models import CandleRow, CandleSeries, CheckedSeries, QualityFinding, QualityScore, RepairProposal
from instruments.selectors import candles_of
from instruments.services.candles import BarMoved, write_candles
from instruments.services.filing import file_month
from instruments.services.quality import check_all_series, check_series
from instruments.services.repairs import accept_repair, undo_repair
from instruments.tasks import check_series as check_series_task
from kernel.bars import Interval
from kernel.tenancy.scope import operator
from tests.factories.people import PersonFactory
from tests.log_in import log_in_with_factor

HOUR = Interval("1h")
BAD = 300


def hours(first, count, *, seed=1):
    random = np.random.default_rng(seed)
    close, told = 100.0, []
    for number in range(count):
        open_ = close * float(np.exp(random.normal(0, 0.001)))
        close = open_ * float(np.exp(random.normal(0, 0.01)))
        high, low = max(open_, close) * 1.004, min(open_, close) * 0.996
        prices = [round(one, 2) for one in (open_, high, low, close)]
        told.append(Candle(first + number * HOUR.length, *prices, float(random.integers(10, 1000))))
    return told


@pytest.fixture
def first(now) -> dt.datetime:
    return (now - dt.timedelta(days=20)).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def told(first):
    """Twenty days of hours with one whole bar at double its price."""
    candles = hours(first, 480)
    candles[BAD] = candles[BAD]._replace(**{name: getattr(candles[BAD], name) * 2 for name in Candle._fields[1:5]})
    return candles


@pytest.fixture
def series(bitcoin, told, now) -> CheckedSeries:
    write_candles(bitcoin, HOUR, told[:400], source="binance", now=now)
    return check_series(bitcoin.pk, HOUR, now=now)


@pytest.fixture
def olga(db) -> Person:
    return PersonFactory(email="ops@example.org", is_staff=True, is_superuser=True)


def revisions(bitcoin, start):
    rows = CandleRow.objects.filter(listing_id=bitcoin.pk, start=start).order_by("revision")
    return [(row.revision, row.close, row.source) for row in rows]


def acts():
    with operator():
        told = AuditEntry.objects.filter(action__startswith="bar.").order_by("sequence")
        return list(told.values_list("action", flat=True))


def test_look_keeps_findings_scores_and_a_proposal(series, told):
    finding = QualityFinding.objects.get(kind="bad_tick")
    assert (finding.severity, finding.start, finding.rows) == ("error", told[BAD].start, 1)
    assert (series.errors, series.bars) == (1, 400)
    assert QualityScore.objects.get(day=told[BAD].start.date()).score == 40
    assert QualityScore.objects.get(day=told[0].start.date()).score == 100
    assert 95 < series.score < 100
    repair = RepairProposal.objects.get()
    assert (repair.start, repair.raw[3], repair.proposed[3]) == (told[BAD].start, told[BAD].close, told[BAD - 1].close)
    assert repair.source == "binance"


def test_running_twice_changes_nothing(series, bitcoin, now):
    before = (
        list(QualityFinding.objects.values_list("kind", "start")),
        list(QualityScore.objects.values("day", "score")),
    )
    check_series(bitcoin.pk, HOUR, now=now)
    assert (
        list(QualityFinding.objects.values_list("kind", "start")),
        list(QualityScore.objects.values("day", "score")),
    ) == before
    assert (CheckedSeries.objects.count(), RepairProposal.objects.count()) == (1, 1)


def test_next_look_begins_where_the_last_ended(series, bitcoin, told, now):
    """An old finding stays without being looked for again."""
    with operator():
        QualityFinding.objects.filter(series=series).update(
            detail="kept as it was", start=told[5].start, end=told[5].start
        )
    spoilt = told[450]._replace(high=1.0)
    write_candles(bitcoin, HOUR, [*told[400:450], spoilt, *told[451:]], source="binance", now=now)
    again = check_series(bitcoin.pk, HOUR, now=now)
    assert again.pk == series.pk
    assert again.bars == 480
    assert QualityFinding.objects.filter(detail="kept as it was").exists()
    assert QualityFinding.objects.filter(kind="bad_order", start=told[450].start).count() == 1


def test_nothing_kept_is_nothing_checked(bitcoin, now):
    assert check_series(bitcoin.pk, HOUR, now=now) is None
    assert CheckedSeries.objects.count() == 0


def test_series_with_new_bars_are_sent_to_be_looked_at(series, bitcoin, told, now):
    assert check_all_series() == 0
    write_candles(bitcoin, HOUR, told[400:], source="binance", now=now)
    assert check_all_series() == 1


@pytest.fixture
def filed(bitcoin, told, now, settings, tmp_path):
    """The same bars, in files alone."""
    settings.CANDLE_STORE = str(tmp_path)
    write_candles(bitcoin, HOUR, told, source="somebody", now=now)
    series = CandleSeries.objects.get()
    for month in {one.start.date().replace(day=1) for one in told}:
        file_month(series, month, now=now)
    assert not CandleRow.objects.exists()


def test_bars_in_files_are_looked_at_like_others(filed, bitcoin, told, now):
    assert check_all_series() == 1
    series = check_series(bitcoin.pk, HOUR, now=now)
    assert (series.bars, series.first_start, series.last_start) == (480, told[0].start, told[-1].start)
    assert QualityFinding.objects.get(kind="bad_tick").start == told[BAD].start
    assert RepairProposal.objects.get().source == "somebody"
    assert check_all_series() == 0


def test_long_series_is_looked_at_piece_by_piece_and_alike(filed, bitcoin, told, now, monkeypatch):
    def found():
        check_series(bitcoin.pk, HOUR, now=now, is_whole=True)
        return (
            sorted(QualityFinding.objects.filter(severity="error").values_list("kind", "start", "end")),
            dict(QualityScore.objects.values_list("day", "score")),
            RepairProposal.objects.get().start,
        )

    whole = found()
    monkeypatch.setattr("instruments.services.quality._AT_ONCE", 48)
    assert found() == whole
    assert CheckedSeries.objects.get().last_start == told[-1].start


def test_hole_longer_than_many_pieces_is_found_once(bitcoin, told, now, monkeypatch):
    monkeypatch.setattr("instruments.services.quality._AT_ONCE", 24)
    monkeypatch.setattr("instruments.services.quality._LOOK_BACK", 24)
    write_candles(bitcoin, HOUR, [*told[:100], *told[340:]], source="binance", now=now)
    check_series(bitcoin.pk, HOUR, now=now)
    hole = QualityFinding.objects.get(kind="gap")
    assert (hole.start, hole.end) == (told[100].start, told[339].start)


def test_task_looks_with_the_forest(bitcoin, told, now):
    write_candles(bitcoin, HOUR, told, source="binance", now=now)
    check_series_task(str(bitcoin.pk), "1h")
    assert CheckedSeries.objects.get().bars == 480


def test_accepted_repair_is_a_further_revision_and_undone_writes_the_raw_bar_again(series, bitcoin, told, now, olga):
    repair, raw = RepairProposal.objects.select_related("series").get(), told[BAD].close
    assert accept_repair(repair=repair, by=olga.pk, now=now)
    proposed = repair.proposed[3]
    assert revisions(bitcoin, repair.start) == [(1, raw, "binance"), (2, proposed, "repaired")]
    [seen] = candles_of(bitcoin, HOUR, repair.start, repair.start + HOUR.length)
    assert seen.close == proposed
    # What was known before the repair is the raw bar.
    [then] = candles_of(bitcoin, HOUR, repair.start, repair.start + HOUR.length, as_known_at=now - HOUR.length)
    assert then.close == raw
    assert undo_repair(repair=repair, by=olga.pk, now=now)
    assert revisions(bitcoin, repair.start)[2:] == [(3, raw, "binance")]
    assert acts() == ["bar.repaired", "bar.repair_undone"]


def test_accepting_twice_writes_one_revision(series, bitcoin, now, olga):
    repair = RepairProposal.objects.select_related("series").get()
    assert accept_repair(repair=repair, by=olga.pk, now=now)
    assert not accept_repair(repair=repair, by=olga.pk, now=now)
    assert len(revisions(bitcoin, repair.start)) == 2
    assert acts() == ["bar.repaired"]


def test_source_that_tells_the_raw_bar_again_does_not_undo_a_repair(series, bitcoin, told, now, olga):
    repair = RepairProposal.objects.select_related("series").get()
    accept_repair(repair=repair, by=olga.pk, now=now)
    write_candles(bitcoin, HOUR, told[:400], source="binance", now=now)
    assert len(revisions(bitcoin, repair.start)) == 2
    check_series(bitcoin.pk, HOUR, now=now, is_whole=True)
    assert RepairProposal.objects.get().state == "accepted"
    assert not QualityFinding.objects.filter(kind="bad_tick").exists()


def test_bar_that_was_told_anew_is_not_overwritten(series, bitcoin, told, now, olga):
    repair = RepairProposal.objects.select_related("series").get()
    write_candles(bitcoin, HOUR, [told[BAD]._replace(close=101.5)], source="binance", now=now)
    with pytest.raises(BarMoved, match="has other figures by now"):
        accept_repair(repair=repair, by=olga.pk, now=now)
    assert RepairProposal.objects.get().state == "proposed"
    assert acts() == []


def test_operator_accepts_a_repair_by_hand_and_takes_it_back(client, series, bitcoin, olga):
    log_in_with_factor(client, olga)
    repair = RepairProposal.objects.get()
    for act, words, count in (("accept", "Put it right", 2), ("undo", "Put the raw bar back", 3)):
        page = client.get(reverse("admin:instruments_repairproposal_change", args=[repair.pk])).content.decode()
        assert words in page
        address = reverse("admin:repair-act", args=[repair.pk, act])
        assert words in client.get(address).content.decode()
        assert len(revisions(bitcoin, repair.start)) == count - 1
        assert client.post(address).status_code == 302
        assert len(revisions(bitcoin, repair.start)) == count
    assert client.get(reverse("admin:repair-act", args=[repair.pk, "burn"])).status_code == 404


def test_member_repairs_nothing(client, alice, series, bitcoin):
    log_in_with_factor(client, alice)
    repair = RepairProposal.objects.get()
    assert client.post(reverse("admin:repair-act", args=[repair.pk, "accept"])).status_code in {302, 404}
    assert RepairProposal.objects.get().state == "proposed"


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_member_reads_what_was_found(client, request, who, team, series):
    client.force_login(request.getfixturevalue(who))
    listed = client.get(reverse("data-quality", args=[team.slug])).content.decode()
    assert "BTCUSDT" in listed
    assert "1 error" in listed
    page = client.get(reverse("checked-series", args=[team.slug, series.pk])).content.decode()
    assert "and is back after 1 bar" in page
    assert '<rect class="mark error"' in page
    assert "<polyline" in page
    assert "style=" not in page.partition("<main")[2].partition("</main")[0]


def test_stranger_is_not_let_in(client, charlie, team, series):
    client.force_login(charlie)
    for address in (reverse("data-quality", args=[team.slug]), reverse("checked-series", args=[team.slug, series.pk])):
        assert client.get(address).status_code == 404


def test_before_anything_was_checked_the_page_says_so(client, alice, team):
    client.force_login(alice)
    assert "No series was checked yet" in client.get(reverse("data-quality", args=[team.slug])).content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "?severity=burnt",
        "?before=yesterday",
        "?before=2026-99-99T00:00",
        "?before=2026-11-20",
        "?page=x",
        "?severity=look",
    ],
)
def test_odd_questions_are_answered_all_the_same(client, alice, team, series, asked):
    client.force_login(alice)
    for address in (reverse("data-quality", args=[team.slug]), reverse("checked-series", args=[team.slug, series.pk])):
        assert client.get(address + asked).status_code == 200
    assert client.get(reverse("checked-series", args=[team.slug, team.pk])).status_code == 404


def test_list_takes_as_many_questions_for_1_row_as_for_3(
    client, alice, team, bitcoin, told, now, django_assert_num_queries
):
    client.force_login(alice)
    counts = []
    for intervals in (["1h"], ["1h", "2h", "4h"]):
        for name in intervals:
            interval = Interval(name)
            write_candles(bitcoin, interval, [one for one in told if one.start.hour % 4 == 0], source="x", now=now)
            check_series(bitcoin.pk, interval, now=now)
        client.get(reverse("data-quality", args=[team.slug]))
        with django_assert_num_queries(16) as questions:
            client.get(reverse("data-quality", args=[team.slug]))
        counts.append(len(questions))
    assert counts[0] == counts[1]
