"""Splits and dividends as facts: added once, contradicted in words, withdrawn and kept; the adjusted bars follow."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import AuditEntry, Person
from instruments.candle_pages import Asked, mark_of
from instruments.candles import candles
from instruments.domain.action_facts import ActionFact, ActionKind, BadAction, fact_of
from instruments.domain.calendars import calendar_named
from instruments.models import CorporateAction, Listing
from instruments.services.candles import write_candles
from instruments.services.catalogue import refresh_listings
from instruments.services.corporate_actions import Contradicted, add_action, withdraw_action
from kernel.bars import Interval
from kernel.tenancy.scope import operator
from tests.factories.people import PersonFactory
from tests.instruments.telling import bars, share
from tests.log_in import log_in_with_factor

DAY = Interval("1d")
#: A Friday, a session of XBOM.
EX = dt.date(2026, 11, 6)
SPLIT = ActionFact(ActionKind.SPLIT, EX, Decimal(4))
DIVIDEND = ActionFact(ActionKind.DIVIDEND, EX, Decimal("0.5"))
ADD = "/operator/instruments/corporateaction/do/add/"
TYPED = {"instrument": "NSE:INFY", "venue": "", "kind": "split", "ex_date": "2026-11-06", "figure": "4:1"}


@pytest.fixture
def infosys(db, now) -> Listing:
    refresh_listings(venue="zerodha", listings=[share(name="Infosys"), share("TCS", name="Tata")], now=now)
    return Listing.objects.select_related("instrument").get(symbol="NSE:INFY")


@pytest.fixture
def olga(db) -> Person:
    return PersonFactory(email="ops@example.org", is_staff=True, is_superuser=True)


def trail():
    with operator():
        rows = AuditEntry.objects.filter(action__startswith="action.").order_by("sequence")
        return [(row.action, row.facts["kind"], row.facts["figure"]) for row in rows]


def fact(kind="split", ex_date="2026-11-06", figure="4:1", *, currency="", calendar="XBOM"):
    return fact_of(
        kind,
        ex_date,
        figure,
        currency=currency,
        price_currency="INR",
        calendar=calendar_named(calendar),
        today=dt.date(2026, 11, 21),
    )


# ---- what is written ----


@pytest.mark.parametrize(
    ("written", "ratio"),
    [("4", "4"), ("4:1", "4"), ("4 for 1", "4"), ("4/1", "4"), ("1:10", "0.1"), ("3 : 2", "1.5"), ("0.1", "0.1")],
)
def test_ratio_is_new_shares_for_old(written, ratio):
    assert fact(figure=written).figure == Decimal(ratio)


def test_third_is_kept_to_the_last_place_and_named_as_it_was_meant():
    told = fact(figure="1:3")
    assert told.figure == Decimal("0.333333333333333333")
    assert told.words == "split of 1 for 3"
    assert fact(figure="4:1").words == "split of 4 for 1"
    assert fact("dividend", figure="0.50").words == "dividend of 0.5"


@pytest.mark.parametrize(
    ("told", "field", "words"),
    [
        ({"kind": "bonus"}, "kind", "neither split nor dividend"),
        ({"ex_date": "06.11.2026"}, "ex_date", "is no day"),
        ({"ex_date": "2026-11-07"}, "ex_date", "Saturday, 2026-11-07 is no session of XBOM"),
        ({"ex_date": "2026-01-26"}, "ex_date", "is no session of XBOM"),
        ({"ex_date": "2126-11-06"}, "ex_date", "is not between"),
        ({"figure": "1:1"}, "figure", "changes nothing"),
        ({"figure": "0:1"}, "figure", "above nought"),
        ({"figure": "4:0"}, "figure", "above nought"),
        ({"figure": "-4"}, "figure", "above nought"),
        ({"figure": "4:1:1"}, "figure", "is no ratio"),
        ({"figure": "four"}, "figure", "is no ratio"),
        ({"figure": "NaN"}, "figure", "is no ratio"),
        ({"figure": "1e99"}, "figure", "above nought"),
        ({"figure": "9" * 10_000}, "figure", "is no ratio"),
        ({"figure": "٤"}, "figure", "is no ratio"),
        ({"kind": "dividend", "figure": "0"}, "figure", "is no amount"),
        ({"kind": "dividend", "figure": "0,26"}, "figure", "is no amount"),
        ({"kind": "dividend", "figure": "1" + "0" * 30}, "figure", "digits before the point"),
        ({"kind": "dividend", "figure": "0.1", "currency": "USD"}, "currency", "write its amount in INR"),
    ],
)
def test_what_is_no_fact_is_answered_in_words(told, field, words):
    with pytest.raises(BadAction, match=words) as found:
        fact(**told)
    assert found.value.field == field


def test_day_that_the_calendar_was_not_told_of_may_be_one():
    assert fact(ex_date="2004-10-14").ex_date == dt.date(2004, 10, 14)


# ---- what is kept ----


def test_fact_told_twice_is_one(infosys, now):
    one = infosys.instrument
    row, is_new = add_action(instrument=one, fact=SPLIT, source="operator", now=now)
    again, is_new_again = add_action(instrument=one, fact=SPLIT, source="file", now=now)
    assert (is_new, is_new_again, row.pk) == (True, False, again.pk)
    assert CorporateAction.objects.count() == 1
    assert trail() == [("action.added", "split", "4")]


def test_other_figure_of_the_same_day_is_refused_and_nothing_changes(infosys, now):
    one = infosys.instrument
    add_action(instrument=one, fact=SPLIT, source="yahoo", now=now)
    with pytest.raises(
        Contradicted, match=r"has a split of 4 for 1 on 2026-11-06 by yahoo, and not a split of 5 for 1"
    ):
        add_action(instrument=one, fact=ActionFact(ActionKind.SPLIT, EX, Decimal(5)), source="operator", now=now)
    assert [row.ratio for row in CorporateAction.objects.all()] == [Decimal(4)]
    # A dividend of that day is another matter.
    assert add_action(instrument=one, fact=DIVIDEND, source="operator", now=now)[1]


def test_withdrawn_one_stays_with_its_reason_and_makes_room(infosys, now):
    one = infosys.instrument
    row, _ = add_action(instrument=one, fact=SPLIT, source="operator", now=now)
    assert withdraw_action(action=row, reason="It was 5 for 1.", now=now)
    assert not withdraw_action(action=row, reason="Again.", now=now)
    row.refresh_from_db()
    assert (row.withdrawn_at, row.withdrawn_why, row.ratio) == (now, "It was 5 for 1.", 4)
    add_action(instrument=one, fact=ActionFact(ActionKind.SPLIT, EX, Decimal(5)), source="operator", now=now)
    assert CorporateAction.objects.count() == 2
    assert trail() == [
        ("action.added", "split", "4"),
        ("action.withdrawn", "split", "4"),
        ("action.added", "split", "5"),
    ]


def test_adjusted_bars_follow_and_the_raw_ones_stay(infosys, now):
    first = dt.datetime(2026, 11, 4, tzinfo=dt.UTC)
    later = now + dt.timedelta(days=3)
    write_candles(infosys, DAY, bars(first, 3, every=DAY.length), source="file", now=now)
    asked = Asked(DAY, 10, is_adjusted=True)

    def opens(**how):
        return candles(infosys, DAY, first, later, **how).open.tolist()

    def marks():
        return mark_of(infosys, asked)

    seen = [marks()]
    row, _ = add_action(instrument=infosys.instrument, fact=SPLIT, source="operator", now=now)
    assert opens(is_adjusted=True) == [25.0, 25.0, 100.0]
    assert opens() == [100.0] * 3
    seen.append(marks())
    withdraw_action(action=row, reason="None was.", now=later)
    assert opens(is_adjusted=True) == [100.0] * 3
    seen.append(marks())
    # As it was known in between, it was one.
    then = now + dt.timedelta(days=1)
    assert opens(is_adjusted=True, as_known_at=then) == [25.0, 25.0, 100.0]
    assert opens(is_adjusted=True, as_known_at=later) == [100.0] * 3
    assert len(set(seen)) == 3


# ---- from the command line ----


def run(*words, **options):
    return call_command(*words, **options)


def test_command_adds_and_withdraws(infosys, capsys):
    run("add_corporate_action", "NSE:INFY", "split", "2026-11-06", "4:1")
    assert "The split of 4 for 1 of INFY/INR on 2026-11-06 is kept" in capsys.readouterr().out
    run("add_corporate_action", "NSE:INFY", "split", "2026-11-06", "4")
    assert "was kept already" in capsys.readouterr().out
    row = CorporateAction.objects.get()
    run("withdraw_corporate_action", str(row.pk), reason="Wrong day")
    assert "is withdrawn" in capsys.readouterr().out
    run("withdraw_corporate_action", str(row.pk), reason="Wrong day")
    assert "was withdrawn already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("NOBODY", "split", "2026-11-06", "4:1"), "nothing by the name"),
        (("NSE:INFY", "split", "2026-11-06", "none"), "is no ratio"),
        (("NSE:INFY", "merger", "2026-11-06", "1"), "neither split nor dividend"),
    ],
)
def test_command_says_what_is_wrong(infosys, words, said):
    with pytest.raises(CommandError, match=said):
        run("add_corporate_action", *words)
    assert not CorporateAction.objects.exists()


@pytest.mark.parametrize(("key", "reason"), [("x", "Why"), ("01a1ffb6-bf5f-7008-bb5c-fa16af7078b8", "Why"), ("x", " ")])
def test_withdrawal_of_what_is_not_there_is_answered(db, key, reason):
    with pytest.raises(CommandError):
        run("withdraw_corporate_action", key, reason=reason)


def write(folder, *lines):
    file = folder / "actions.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


HEAD = "instrument,kind,ex_date,figure"


def test_file_is_kept_whole_and_once(infosys, tmp_path, capsys):
    file = write(
        tmp_path,
        "\ufeff" + HEAD + ",currency",
        "NSE:INFY,split,2026-11-06,2:1,",
        "",
        "NSE:TCS,dividend,2026-11-05,11,INR",
    )
    run("import_corporate_actions", str(file))
    assert "2 new, 0 there already" in capsys.readouterr().out
    run("import_corporate_actions", str(file), source="vendor")
    assert "0 new, 2 there already" in capsys.readouterr().out
    rows = CorporateAction.objects.order_by("kind").values_list("instrument__code", "kind", "source")
    assert list(rows) == [("TCS/INR", "dividend", "file"), ("INFY/INR", "split", "file")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD, "NSE:INFY,split,2026-11-06,2:1", "NSE:TCS,split,2026-11-07,2:1"), "Row 3, ex_date: Saturday"),
        ((HEAD, "NSE:INFY,split,2026-11-06,2:1", "NSE:GONE,split,2026-11-06,2:1"), "Row 3, instrument: .*nothing by"),
        ((HEAD, "NSE:INFY,split,2026-11-06,2:1", "NSE:INFY,split,2026-11-06,3:1"), "Row 3 contradicts row 2"),
        ((HEAD, "NSE:INFY,split,2026-11-06,2:1", "NSE:TCS,dividend,2026-11-06,11,00"), "Row 3 has 5 columns"),
        ((HEAD, "NSE:INFY,split,2026-11-06,2:1", HEAD), "Row 3, instrument"),
        (("NSE:INFY,split,2026-11-06,2:1",), "The first row names the columns"),
        ((HEAD + ",figure",), "The first row names the columns"),
        (("",), "The first row names the columns"),
        ((HEAD, "NSE:INFY,split,2026-11-06,\x00"), "Row 2"),
    ],
)
def test_fault_names_its_row_and_nothing_is_kept(infosys, tmp_path, lines, said):
    with pytest.raises(CommandError, match=said):
        run("import_corporate_actions", str(write(tmp_path, *lines)))
    assert not CorporateAction.objects.exists()
    assert trail() == []


def test_file_that_contradicts_what_is_kept_changes_nothing(infosys, tmp_path, now):
    add_action(instrument=infosys.instrument, fact=SPLIT, source="operator", now=now)
    file = write(tmp_path, HEAD, "NSE:TCS,split,2026-11-06,2:1", "NSE:INFY,split,2026-11-06,2:1")
    with pytest.raises(CommandError, match="Withdraw that one first"):
        run("import_corporate_actions", str(file))
    assert CorporateAction.objects.count() == 1


@pytest.mark.parametrize("name", ["there/is/none.csv", "."])
def test_file_that_is_none_is_answered(db, tmp_path, name):
    with pytest.raises(CommandError):
        run("import_corporate_actions", str(tmp_path / name))


# ---- on the operators' pages ----


def test_operator_adds_one_and_the_trail_says_who(client, olga, infosys):
    log_in_with_factor(client, olga)
    assert ADD in client.get("/operator/instruments/corporateaction/").content.decode()
    assert client.get(ADD).status_code == 200
    answer = client.post(ADD, TYPED, follow=True)
    assert "The split of 4 for 1 of INFY/INR on 2026-11-06 is kept." in answer.content.decode()
    row = CorporateAction.objects.get()
    assert (row.ratio, row.source, row.ex_date) == (4, "operator", EX)
    with operator():
        entry = AuditEntry.objects.select_related("detail").get(action="action.added")
        assert entry.detail.person_id == olga.pk
    again = client.post(ADD, TYPED, follow=True)
    assert "It was kept already." in again.content.decode()
    assert CorporateAction.objects.count() == 1


def test_operator_withdraws_one_with_a_reason(client, olga, infosys, now):
    row, _ = add_action(instrument=infosys.instrument, fact=SPLIT, source="file", now=now)
    log_in_with_factor(client, olga)
    page = reverse("admin:instruments_corporateaction_change", args=[row.pk])
    act = reverse("admin:corporate-action-withdraw", args=[row.pk])
    assert act in client.get(page).content.decode()
    refused = client.post(act, {"reason": " "})
    assert refused.status_code == 422
    assert client.post(act, {"reason": "x" * 10_000}).status_code == 422
    assert CorporateAction.objects.get().withdrawn_at is None
    said = client.post(act, {"reason": "It was none 🚀"}, follow=True).content.decode()
    assert "It was none 🚀" in said
    assert act not in client.get(page).content.decode()
    assert "was withdrawn already" in client.post(act, {"reason": "Again"}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"instrument": "NOBODY"}, "nothing by the name"),
        ({"instrument": ""}, "Name the instrument."),
        ({"instrument": "x" * 10_000}, "At most 80 signs"),
        ({"instrument": "\u202eﷺ🚀 <script>"}, "nothing by the name"),
        ({"instrument": "IN\x00FY"}, ""),
        ({"venue": "moon"}, ""),
        ({"kind": "merger"}, ""),
        ({"ex_date": "soon"}, "A day is written like"),
        ({"ex_date": "2026-11-07"}, "is no session of XBOM"),
        ({"figure": "1:1"}, "changes nothing"),
        ({"figure": "x" * 10_000}, "At most 60 signs"),
        ({"figure": ""}, "Write the ratio or the amount."),
    ],
)
def test_bad_form_keeps_what_was_typed_and_says_what_is_wrong(client, olga, infosys, change, words):
    log_in_with_factor(client, olga)
    answer = client.post(ADD, {**TYPED, **change})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert 'value="4:1"' in page or "figure" in change
    assert not CorporateAction.objects.exists()


def test_contradiction_is_answered_on_the_page(client, olga, infosys, now):
    add_action(instrument=infosys.instrument, fact=SPLIT, source="yahoo", now=now)
    log_in_with_factor(client, olga)
    answer = client.post(ADD, {**TYPED, "figure": "5:1"})
    assert answer.status_code == 422
    assert "Withdraw that one first" in answer.content.decode()


def test_member_finds_no_such_page(client, alice, infosys, now):
    row, _ = add_action(instrument=infosys.instrument, fact=SPLIT, source="yahoo", now=now)
    log_in_with_factor(client, alice)
    act = reverse("admin:corporate-action-withdraw", args=[row.pk])
    for address, data in ((ADD, TYPED), (act, {"reason": "Mine"})):
        assert client.get(address, follow=True).status_code == 404
        assert client.post(address, data, follow=True).status_code == 404
    assert CorporateAction.objects.get().withdrawn_at is None
