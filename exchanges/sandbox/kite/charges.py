"""What trades cost at an Indian broker, as far as it is charged for shares.

zerodha.com/charges and kite.trade/docs/connect/v3/margins#virtual-contract-note (read 2026-11-21): brokerage nought for
delivery, 0.03 % and at most 20 rupees an order for the day; STT, exchange, SEBI, stamp and GST by the rates below.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from exchanges.sandbox.kite.figures import number
from exchanges.sandbox.listings import atoms

_TURNOVER = {"NSE": Decimal("0.0000307"), "BSE": Decimal("0.0000375")}
_SEBI = Decimal("0.000001")
_GST = Decimal("0.18")
_BROKERAGE, _MOST_BROKERAGE = Decimal("0.0003"), Decimal(20)
_STT = {("CNC", True): Decimal("0.001"), ("CNC", False): Decimal("0.001"), ("MIS", False): Decimal("0.00025")}
_STAMP = {"CNC": Decimal("0.00015"), "MIS": Decimal("0.00003")}
_PAISA = Decimal("0.01")
_NOUGHT = Decimal(0)


class Charges:
    """Of one order, in rupees."""

    def __init__(self, *, exchange: str, product: str, is_buy: bool, value: Decimal) -> None:
        self.tax = value * _STT.get((product, is_buy), _NOUGHT)
        self.turnover = value * _TURNOVER[exchange]
        self.sebi = value * _SEBI
        self.brokerage = min(value * _BROKERAGE, _MOST_BROKERAGE) if product == "MIS" else _NOUGHT
        self.stamp = value * _STAMP[product] if is_buy else _NOUGHT
        self.gst = (self.brokerage + self.turnover + self.sebi) * _GST

    @property
    def total(self) -> Decimal:
        return self.tax + self.turnover + self.sebi + self.brokerage + self.stamp + self.gst

    def told(self) -> dict[str, Any]:
        gst = number(self.gst)
        return {
            "transaction_tax": number(self.tax),
            "transaction_tax_type": "stt",
            "exchange_turnover_charge": number(self.turnover),
            "sebi_turnover_charge": number(self.sebi),
            "brokerage": number(self.brokerage),
            "stamp_duty": number(self.stamp),
            "gst": {"igst": gst, "cgst": 0, "sgst": 0, "total": gst},
            "total": number(self.total),
        }


def paid(charges: Iterable[Charges]) -> int:
    """What a day's charges come to, to the paisa, in atoms."""
    total = sum((one.total for one in charges), _NOUGHT)
    return atoms(total.quantize(_PAISA, ROUND_HALF_UP))


def none_told() -> dict[str, Any]:
    return {
        "transaction_tax": 0, "transaction_tax_type": "", "exchange_turnover_charge": 0, "sebi_turnover_charge": 0,
        "brokerage": 0, "stamp_duty": 0, "gst": {"igst": 0, "cgst": 0, "sgst": 0, "total": 0}, "total": 0,
    }  # fmt: skip
