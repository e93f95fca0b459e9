"""Outgoing HTTP to addresses that users gave: checked at socket open, signed, logged, tried again."""
