"""Every component in every state, for the operators: the sheet to build from. Its figures are samples and say so."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.money.display import Grouping, axis_text, money_text

THEMES = ("light", "dark")
COLOURS = ("ink", "ink-2", "ink-3", "accent", "gain", "loss", "warn", "live", "sandbox", "paper", "brass")
TAGS = (
    ("quiet", "", "INTENT"),
    ("now", "right", "SENDING"),
    ("now", "check", "ACCEPTED"),
    ("now", "half", "PARTIAL 0.017 of 0.042"),
    ("good", "check", "FILLED"),
    ("unknown", "", "UNKNOWN"),
    ("wait", "warning", "NEEDS REVIEW"),
    ("", "barred", "NOT PLACED"),
    ("bad", "cross", "REJECTED"),
    ("bad", "barred", "REFUSED"),
    ("", "cross", "CANCELLED"),
    ("", "clock", "EXPIRED"),
    ("quiet", "person", "EXTERNAL"),
    ("quiet", "info", "SYNTHETIC"),
)
TIMELINE = (
    ("done", "11:30:02.131", "Sending was written down", "From this moment nobody may send this order again."),
    ("unknown", "11:30:12.140", "for 2.0 s", "No answer within 10 s. Nothing is re-sent, it is looked up."),
    ("confirmed", "11:30:14.152", "Found and adopted", "Asked by client id: the venue holds it, filled."),
    ("reconciled", "11:30:18.020", "Reconciled", "Fills = position change = balance change. Difference 0."),
    ("next", "", "Next look in 2 s", "Shown while an outcome is still open."),
)
STEPS: tuple[dict[str, Any], ...] = (
    {"kind": "done", "title": "Verify your e-mail", "words": "At 10:02."},
    {
        "kind": "next",
        "title": "Add a second factor",
        "words": "A passkey or an authenticator. Takes one minute.",
        "href": "#checklist",
        "link": "Add one",
    },
    {
        "kind": "open",
        "title": "Invite your team",
        "words": "Each person with a role of their own.",
        "href": "#checklist",
        "link": "Invite",
    },
    {
        "kind": "locked",
        "title": "Trade live",
        "words": "Opens with all of these.",
        "note": "1 of 2 met",
        "conditions": (
            {"words": "a verified e-mail", "is_met": True},
            {"words": "a second factor", "is_met": False},
        ),
    },
)


class SampleForm(forms.Form):
    """One field of each kind; some wrong."""

    use_required_attribute = False

    quantity = forms.CharField(help_text="At most 123 under your position limit.", initial="100")
    loss = forms.CharField(label="Daily loss limit")
    side = forms.ChoiceField(choices=[("buy", "Buy"), ("sell", "Sell")])
    secret = forms.CharField(widget=forms.PasswordInput, help_text="Never shown again, never in a log.")
    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(choices=[("paper", "Paper only"), ("full", "Full")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="Also sell what the bots hold")
    off = forms.CharField(label="Off, says why", disabled=True, required=False, help_text="Set by your workspace.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].unit = "shares, lot 1"  # type: ignore[attr-defined]
        self.fields["loss"].unit = "₹"  # type: ignore[attr-defined]

    def clean_loss(self) -> str:
        raise forms.ValidationError("More than a quarter of this account (₹18,85,588). Enter at most 4,71,397.")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    if not (request.user.is_authenticated and request.user.is_staff):
        raise Http404
    now = clock.now()
    theme = request.GET.get("theme", "")
    form = SampleForm(
        {"quantity": "100", "loss": "5,00,000", "side": "buy", "secret": "x", "reason": "Gap fade", "kind": "paper"}
    )
    form.full_clean()
    context = {
        "form": form,
        "modes": ("live", "sandbox", "paper", "none"),
        "tags": TAGS,
        "colours": COLOURS,
        "trading_states": [
            SimpleNamespace(state=state, reason="", level="workspace") for state in ("ACTIVE", "REDUCING", "HALTED")
        ],
        "ages": (
            ("Live, under 2 s", "1,437.85", "fresh", now, "0.4 s"),
            ("Known moment", "18,85,588.10", "moment", None, "14:31:40, reconciled"),
            ("Over 15 s old", "1,508.65", "old", now - dt.timedelta(seconds=47), "47 s"),
            ("Source gone", "no price", "gone", None, "since 14:20, expired"),
        ),
        "amounts": _amounts(),
        "sample_gain": Decimal("3437.92"),
        "sample_loss": Decimal("-1612.40"),
        "sample_zero": Decimal("0"),
        "steps": STEPS,
        "timeline": [
            {"kind": kind, "time": time, "title": title, "words": words, "at": None}
            for kind, time, title, words in TIMELINE
        ],
        "facts": (("Account", "Binance main"), ("Type", "Limit, good till cancelled"), ("Fee", "3.83 USDT")),
        "theme": theme,
    }
    if theme in THEMES:
        context["look"] = {"theme": theme}
    return render(request, "accounts/styleguide.html", context)


def _amounts() -> tuple[tuple[str, str], ...]:
    return (
        ("Lakh grouping", money_text(Decimal("1885588.10"), "INR")),
        ("Another currency", money_text(Decimal("91250"), "USDT")),
        ("Plain", money_text(Decimal("91250"), "USDT", grouping=Grouping.PLAIN)),
        ("Axis", axis_text(Decimal("1885588.10"), grouping=Grouping.LAKH)),
    )
