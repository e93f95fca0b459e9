"""Faults of log-ins, which happen at once: at six in the morning, or by somebody who logs in elsewhere."""

from exchanges.sandbox.faults import Fault, Faults
from exchanges.sandbox.kite.tokens import Tokens


class Mishaps:
    def __init__(self, *, faults: Faults, tokens: Tokens) -> None:
        self._tokens = tokens
        for name in ("token_death", "elsewhere"):
            faults.hear(name, "kite", self._end_tokens)

    def _end_tokens(self, fault: Fault) -> None:
        self._tokens.end_all(fault.account)
