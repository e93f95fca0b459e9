"""A notice in the shape and the length that each service takes."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.notice_rules import is_wanted
from accounts.domain.notice_words import (
    Notice,
    discord_message,
    one_line,
    plain_facts,
    shortened,
    slack_message,
    telegram_message,
    webhook_message,
)
from accounts.models import Urgency
from accounts.notices import Event, UnknownEvent, declare, event_named
from kernel.encryption.secret import Secret

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


def notice(title="Order filled", body="At 12.50 & done <now>", link="https://trade.example/w/a/orders/1/"):
    return Notice("n1", "order.filled", "normal", "w1", title, body, link, AT, {"price": "12.50"})


def test_slack_s_text_is_escaped_as_slack_documents():
    assert slack_message(notice(body="<!channel> & co")) == {
        "text": "Order filled\n&lt;!channel&gt; &amp; co\nhttps://trade.example/w/a/orders/1/"
    }


def test_discord_may_mention_nobody():
    assert discord_message(notice(title="@everyone look")) == {
        "content": "@everyone look\nAt 12.50 & done <now>\nhttps://trade.example/w/a/orders/1/",
        "allowed_mentions": {"parse": []},
    }


def test_telegram_gets_the_chat_and_plain_text():
    assert telegram_message(notice(body="", link=""), "-100123") == {"chat_id": "-100123", "text": "Order filled"}


def test_webhook_gets_the_facts_beside_the_words():
    assert webhook_message(notice()) == {
        "id": "n1",
        "event": "order.filled",
        "urgency": "normal",
        "workspace": "w1",
        "title": "Order filled",
        "body": "At 12.50 & done <now>",
        "url": "https://trade.example/w/a/orders/1/",
        "at": "2026-11-20T09:30:00+00:00",
        "facts": {"price": "12.50"},
    }


@given(st.text(max_size=200), st.text(max_size=6000), st.sampled_from(["", "https://trade.example/x"]))
def test_no_message_is_longer_than_its_service_takes_and_the_link_is_never_cut(title, body, link):
    told = notice(title=title, body=body.replace("&", ""), link=link)
    for text, most in (
        (discord_message(told)["content"], 2_000),
        (telegram_message(told, "1")["text"], 4_096),
    ):
        assert len(text.encode("utf-16-le", "surrogatepass")) // 2 <= most
        assert text.endswith(link)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\r\nBcc: victim@example.org", "a Bcc: victim@example.org"),
        ("tab\tand\x00zero\u2028line", "tab and zero line"),
        ("x" * 200, "x" * 159 + "…"),
        ("", ""),
    ],
)
def test_title_is_one_line(text, expected):
    assert one_line(text) == expected


def test_cut_never_splits_a_character():
    assert shortened("😀😀😀", 5) == "😀😀…"
    assert shortened("😀😀😀", 4) == "😀…"
    assert shortened("😀😀😀", 6) == "😀😀😀"


def test_facts_become_exact_texts():
    facts = {"price": Decimal("1E+3"), "id": UUID(int=7), "at": AT, "n": 3, "is_live": True, "none": None, "s": "x"}
    assert plain_facts(facts) == {
        "price": "1000",
        "id": "00000000-0000-0000-0000-000000000007",
        "at": "2026-11-20T09:30:00+00:00",
        "n": 3,
        "is_live": True,
        "none": None,
        "s": "x",
    }


@pytest.mark.parametrize("value", [1.5, Secret("key"), {"a": 1}, [1], b"x"])
def test_float_secret_or_structure_is_no_fact(value):
    with pytest.raises(TypeError, match="the fact price"):
        plain_facts({"price": value})


@pytest.mark.parametrize(
    ("event", "urgency", "patterns", "floor", "expected"),
    [
        ("order.filled", 2, [], 1, True),
        ("order.filled", 2, ["order.*"], 1, True),
        ("order.filled", 2, ["order.filled"], 1, True),
        ("order.filled", 2, ["order.unknown", "risk.*"], 1, False),
        ("order.filled", 2, ["risk.*", "order.*"], 1, True),
        ("border.filled", 2, ["order.*"], 1, False),
        ("order.filled", 2, ["*"], 3, False),
        ("order.filled", 3, ["*"], 3, True),
        ("order.filled", 1, [], 2, False),
    ],
)
def test_rules_are_patterns_and_a_floor_of_urgency(event, urgency, patterns, floor, expected):
    assert is_wanted(event, urgency, patterns=patterns, floor=floor) is expected


def test_event_that_nobody_declared_is_an_error():
    with pytest.raises(UnknownEvent):
        event_named("no.such_event")


def test_event_is_declared_once_and_named_like_its_app():
    with pytest.raises(ValueError, match="declared twice"):
        declare(Event("channel.failed", title="again"))
    with pytest.raises(ValueError, match="is named like"):
        Event("Filled", title="x")
    assert event_named("channel.failed").urgency == Urgency.NORMAL
