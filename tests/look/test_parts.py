"""The parts in templates/parts/: what they tie together, what they escape, and that nothing of them is missing."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from kernel.money.amount import Amount
from tests.conftest import NOW

ROOT = Path(__file__).resolve().parents[2]
PARTS = sorted((ROOT / "templates" / "parts").glob("*.html"))
SPRITE = (ROOT / "static" / "icons.svg").read_text(encoding="utf-8")


class Form(forms.Form):
    amount = forms.DecimalField(help_text="At most 123.", max_value=123)
    secret = forms.CharField(widget=forms.PasswordInput)
    side = forms.ChoiceField(choices=[("buy", "Buy"), ("sell", "Sell")])
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField()
    trail = forms.CharField(widget=forms.HiddenInput)


def fields(data=None):
    return render_to_string("parts/form_fields.html", {"form": Form(data)})


def test_field_is_tied_to_its_label_help_and_error_and_keeps_what_was_typed():
    html = fields({"amount": "500", "trail": "x"})
    assert '<label for="id_amount">Amount</label>' in html
    tag = re.search(r'<input[^>]*name="amount"[^>]*>', html)[0]
    assert 'value="500"' in tag
    assert 'aria-invalid="true"' in tag
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in tag
    assert 'id="id_amount_error"' in html
    assert 'id="id_amount_helptext"' in html


def test_secret_is_never_echoed():
    assert "Zq7Secret" not in fields({"secret": "Zq7Secret", "amount": "500"})


def test_hidden_field_is_there_once_and_without_a_label():
    html = fields({"trail": "abc"})
    assert html.count('name="trail"') == 1
    assert 'for="id_trail"' not in html


def test_two_mistakes_are_summed_up_and_the_summary_takes_the_focus():
    html = fields({"amount": "500"})
    assert "data-first-focus" in html
    assert 'href="#id_amount"' in html
    assert "data-first-focus" not in fields()


def test_group_of_choices_has_a_name_and_each_choice_a_label():
    html = fields()
    assert re.search(r"<fieldset[^>]*>\s*<legend>Kind</legend>", html)
    assert html.count('class="choice"') == 2


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "x" * 10_000, "\u202eevil", "🪢"])
def test_what_was_typed_is_escaped(name):
    html = fields({"amount": name})
    assert "<script" not in html


def every_use_of_an_icon():
    for file in (ROOT / "templates").rglob("*.html"):
        for name in re.findall(r'\{% icon "([\w-]+)" %\}', file.read_text(encoding="utf-8")):
            yield file.name, name


def test_every_icon_that_is_used_is_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE))
    assert {name for _, name in every_use_of_an_icon()} <= drawn


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.stem)
def test_part_says_at_its_top_what_it_is_and_how_it_is_used(part):
    first = part.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("{# ")
    assert first.endswith("#}")
    assert len(first) > 30


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.stem)
def test_part_that_is_not_used_anywhere_is_gone(part):
    name = f"parts/{part.name}"
    others = [file for file in (ROOT / "templates").rglob("*.html") if file != part]
    assert any(f'include "{name}"' in re.sub(r"\{#.*?#\}", "", file.read_text(encoding="utf-8")) for file in others)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("live", "LIVE real money"),
        ("sandbox", "SANDBOX replayed market"),
        ("paper", "PAPER no money moves"),
        ("none", "NO ACCOUNT nothing trades yet"),
        ("", "NO ACCOUNT nothing trades yet"),
    ],
)
def test_mode_is_said_in_words(mode, words):
    html = render_to_string("parts/mode_badge.html", {"mode": mode})
    assert " ".join(re.sub(r"<[^>]+>", " ", html).split()) == words


def rendered(source, **context):
    return Template(source).render(Context(context))


def test_money_takes_the_readers_grouping_and_the_sign_of_profit_and_loss():
    class Look:
        number_format = "thousand"

    amount = Amount(Decimal("1885588.10"), "INR")
    assert rendered("{% money amount %}", amount=amount) == '<span class="money">₹18,85,588.10</span>'
    assert rendered("{% money amount %}", amount=amount, look=Look()) == '<span class="money">₹1,885,588.10</span>'
    loss = rendered('{% money value "INR" signed=True %}', value=Decimal("-3"))
    assert loss == '<span class="money loss">−₹3.00</span>'


def test_amount_that_is_not_known_is_said_in_words():
    assert rendered("{% money None %}") == '<span class="money">not known</span>'


def test_figure_says_in_words_that_it_is_old():
    context = {"value": "1,508.65", "age_kind": "old", "at": NOW, "words": "47 s"}
    text = re.sub(r"<[^>]+>", "", render_to_string("parts/figure_age.html", context))
    assert " ".join(text.split()) == "1,508.65 47 s old"


def test_toast_of_an_error_is_announced_at_once():
    assert 'role="alert"' in render_to_string("parts/toast.html", {"kind": "error", "words": "x"})
    assert 'role="alert"' not in render_to_string("parts/toast.html", {"kind": "success", "words": "x"})
