"""A change reaches the open pages of its workspace: once read, once drawn for each role, and nobody else's."""

import time

import pytest
from django.db import transaction

from accounts.models import Notification
from kernel.live.news import News, publish
from kernel.live.registry import KindRegisteredTwice, UnknownKind, forget_live, register_live
from kernel.tenancy.access import Right
from kernel.tenancy.scope import OutsideTenant, operator, tenant


def test_row_reaches_owner_and_viewer_in_their_own_words_and_never_a_stranger(
    listening, write, team, strangers, alice, bob, charlie
):
    owner, viewer, stranger = listening.open(team, alice), listening.open(team, bob), listening.open(strangers, charlie)
    row = write(team, alice, "Filled at 101.5")
    element = f"notice-{row.pk}"
    common = f'<tr id="{element}" hx-swap-oob="true"><td>Filled at 101.5</td><td>{team.slug}</td>'
    assert owner.next_row() == (
        "shared",
        1,
        element,
        f"{common}<td>owner's column</td></tr>",
    )
    assert viewer.next_row() == ("shared", 1, element, f"{common}</tr>")
    assert stranger.hears_nothing()


def test_two_workspaces_never_mix(listening, write, team, strangers, alice, charlie):
    ours, theirs = listening.open(team, alice), listening.open(strangers, charlie)
    rows = [write(team, alice, "ours"), write(strangers, charlie, "theirs")]
    assert ours.next_row()[2] == f"notice-{rows[0].pk}"
    assert theirs.next_row()[2] == f"notice-{rows[1].pk}"
    assert ours.hears_nothing()
    assert theirs.hears_nothing(0.05)


def test_twenty_sockets_cost_one_reading(listening, write, readings, team, alice, bob):
    crowd = [listening.open(team, person) for person in [alice, bob] * 10]
    row = write(team, alice)
    frames = {listener.next() for listener in crowd}
    assert len(frames) == 2
    assert readings == [row.pk]


def test_the_same_thing_is_drawn_at_most_four_times_a_second_and_its_last_state_arrives(
    listening, write, readings, team, alice
):
    listener = listening.open(team, alice)
    began = time.monotonic()
    row = write(team, alice, "state 0")
    for number in range(1, 21):
        write(team, alice, f"state {number}", row)
    while "state 20" not in listener.next():
        pass
    quarters = (time.monotonic() - began) / 0.25
    assert len(readings) <= quarters + 2
    # A drawing that was under way may have seen the last state before the last news of it came.
    assert listener.hears_nothing() or ("state 20" in listener.heard[-1] and listener.hears_nothing())


def test_frames_of_a_feed_are_numbered_and_hello_says_where_it_stands(listening, write, team, alice):
    first = listening.open(team, alice)
    for number in range(1, 4):
        write(team, alice, f"row {number}")
        assert first.next_row()[:2] == ("shared", number)
    late = listening.open(team, alice, greeted=False)
    hello = late.next_json()
    assert hello["feeds"] == {"own": 0, "shared": 3}
    assert 0 <= hello["quiet"] < 5_000
    write(team, alice)
    assert late.next_row()[:2] == ("shared", 4)


def test_row_that_is_gone_is_taken_out_of_the_page(listening, write, team, alice):
    listener = listening.open(team, alice)
    row = write(team, alice)
    listener.next_row()
    with tenant(team.pk):
        Notification.objects.filter(pk=row.pk).delete()
        publish("notice", row.pk)
    assert listener.next_row()[3] == f'<div id="notice-{row.pk}" hx-swap-oob="delete"></div>'


def test_rolled_back_transaction_sends_nothing(listening, write, readings, team, alice):
    listener = listening.open(team, alice)
    with transaction.atomic():
        write(team, alice)
        transaction.set_rollback(True)
    assert listener.hears_nothing()
    assert readings == []


