"""How news sounds: VADER's rules, our words of finance, and evidence for each score."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sentiment import SCORERS, measured, sentences
from instruments.domain.heavy.sentiment import plain_vader, score_news
from instruments.domain.news.scores import finance_words, tone_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("half", ["open", "held"])
def test_sentences_are_heard_as_measured(half, record_property):
    ours, theirs = measured(half, SCORERS["ours"]), measured(half, SCORERS["plain VADER"])
    record_property("figures", f"ours {ours['accuracy']} {ours['interval']}, plain {theirs['accuracy']}")
    assert ours["accuracy"] >= 0.85
    assert ours["accuracy"] > theirs["accuracy"]


def test_there_are_enough_sentences_and_words():
    assert len(sentences("open")) + len(sentences("held")) >= 80
    assert len(finance_words().weights) >= 250


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("Earnings beat estimates", "positive"),
        ("Company did not beat estimates", "negative"),
        ("Broker downgrades the stock", "negative"),
        ("A profit warning shocks the market", "negative"),
        ("Short squeeze lifts the shares", "positive"),
        ("Unemployment falls", "positive"),
        ("Unemployment rises", "negative"),
        ("Losses narrow", "positive"),
        ("A rise in costs", "negative"),
        ("Shares of the trust", "neutral"),
        ("Crude oil and gross margin", "neutral"),
        ("", "neutral"),
        ("🚀", "neutral"),
    ],
)
def test_finance_is_heard_as_finance(text, tone):
    assert tone_of(score_news(text).value) == tone


def test_words_that_moved_it_are_told():
    because = {one.words: (one.weight, one.is_turned) for one in score_news("Unemployment falls, shares soar").because}
    assert because == {"falls": (1.5, True), "soar": (1.9, False)}


def test_title_counts_for_more_than_what_stands_under_it():
    assert score_news("Shares soar", "Shares plunge").value > 0
    assert score_news("Shares soar", "Shares soar") == score_news("Shares soar")


def test_plain_vader_stays_plain():
    before = plain_vader("Shares fall after a profit warning")
    score_news("Shares fall after a profit warning")
    assert plain_vader("Shares fall after a profit warning") == before


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_breaks_it_and_every_score_is_in_bounds(title, summary):
    assert -1 <= score_news(title, summary).value <= 1


def test_web_process_does_not_load_the_scorer():
    code = (
        "import config.wsgi, sys\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "import instruments.views.news, instruments.views.feeds, instruments.api.news, instruments.services.feeds\n"
        "print('vaderSentiment' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_page_names_the_figures_that_were_measured():
    told = json.loads((ROOT / "benchmarks/results/sentiment.json").read_text())["held"]
    ours, plain = told["ours"], told["plain VADER"]
    page = (ROOT / "templates/instruments/news.html").read_text()
    assert f"Of {ours['sentences']} sentences" in page
    assert f"it had {ours['right']} right, where the plain word list had {plain['right']}" in page
