"""One Decimal context for every process and thread: 60 digits, and mixing with floats raises."""

import decimal

PRECISION = 60


def install_decimal_context() -> None:
    """Sets the context of this thread and the template that every later thread copies."""
    for context in (decimal.DefaultContext, decimal.getcontext()):
        context.prec = PRECISION
        context.rounding = decimal.ROUND_HALF_EVEN
        context.traps[decimal.FloatOperation] = True
        context.traps[decimal.InvalidOperation] = True
        context.traps[decimal.DivisionByZero] = True
        context.traps[decimal.Overflow] = True
