"""Money is Decimal from parse to storage; an amount carries its currency."""