def test_kind_for_one_reader_reaches_that_person_alone(listening, write, team, alice, bob):
    register_live(
        "letter",
        lambda key: Notification.objects.filter(pk=key).first(),
        encoder=lambda row: {"title": row.title},
        reader=lambda row: row.person_id,
    )
    try:
        hers, his = listening.open(team, alice), listening.open(team, bob)
        with tenant(team.pk):
            row = Notification.objects.create(workspace=team, person=bob, event="test", title="For Bob")
            publish("letter", row.pk)
        expected = {"type": "row", "feed": "own", "number": 1, "kind": "letter", "id": str(row.pk)}
        assert his.next_json() == {**expected, "row": {"title": "For Bob"}}
        assert hers.hears_nothing()
    finally:
        forget_live("letter")


def test_kind_that_needs_a_right_is_not_shown_to_who_lacks_it(listening, write, team, alice, bob):
    register_live("order", lambda key: {"id": key}, encoder=lambda row: {"id": row["id"]}, right=Right.TRADE)
    try:
        trader, viewer = listening.open(team, alice), listening.open(team, bob)
        row = write(team, alice)
        trader.next_row()
        viewer.next_row()
        with tenant(team.pk):
            publish("order", row.pk)
        assert trader.next_json()["kind"] == "order"
        assert viewer.hears_nothing()
    finally:
        forget_live("order")


def test_public_thing_is_read_once_and_heard_by_the_pages_that_asked(listening, write, team, strangers, alice, charlie):
    reads = []
    register_live("price", lambda key: reads.append(key) or {"last": "101.5"}, encoder=lambda row: row, is_public=True)
    try:
        row = write(team, alice)
        one = listening.open(team, alice, query=f"?hear=price:{row.pk}&hear=nonsense&hear=notice")
        every = listening.open(strangers, charlie, query="?hear=price")
        none = listening.open(strangers, charlie)
        publish("price", row.pk)
        assert one.next_json()["feed"] == f"price:{row.pk}"
        assert every.next_json() == {
            "type": "row", "feed": "price", "number": 1, "kind": "price", "id": str(row.pk), "row": {"last": "101.5"},
        }  # fmt: skip
        assert none.hears_nothing()
        assert reads == [row.pk]
    finally:
        forget_live("price")


def test_platform_row_of_a_shared_kind_is_told_to_every_workspace_and_others_to_none(
    listening, write, team, strangers, alice, charlie
):
    register_live("halt", lambda key: {"id": key}, encoder=lambda row: {"halted": True}, is_shared=True)
    try:
        listeners = [listening.open(team, alice), listening.open(strangers, charlie)]
        with operator():
            publish("halt", alice.pk)
            publish("notice", alice.pk)
        for listener in listeners:
            assert listener.next_json()["kind"] == "halt"
            assert listener.hears_nothing(0.4)
    finally:
        forget_live("halt")


def test_one_thing_that_cannot_be_drawn_takes_no_other_with_it(listening, write, team, alice, caplog):
    def broken(key):
        raise ZeroDivisionError

    register_live("broken", broken, "_notice_row.html")
    try:
        listener = listening.open(team, alice)
        with tenant(team.pk):
            publish("broken", alice.pk)
        row = write(team, alice)
        assert listener.next_row()[2] == f"notice-{row.pk}"
    finally:
        forget_live("broken")


def test_unknown_kind_raises_and_a_kind_is_registered_once(readings, team):
    with tenant(team.pk), pytest.raises(UnknownKind, match="'nobody_knows'"):
        publish("nobody_knows", team.pk)
    with pytest.raises(KindRegisteredTwice):
        register_live("notice", lambda key: None, "x.html")
    with pytest.raises(ValueError, match="either a partial or an encoder"):
        register_live("neither", lambda key: None)
    with pytest.raises(OutsideTenant):
        publish("notice", team.pk)


@pytest.mark.parametrize(
    "raw", [b"", b"x {}", b"1", b'1 {"kind": "a"}', b'1 {"kind":"a","id":"b","workspace":1}', b"1 [2]"]
)
def test_message_that_is_not_news_is_refused(raw):
    with pytest.raises(ValueError):
        News.parse(raw)
