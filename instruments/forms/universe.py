"""Which instruments are asked for; the page and the API ask by the same form."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from instruments.domain.listings import Kind
from instruments.domain.search import LONGEST_QUERY
from instruments.domain.universe import Universe

_KINDS = {
    Kind.SPOT: "Crypto spot",
    Kind.EQUITY: "Shares",
    Kind.ETF: "ETFs",
    Kind.INDEX: "Indices",
    Kind.FOREX: "Currencies",
    Kind.COMMODITY: "Commodities",
    Kind.FUTURE: "Futures",
    Kind.OPTION: "Options",
}
_MOST = Decimal(10) ** 18
_MOST_DAYS = 36_500


def _figure(label: str, unit: str = "", most: Decimal = _MOST) -> forms.DecimalField:
    field = forms.DecimalField(label=label, required=False, min_value=Decimal(0), max_value=most, max_digits=38)
    field.unit = unit  # type: ignore[attr-defined]
    field.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return field


class UniverseForm(forms.Form):
    q = forms.CharField(
        label="Symbol, name, alias or ISIN",
        required=False,
        max_length=LONGEST_QUERY,
        error_messages={"max_length": "At most %(limit_value)d signs are searched for; this has %(show_value)d."},
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "dir": "auto", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label="Kind",
        required=False,
        choices=[("", "Every kind"), *((one.value, words) for one, words in _KINDS.items())],
    )
    venue = forms.CharField(label="Venue", required=False, max_length=40)
    quote = forms.CharField(
        label="Quoted in",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "USDT", "spellcheck": "false"}),
    )
    price_least, price_most = _figure("Price from"), _figure("Price to")
    turnover_least = _figure("Traded in a day, at least")
    spread_most = _figure("Spread, at most", "%", Decimal(100))
    volatility_least = _figure("Usual daily move, at least", "%", Decimal(10_000))
    volatility_most = _figure("Usual daily move, at most", "%", Decimal(10_000))
    days_least = forms.IntegerField(
        label="Bars known for, at least",
        required=False,
        min_value=0,
        max_value=_MOST_DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    tradable = forms.BooleanField(label="Only what a venue says can be traded now", required=False)
    with_gone = forms.BooleanField(label="Also what is no longer listed", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days_least"].unit = "days"  # type: ignore[attr-defined]

    def offer(self, venues: Iterable[str]) -> None:
        """Lets a page choose among venues instead of typing a name."""
        choices = [("", "Home listings"), *((one, one) for one in venues)]
        self.fields["venue"].widget = forms.Select(choices=choices)

    def clean_quote(self) -> str:
        return str(self.cleaned_data["quote"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for least, most in (("price_least", "price_most"), ("volatility_least", "volatility_most")):
            low, high = cleaned.get(least), cleaned.get(most)
            if low is not None and high is not None and low > high:
                self.add_error(most, f"This is below {low}, where the span begins.")
        return cleaned

    @property
    def words(self) -> str:
        return str(self.cleaned_data["q"])

    @property
    def asked(self) -> Universe:
        told = self.cleaned_data
        return Universe(
            kinds=frozenset({Kind(told["kind"])} if told["kind"] else ()),
            venues=frozenset({told["venue"]} if told["venue"] else ()),
            quotes=frozenset({told["quote"]} if told["quote"] else ()),
            tradable=told["tradable"],
            with_gone=told["with_gone"],
            price_least=told["price_least"],
            price_most=told["price_most"],
            turnover_least=_float(told["turnover_least"]),
            spread_most=_part(told["spread_most"]),
            volatility_least=_part(told["volatility_least"]),
            volatility_most=_part(told["volatility_most"]),
            days_least=told["days_least"],
        )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _part(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent / 100)
